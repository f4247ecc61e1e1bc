"""Decorations around the product: few, large, and always away from the copy space."""

import math
import random
from collections.abc import Callable, Mapping

from house_model.scenes.canvas import Canvas, falling
from house_model.scenes.geometry import (
    Path,
    Point,
    around,
    circle,
    ellipse,
    round_rect,
    segment,
    star,
)
from house_model.scenes.palette import WHITE, Colour, shade
from house_model.scenes.settings import Stage

LEAF: Colour = (72, 158, 96)
PETAL: Colour = (246, 130, 166)
_CONFETTI: tuple[Colour, ...] = ((240, 84, 96), (250, 190, 60), (60, 160, 230), (90, 200, 140))
_STONES: tuple[Colour, ...] = ((120, 124, 134), (152, 150, 150), (98, 104, 118))
_CITRUS: tuple[Colour, ...] = ((252, 150, 44), (250, 210, 60))
# Where small floating things hang, as (side, share of the product's height): close to the product,
# because everything farther away may be copy space.
_AROUND = (
    (-1, 0.95),
    (1, 0.82),
    (-1, 0.62),
    (1, 0.48),
    (-1, 0.28),
    (1, 0.16),
    (1, 1.08),
    (-1, 1.22),
)


def paint_behind(name: str, canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    """Paint the part of a decoration that the product hides."""
    if painter := _BEHIND.get(name):
        painter(canvas, stage, rng)


def paint_before(name: str, canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    """Paint the part of a decoration that lies in front."""
    if painter := _BEFORE.get(name):
        painter(canvas, stage, rng)


def _places(stage: Stage, rng: random.Random, number: int, clearance: float) -> list[Point]:
    """Points beside the product, alternating sides."""
    places: list[Point] = []
    for index, (side, height) in enumerate(_AROUND[:number]):
        out = stage.product_width / 2 + clearance + 8 * (index % 3) + rng.uniform(-2, 2)
        y = stage.product_bottom - height * stage.product_height + rng.uniform(-3, 3)
        places.append((stage.product_x + side * out, y))
    return places


def _leaves(canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    for side in (-1, 1):
        x = stage.product_x + side * stage.product_width * 0.34
        angle = (-42 if side > 0 else 222) + rng.uniform(-6, 6)
        _branch(canvas, x, stage.product_bottom - 4, rng.uniform(62, 70), angle)


def _branch(canvas: Canvas, x: float, y: float, length: float, angle: float) -> None:
    with canvas.turned(angle, x, y):
        canvas.stroke(segment((0, 0), (length, 0)), shade(LEAF, -0.3), 2.4)
    start = math.radians(angle)
    for index in range(4):
        foot = around(x, y, length * (0.2 + 0.2 * index), start)
        for turn in (-52, 52):
            _leaf(canvas, foot, length * 0.4, angle + turn)
    _leaf(canvas, around(x, y, length * 0.9, start), length * 0.4, angle)


def _leaf(canvas: Canvas, foot: Point, length: float, angle: float) -> None:
    s = length
    blade = (
        Path()
        .move(0, 0)
        .cubic((s * 0.35, -s * 0.42), (s * 0.8, -s * 0.34), (s, 0))
        .cubic((s * 0.8, s * 0.34), (s * 0.35, s * 0.42), (0, 0))
        .close()
    )
    with canvas.turned(angle, *foot):
        canvas.fill(blade, falling(-s * 0.3, s * 0.3, shade(LEAF, 0.22), shade(LEAF, -0.15)))


def _citrus(canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    for side, colour in zip((-1, 1), _CITRUS, strict=True):
        radius = rng.uniform(18, 20)
        x = stage.product_x + side * (stage.product_width / 2 + radius + 1)
        _slice(canvas, x, stage.product_bottom - radius + 8, radius, colour)


def _slice(canvas: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    canvas.blur(ellipse(x, y + radius, radius * 0.9, radius * 0.22), (20, 20, 40), 3, alpha=60)
    canvas.fill(circle(x, y, radius), shade(colour, -0.12))
    canvas.fill(circle(x, y, radius * 0.88), (255, 247, 226))
    wedge = (
        Path()
        .move(radius * 0.1, 0)
        .line((radius * 0.76, -radius * 0.34))
        .quad((radius * 0.9, 0), (radius * 0.76, radius * 0.34))
        .close()
    )
    for index in range(6):
        with canvas.turned(60 * index + 15, x, y):
            canvas.fill(wedge, shade(colour, 0.12))


def _flowers(canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    for side in (-1, 1):
        for step, radius in ((0, 14.0), (1, 11.0)):
            x = stage.product_x + side * (stage.product_width / 2 + 10 + 21 * step)
            y = stage.product_bottom - 2 + 5 * step + rng.uniform(-2, 2)
            _flower(canvas, x, y, radius)


def _flower(canvas: Canvas, x: float, y: float, radius: float) -> None:
    for index in range(5):
        with canvas.turned(72 * index - 18, x, y):
            petal = ellipse(radius * 0.55, 0, radius * 0.46, radius * 0.38)
            canvas.fill(petal, shade(PETAL, 0.1 if index % 2 else 0.0))
    canvas.fill(circle(x, y, radius * 0.32), (250, 206, 80))


def _snowflakes(canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    for x, y in _places(stage, rng, 8, 14):
        radius = rng.uniform(7, 10)
        for turn in range(3):
            tip = math.pi * turn / 3 + 0.5
            line = segment(around(x, y, radius, tip), around(x, y, -radius, tip))
            canvas.stroke(line, WHITE, 2.4)


def _confetti(canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    places = _places(stage, rng, 8, 12) + _places(stage, rng, 8, 30)
    for index, (x, y) in enumerate(places):
        with canvas.turned(rng.uniform(0, 180), x, y - 8 * (index >= 8)):
            canvas.fill(round_rect(-6, -3, 12, 6, 1), _CONFETTI[index % len(_CONFETTI)])


def _bubbles(canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    for index, (x, y) in enumerate(_places(stage, rng, 7, 18)):
        radius = (15.0, 9.0, 12.0)[index % 3] * rng.uniform(0.95, 1.05)
        canvas.fill(circle(x, y, radius), WHITE, alpha=70)
        canvas.stroke(circle(x, y, radius), WHITE, 1.8, alpha=210)
        shine = ellipse(x - radius * 0.35, y - radius * 0.4, radius * 0.24, radius * 0.18)
        canvas.fill(shine, WHITE, alpha=230)


def _sparkles(canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    for index, (x, y) in enumerate(_places(stage, rng, 7, 16)):
        radius = (16.0, 10.0, 13.0)[index % 3] * rng.uniform(0.95, 1.05)
        canvas.fill(star(x, y, radius, waist=0.2), (255, 214, 92))


def _stones(canvas: Canvas, stage: Stage, rng: random.Random) -> None:
    """A cairn on one side and a single pebble on the other."""
    for side, sizes in ((-1, (20.0, 15.0, 10.0)), (1, (15.0,))):
        x = stage.product_x + side * (stage.product_width / 2 + 20)
        foot = stage.product_bottom + 4
        canvas.blur(ellipse(x, foot, sizes[0], 4), (20, 20, 40), 3, alpha=70)
        for index, radius in enumerate(sizes):
            tall = radius * 0.62
            light = falling(
                foot - 2 * tall, foot, shade(_STONES[index], 0.22), shade(_STONES[index], -0.2)
            )
            canvas.fill(ellipse(x + rng.uniform(-1, 1), foot - tall, radius, tall), light)
            foot -= 2 * tall - 2


_Painter = Callable[[Canvas, Stage, random.Random], None]
_BEHIND: Mapping[str, _Painter] = {
    "leaves": _leaves,
    "snowflakes": _snowflakes,
    "confetti": _confetti,
    "bubbles": _bubbles,
    "sparkles": _sparkles,
}
_BEFORE: Mapping[str, _Painter] = {"citrus": _citrus, "flowers": _flowers, "stones": _stones}
PROPS = ("none", *_BEHIND, *_BEFORE)

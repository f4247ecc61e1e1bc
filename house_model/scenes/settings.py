"""The ten settings: what stands behind and under the product, in the colours of a look."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from house_model.scenes.canvas import Canvas, Gradient, falling
from house_model.scenes.geometry import (
    Path,
    circle,
    polygon,
    rect,
    round_rect,
    segment,
    smooth,
    star,
)
from house_model.scenes.palette import Colour, mix, shade

Scenery = Mapping[str, Colour]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where things are, in canvas units: the horizon, the product and the sun's place."""

    width: int
    height: int
    horizon: float
    product_x: float
    product_top: float
    product_bottom: float
    product_width: float
    sun: tuple[float, float]
    cloud: tuple[float, float]

    @property
    def product_height(self) -> float:
        return self.product_bottom - self.product_top


def paint_setting(name: str, canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    """Paint the whole background, ground included.

    Rows of things repeat in steps of the autoencoder's 8 px cells where they can. Nothing is left
    to chance: a small network draws the mean of whatever it cannot know, and the mean of many
    skylines is fog.
    """
    _PAINTERS[name](canvas, stage, scenery)


def pine(canvas: Canvas, x: float, bottom: float, height: float, colour: Colour) -> None:
    trunk = rect(x - height * 0.035, bottom - height * 0.16, height * 0.07, height * 0.16)
    canvas.fill(trunk, shade(colour, -0.5))
    for tier in range(3):
        base = bottom - height * (0.12 + 0.26 * tier)
        reach = height * (0.29 - 0.06 * tier)
        light = Gradient((x - reach, 0), (x + reach, 0), (shade(colour, 0.14), shade(colour, -0.2)))
        canvas.fill(polygon((x - reach, base), (x, base - height * 0.4), (x + reach, base)), light)


def cloud(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    canvas.fill(round_rect(x - size, y - size * 0.26, size * 2, size * 0.5, size * 0.25), colour)
    canvas.fill(circle(x - size * 0.3, y - size * 0.25, size * 0.42), colour)
    canvas.fill(circle(x + size * 0.3, y - size * 0.18, size * 0.34), colour)


def sun(canvas: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    canvas.blur(circle(x, y, radius * 1.4), shade(colour, 0.4), 8, alpha=130)
    canvas.fill(circle(x, y, radius), colour)


def _sky(canvas: Canvas, stage: Stage, *colours: Colour) -> None:
    canvas.fill(rect(0, 0, stage.width, stage.height), falling(0, stage.horizon, *colours))


def _ground(canvas: Canvas, stage: Stage, top: float, *colours: Colour) -> None:
    area = rect(0, top, stage.width, stage.height - top)
    canvas.fill(area, falling(top, stage.height, *colours))


def _hill(
    canvas: Canvas, stage: Stage, levels: tuple[float, ...], paint: Colour | Gradient
) -> None:
    """A rolling ground whose edge passes through the levels, spread evenly over the width."""
    step = stage.width / (len(levels) - 1)
    edge = smooth((index * step, level) for index, level in enumerate(levels))
    canvas.fill(edge.line((stage.width, stage.height), (0, stage.height)).close(), paint)


def _studio(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    _sky(canvas, stage, scenery["wall_top"], scenery["wall_low"])
    _ground(canvas, stage, stage.horizon, scenery["floor_top"], scenery["floor_low"])


def _beach(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    _sky(canvas, stage, scenery["sky_top"], scenery["sky_low"])
    sun(canvas, *stage.sun, 21, scenery["sun"])
    cloud(canvas, *stage.cloud, 20, scenery["cloud"])
    sea = rect(0, stage.horizon - 40, stage.width, 60)
    canvas.fill(
        sea, falling(stage.horizon - 40, stage.horizon, scenery["sea_top"], scenery["sea_low"])
    )
    shore = (3.0, -4.0, 4.0, -3.0, 3.0)
    for lift, paint in (
        (5.0, scenery["foam"]),
        (0.0, falling(stage.horizon, stage.height, scenery["sand_top"], scenery["sand_low"])),
    ):
        _hill(canvas, stage, tuple(stage.horizon + bend - lift for bend in shore), paint)


def _forest(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    _sky(canvas, stage, scenery["sky_top"], scenery["sky_low"])
    for row, (tone, tall, gap) in enumerate((("far", 96.0, 40.0), ("near", 112.0, 56.0))):
        for index in range(int(stage.width / gap) + 2):
            height = tall * (0.86 if index % 2 else 1.08)
            x = (index - 0.35 * row) * gap
            pine(canvas, x, stage.horizon + 2 + 5 * row, height, scenery[tone])
    _ground(canvas, stage, stage.horizon, scenery["ground_top"], scenery["ground_low"])


_DIMNESS = 0.6  # how far windows fade into their house


def _city(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    """A low skyline with dim windows, because the headline often stands before it."""
    _sky(canvas, stage, scenery["sky_top"], scenery["sky_low"])
    for tone, steps, gap in (
        ("far", (88, 56, 80, 48, 96, 64), 32),
        ("near", (48, 64, 40, 56), 48),
    ):
        for index in range(stage.width // gap + 2):
            tall = steps[index % len(steps)]
            left = index * gap - gap / 2
            canvas.fill(rect(left, stage.horizon - tall, gap - 4, tall + 2), scenery[tone])
            if tone == "near":
                dim = mix(scenery["window"], scenery[tone], _DIMNESS)
                _windows(canvas, left, stage.horizon - tall, gap - 4, tall, dim)
    _ground(canvas, stage, stage.horizon, scenery["ground_top"], scenery["ground_low"])


def _windows(
    canvas: Canvas, left: float, top: float, width: float, tall: float, colour: Colour
) -> None:
    for row in range(int((tall - 10) // 17)):
        for column in range(2):
            x = left + width * (0.16 + 0.4 * column)
            canvas.fill(rect(x, top + 9 + 17 * row, width * 0.27, 9), colour)


def _winter(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    _sky(canvas, stage, scenery["sky_top"], scenery["sky_low"])
    gap = 48.0
    for index in range(int(stage.width / gap) + 2):
        height = 92 if index % 2 else 72
        pine(canvas, index * gap - 10, stage.horizon + 6, height, scenery["tree"])
    snow = falling(stage.horizon - 8, stage.height, scenery["snow_top"], scenery["snow_low"])
    _hill(canvas, stage, tuple(stage.horizon + bend for bend in (4, -6, 5, -3)), snow)


def _sunset(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    _sky(canvas, stage, scenery["sky_top"], scenery["sky_mid"], scenery["sky_low"])
    x = stage.width * (0.78 if stage.product_x < stage.width * 0.62 else 0.22)
    y = stage.horizon - 16
    canvas.blur(circle(x, y, 46), shade(scenery["sun"], 0.3), 12, alpha=130)
    canvas.fill(circle(x, y, 33), scenery["sun"])
    for tone, levels in (("hill_far", (-14, -32, -6, -24)), ("hill_near", (2, -8, 4, -14))):
        _hill(canvas, stage, tuple(stage.horizon + level for level in levels), scenery[tone])
    _ground(canvas, stage, stage.horizon + 4, scenery["ground_top"], scenery["ground_low"])


def _mountains(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    _sky(canvas, stage, scenery["sky_top"], scenery["sky_low"])
    cloud(canvas, *stage.cloud, 20, scenery["cloud"])
    for tone, tall, gap, start in (("far", 104.0, 96.0, -0.1), ("near", 74.0, 80.0, 0.35)):
        for index in range(int(stage.width / gap) + 2):
            height = tall * (1.0 if index % 2 else 0.82)
            x = (index + start) * gap
            _peak(canvas, x, stage.horizon + 3, height, scenery[tone], scenery["cap"])
    _ground(canvas, stage, stage.horizon, scenery["ground_top"], scenery["ground_low"])


def _peak(
    canvas: Canvas, x: float, bottom: float, height: float, colour: Colour, cap: Colour
) -> None:
    reach, top = height * 1.0, bottom - height
    slopes = Gradient(
        (x - reach * 0.6, 0), (x + reach * 0.6, 0), (shade(colour, 0.18), shade(colour, -0.2))
    )
    canvas.fill(polygon((x - reach, bottom), (x, top), (x + reach, bottom)), slopes)
    snow = (
        Path()
        .move(x, top)
        .line(
            (x - reach * 0.28, top + height * 0.28),
            (x - reach * 0.09, top + height * 0.22),
            (x + reach * 0.08, top + height * 0.31),
            (x + reach * 0.28, top + height * 0.28),
        )
        .close()
    )
    canvas.fill(snow, cap)


def _desert(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    _sky(canvas, stage, scenery["sky_top"], scenery["sky_low"])
    sun(canvas, *stage.sun, 21, scenery["sun"])
    dunes = (-30, -8, -36, -12, -28)
    _hill(canvas, stage, tuple(stage.horizon + lift for lift in dunes), scenery["dune"])
    for share, height in ((0.06, 78.0), (0.94, 70.0), (0.5, 62.0)):
        x = stage.width * share
        _cactus(canvas, x, stage.horizon + 4, height, scenery["cactus"])
    sand = falling(stage.horizon - 6, stage.height, scenery["ground_top"], scenery["ground_low"])
    _hill(canvas, stage, tuple(stage.horizon + bend for bend in (3, -5, 4, -4, 3)), sand)


def _cactus(canvas: Canvas, x: float, bottom: float, height: float, colour: Colour) -> None:
    wide = height * 0.17
    light = Gradient((x - wide, 0), (x + wide, 0), (shade(colour, 0.16), shade(colour, -0.2)))
    for side, low, tall in ((-1, 0.38, 0.34), (1, 0.5, 0.3)):
        arm = x + side * wide * 1.7
        bend = rect(min(x, arm), bottom - height * low, abs(arm - x), wide * 0.7)
        canvas.fill(bend, shade(colour, -0.1))
        top = bottom - height * (low + tall) + wide * 0.7
        canvas.fill(round_rect(arm - wide * 0.4, top, wide * 0.8, height * tall, wide * 0.4), light)
    canvas.fill(round_rect(x - wide / 2, bottom - height, wide, height + 4, wide / 2), light)


# As shares of the width and of the height above the horizon: never where two would touch.
_STARS = ((0.08, 0.16), (0.3, 0.34), (0.5, 0.12), (0.68, 0.3), (0.93, 0.2), (0.16, 0.58))


def _night(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    _sky(canvas, stage, scenery["sky_top"], scenery["sky_low"])
    for x, y in _STARS:
        place = (stage.width * x, stage.horizon * y)
        if math.dist(place, stage.sun) > 40:
            canvas.fill(star(*place, 9, waist=0.2), scenery["star"])
    sun(canvas, *stage.sun, 20, scenery["sun"])
    for tone, levels in (("hill_far", (-30, -52, -22, -44)), ("hill_near", (-6, -18, -2, -20))):
        _hill(canvas, stage, tuple(stage.horizon + level for level in levels), scenery[tone])
    _ground(canvas, stage, stage.horizon, scenery["ground_top"], scenery["ground_low"])


def _kitchen(canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
    """A tiled wall behind a counter; the tiles start at the top, where no chance moves them."""
    _sky(canvas, stage, scenery["wall_top"], scenery["wall_low"])
    tile = 32.0
    for row in range(int(stage.horizon / tile) + 2):
        y = tile * row
        canvas.stroke(segment((0, y), (stage.width, y)), scenery["joint"], 2.4)
        for column in range(int(stage.width / (2 * tile)) + 2):
            x = (2 * column + row % 2) * tile
            canvas.stroke(segment((x, y - tile), (x, y)), scenery["joint"], 2.4)
    _ground(canvas, stage, stage.horizon, scenery["ground_top"], scenery["ground_low"])
    canvas.fill(rect(0, stage.horizon, stage.width, 7), scenery["edge"])


_Painter = Callable[[Canvas, Stage, Scenery], None]
_PAINTERS: Mapping[str, _Painter] = {
    "studio": _studio,
    "beach": _beach,
    "forest": _forest,
    "city": _city,
    "winter": _winter,
    "sunset": _sunset,
    "mountains": _mountains,
    "desert": _desert,
    "night": _night,
    "kitchen": _kitchen,
}
SETTINGS = tuple(_PAINTERS)
# The colours that each of them takes from a look.
SLOTS: Mapping[str, tuple[str, ...]] = {
    "studio": ("wall_top", "wall_low", "floor_top", "floor_low"),
    "beach": (
        "sky_top",
        "sky_low",
        "sun",
        "cloud",
        "sea_top",
        "sea_low",
        "foam",
        "sand_top",
        "sand_low",
    ),
    "forest": ("sky_top", "sky_low", "far", "near", "ground_top", "ground_low"),
    "city": ("sky_top", "sky_low", "far", "near", "window", "ground_top", "ground_low"),
    "winter": ("sky_top", "sky_low", "tree", "snow_top", "snow_low"),
    "sunset": (
        "sky_top",
        "sky_mid",
        "sky_low",
        "sun",
        "hill_far",
        "hill_near",
        "ground_top",
        "ground_low",
    ),
    "mountains": ("sky_top", "sky_low", "far", "near", "cap", "cloud", "ground_top", "ground_low"),
    "desert": ("sky_top", "sky_low", "sun", "dune", "cactus", "ground_top", "ground_low"),
    "night": (
        "sky_top",
        "sky_low",
        "sun",
        "star",
        "hill_far",
        "hill_near",
        "ground_top",
        "ground_low",
    ),
    "kitchen": ("wall_top", "wall_low", "joint", "edge", "ground_top", "ground_low"),
}

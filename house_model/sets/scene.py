"""A set as a frozen value: every factor of its picture, drawn by chance before anything is built.

Places are fractions of the canvas, as a control map needs them: a piece stands with its foot on the
floor seen at that height, so that what is drawn and what is built agree.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from brandstudio.domain.layout import Layout, Position, Stand
from brandstudio.domain.values import Box
from house_model.sets.looks import NATURAL, Look, Odds, read_look
from house_model.sets.pieces import KINDS
from house_model.sets.products import PRODUCTS

# Every canvas has about the area of 256 x 256, so that all cost the network the same.
SIZES: Mapping[str, tuple[int, int]] = {
    "1:1": (256, 256),
    "4:5": (224, 288),
    "9:16": (192, 320),
    "16:9": (320, 192),
}
SIZE_ODDS: Odds = {"1:1": 0.55, "4:5": 0.17, "9:16": 0.14, "16:9": 0.14}
SETTINGS = (
    "studio", "beach", "forest", "city", "winter", "sunset", "mountains", "desert", "night",
    "kitchen", "water", "cloth", "arches", "window",
)  # fmt: skip
COLOURS = (
    "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "black", "white",
    "brown", "grey",
)  # fmt: skip
_LAYOUTS = Path(__file__).parents[2] / "presets" / "layouts"
_EMPTY_SHARE = 0.2
_STUDIO_SHARE = 0.2
_MARGIN = 0.015
_TRIES = 50
# Kinds as wide as the picture, one behind the other.
SHEETS = frozenset({"wave", "hill", "ridge"})
# Kinds that hang in the air or on the wall instead of standing on the floor.
HUNG = frozenset({"sun", "stars", "flakes", "confetti", "bubbles", "sparkles"})


@dataclass(frozen=True, slots=True)
class Light:
    """softness: soft or hard; side: left, right or behind; tone: neutral, warm or cool."""

    softness: str
    side: str
    tone: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A set piece: its middle, width, top and foot as fractions of the canvas.

    The variant is the seed of its shape.
    """

    kind: str
    middle: float
    width: float
    top: float
    foot: float
    variant: int

    @property
    def left(self) -> float:
        return self.middle - self.width / 2

    @property
    def right(self) -> float:
        return self.middle + self.width / 2


@dataclass(frozen=True, slots=True)
class SetScene:
    """Everything that decides the picture."""

    seed: int
    look: str
    setting: str
    backdrop: str
    product: str
    colour: str
    finish: str
    turn: float
    stand: Stand
    podium: str
    podium_height: float
    prop: str
    light: Light
    layout: str
    box: Box
    horizon: float
    elevation: float
    fov: float
    is_empty: bool
    pieces: tuple[Piece, ...] = field(default=())

    @property
    def position(self) -> Position:
        return layouts()[self.layout].position

    @property
    def size(self) -> str:
        return layouts()[self.layout].aspect

    @property
    def values(self) -> dict[str, Any]:
        """The factors as plain values, for JSON."""
        return {**asdict(self), "box": self.box.model_dump()}


@cache
def layouts() -> Mapping[str, Layout]:
    """The studio's layouts by slug: where products stand and copy goes."""
    read = (Layout.model_validate(yaml.safe_load(f.read_text())) for f in _LAYOUTS.glob("*.yaml"))
    return {layout.slug: layout for layout in sorted(read, key=lambda layout: layout.slug)}


def sample_scene(rng: random.Random, *, look: str = NATURAL, size: str = "1:1") -> SetScene:
    """Draw a set's factors; the same generator state gives the same set."""
    chosen = read_look(look)
    setting = "studio" if rng.random() < _STUDIO_SHARE else rng.choice(SETTINGS)
    layout = rng.choice([slug for slug, each in layouts().items() if each.aspect == size])
    stand = _stand(layouts()[layout], setting, rng)
    product, colour = rng.choice(list(PRODUCTS)), rng.choice(COLOURS)
    box, horizon = _placed(layouts()[layout], rng)
    scene = SetScene(
        seed=rng.getrandbits(32),
        look=look,
        setting=setting,
        backdrop=rng.choice(list(chosen.backdrops)) if chosen.backdrops else "",
        product=product,
        colour=colour,
        finish=_finish(product, rng),
        turn=rng.uniform(*PRODUCTS[product].turn),
        stand=stand,
        podium=_drawn(chosen.podiums, rng) if setting != "water" else "stone",
        podium_height=rng.uniform(0.16, 0.34),
        prop=rng.choice(_PROPS[setting]) if rng.random() < 0.55 else "none",
        light=_light(chosen, setting, rng),
        layout=layout,
        box=box,
        horizon=horizon,
        elevation=rng.uniform(4, 12),
        fov=rng.uniform(24, 34),
        is_empty=rng.random() < _EMPTY_SHARE,
    )
    return replace(scene, pieces=_pieces(scene, chosen, rng))


def _stand(layout: Layout, setting: str, rng: random.Random) -> Stand:
    if layout.stand == "podium" or setting == "water":
        return "podium"
    choices: tuple[Stand, ...] = ("none", "none", "none", "podium", "table")
    if setting == "studio":
        choices = ("none", "none", "floor", "podium", "podium", "table")
    if setting in ("cloth", "arches", "window"):
        choices = ("none", "none", "podium")
    return rng.choice(choices)


def _placed(layout: Layout, rng: random.Random) -> tuple[Box, float]:
    """The layout's room for the product, a little off and a little larger or smaller."""
    room, copy = layout.product, layout.copy_space
    share = rng.uniform(0.84, 1.08)
    shift_x, shift_y = rng.uniform(-0.035, 0.035), rng.uniform(-0.03, 0.03)
    height = room.height * share
    bottom = min(room.bottom + shift_y, 0.9)
    top = max(bottom - height, 0.04 if copy.top > 0.1 else copy.bottom + 0.01)
    middle = room.left + room.width / 2 + shift_x
    width = room.width * share
    left = min(max(middle - width / 2, 0.02), 0.98 - width)
    box = Box(left=left, top=top, width=width, height=bottom - top)
    horizon = (layout.horizon or 0.7) + rng.uniform(-0.035, 0.035) + 0.3 * shift_y
    return box, min(horizon, bottom - 0.025)


def _finish(product: str, rng: random.Random) -> str:
    if PRODUCTS[product].is_paper:
        return rng.choice(("paper", "paper", "gloss"))
    if product in ("sneaker", "handbag"):
        return "matt"
    choices = ("matt", "gloss", "gloss", "metal")
    return rng.choice(choices if product in ("bottle", "can", "tube", "perfume") else choices[:3])


def _light(look: Look, setting: str, rng: random.Random) -> Light:
    light = Light(
        softness=_drawn(look.light.softness, rng),
        side=rng.choice(("left", "left", "right", "right", "behind")),
        tone=_drawn(look.light.tone, rng),
    )
    if setting == "window":
        return replace(light, softness="hard", side=rng.choice(("left", "right")))
    return light


def _drawn(odds: Odds, rng: random.Random) -> str:
    return rng.choices(list(odds), weights=list(odds.values()))[0]


_PROPS: Mapping[str, tuple[str, ...]] = {
    "studio": ("leaves", "citrus", "confetti", "bubbles", "sparkles", "flowers", "stones"),
    "beach": ("citrus", "bubbles", "leaves", "flowers", "sparkles", "stones"),
    "forest": ("leaves", "flowers", "stones", "citrus"),
    "city": ("confetti", "bubbles", "sparkles", "flowers"),
    "winter": ("snowflakes", "snowflakes", "sparkles", "stones"),
    "sunset": ("flowers", "stones", "leaves", "sparkles"),
    "mountains": ("stones", "flowers", "leaves", "snowflakes"),
    "desert": ("stones", "stones", "citrus", "flowers"),
    "night": ("sparkles", "bubbles", "stones", "confetti"),
    "kitchen": ("citrus", "citrus", "leaves", "flowers"),
    "water": ("stones", "leaves", "flowers", "bubbles"),
    "cloth": ("flowers", "leaves", "citrus", "stones"),
    "arches": ("leaves", "flowers", "citrus", "stones", "confetti"),
    "window": ("leaves", "flowers", "citrus", "stones"),
}
_PROP_KINDS: Mapping[str, str] = {
    "leaves": "plant",
    "citrus": "citrus",
    "flowers": "flower",
    "stones": "stones",
    "snowflakes": "flakes",
    "confetti": "confetti",
    "bubbles": "bubbles",
    "sparkles": "sparkles",
}
# What stands about in a setting, whatever the look.
_BESIDE: Mapping[str, Odds] = {
    "beach": {"stones": 3, "rock": 2, "plant": 1, "ball": 1},
    "forest": {"stones": 2, "plant": 3, "rock": 2, "round-tree": 1},
    "city": {"block": 3, "column": 1, "step": 1},
    "winter": {"mound": 3, "ball": 1, "snowy-tree": 2},
    "mountains": {"stones": 3, "rock": 3, "tree": 2},
    "desert": {"cactus": 3, "stones": 2, "rock": 2},
    "kitchen": {"bowl": 3, "branch": 2, "column": 1, "step": 1},
    "water": {"rock": 4, "stones": 3},
    "arches": {"stairs": 4, "ball": 1, "column": 2, "step": 1},
}


class _Room:
    """Where pieces may stand: outside the copy space, beside the product and one another."""

    def __init__(self, scene: SetScene) -> None:
        layout = layouts()[scene.layout]
        self.scene, self.copy = scene, layout.copy_space
        self.aspect = SIZES[layout.aspect][0] / SIZES[layout.aspect][1]
        wide = 0.16 if scene.stand == "podium" else 0.02
        across = _product_width(scene, self.aspect) * (1 + wide) + 2 * _MARGIN
        middle = scene.box.left + scene.box.width / 2
        self.product = (middle - across / 2, scene.box.top, middle + across / 2, 1.0)
        self.taken = list[Piece]()

    @property
    def middle(self) -> float:
        """Where the product stands."""
        return (self.product[0] + self.product[2]) / 2

    @property
    def across(self) -> float:
        """How wide the product is."""
        return self.product[2] - self.product[0]

    def highest(self, left: float, right: float) -> float:
        """The highest top between two places that leaves the copy space quiet."""
        is_under = left < self.copy.right + _MARGIN and right > self.copy.left - _MARGIN
        return self.copy.bottom + 0.025 if is_under else 0.07

    def fits(self, piece: Piece, *, beside_product: bool = True) -> bool:
        """Whether the piece leaves copy, product and other pieces free."""
        if piece.top < self.highest(piece.left, piece.right):
            return False
        if beside_product and piece.left < self.product[2] and piece.right > self.product[0]:
            return False
        return all(_overlap(piece, other) < 0.25 for other in self.taken)


def _product_width(scene: SetScene, aspect: float) -> float:
    """About how wide the product is on the canvas; the camera finds the exact width."""
    wide, tall = _SHAPES[scene.product]
    return min(scene.box.height / aspect * wide / tall, 0.9)


_SHAPES: Mapping[str, tuple[float, float]] = {
    "bottle": (0.54, 1.5), "jar": (1.0, 0.82), "can": (0.69, 1.17), "box": (0.95, 1.1),
    "mug": (1.0, 0.82), "sneaker": (1.46, 0.75), "tube": (0.6, 1.37), "handbag": (1.16, 1.13),
    "carton": (0.88, 1.4), "pouch": (0.9, 1.18), "perfume": (0.78, 1.1), "watch": (0.66, 1.12),
}  # fmt: skip


def _overlap(first: Piece, second: Piece) -> float:
    """The shared area as a share of the smaller piece's."""
    wide = min(first.right, second.right) - max(first.left, second.left)
    tall = min(first.foot, second.foot) - max(first.top, second.top)
    if wide <= 0 or tall <= 0:
        return 0.0
    areas = (piece.width * max(piece.foot - piece.top, 1e-6) for piece in (first, second))
    return wide * tall / max(min(areas), 1e-6)


def _pieces(scene: SetScene, look: Look, rng: random.Random) -> tuple[Piece, ...]:
    """Scenery first, then what stands behind the product, then what stands about it."""
    room = _Room(scene)
    scenery = [*_scenery(room, rng)]
    behind = [*_behind(room, look, rng)]
    room.taken += [piece for piece in scenery if piece.kind == "sun"]
    _prop_pieces(room, rng)
    odds = _BESIDE.get(scene.setting) or look.pieces.beside
    if look.name != NATURAL and rng.random() < 0.5:
        odds = look.pieces.beside
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        _stand_beside(room, _drawn(odds, rng), rng)
    own = [piece for piece in room.taken if piece.kind != "sun"]
    return (*scenery, *behind, *own)


def _behind(room: _Room, look: Look, rng: random.Random) -> Iterator[Piece]:
    """One large piece behind the product, where the setting has room for it."""
    setting, scene = room.scene.setting, room.scene
    if setting in ("cloth", "window", "water"):
        return
    if setting == "kitchen":
        yield from _upright(room, "board", rng) if rng.random() < 0.4 else ()
        return
    if setting not in ("studio", "arches") and rng.random() < 0.55:
        return
    kind = _drawn(look.pieces.behind, rng)
    if setting == "arches":
        kind = rng.choice(("arch", "arch", "gate"))
    if kind == "ridge":
        yield from _sheets(room, "ridge", 2, rng)
    elif kind != "none":
        yield from _upright(room, kind, rng)
    if setting == "arches" and scene.position != "center" and rng.random() < 0.5:
        yield from _upright(room, "arch", rng, shift=rng.choice((-0.34, 0.34)), share=0.7)


def _upright(
    room: _Room, kind: str, rng: random.Random, *, shift: float = 0.0, share: float = 1.0
) -> Iterator[Piece]:
    """A piece that frames the product from behind; smaller until the copy space is free of it."""
    scene = room.scene
    foot = scene.horizon + rng.uniform(0.008, 0.025)
    middle = room.middle + shift + rng.uniform(-0.05, 0.05)
    low, high = KINDS[kind].aspect
    aspect = rng.uniform(low, high)
    least = room.across * (0.9 if kind in ("disc", "rings") else 1.1) * share
    width = max(room.across * rng.uniform(1.25, 1.9), 0.34) * share
    for _ in range(24):
        top = foot - width * aspect * room.aspect
        if top >= room.highest(middle - width / 2, middle + width / 2):
            yield Piece(kind, middle, width, top, foot, rng.getrandbits(32))
            return
        width *= 0.94
        middle += (room.middle + shift - middle) * 0.2
        if width < least:
            return


def _scenery(room: _Room, rng: random.Random) -> Sequence[Piece]:
    """What a setting has along its horizon, and its sun, moon or stars."""
    setting = room.scene.setting
    pieces = list[Piece]()
    if setting == "beach":
        pieces += [*_sheets(room, "wave", rng.choice((2, 3)), rng), *_sun(room, rng)]
    elif setting == "forest":
        pieces += _row(room, rng.choice(("tree", "tree", "round-tree")), rng, 0.1, 0.2)
        if rng.random() < 0.4:
            pieces += _sheets(room, "hill", 1, rng)
    elif setting == "city":
        pieces += _row(room, "building", rng, 0.09, 0.16)
    elif setting == "winter":
        pieces += [*_row(room, "snowy-tree", rng, 0.09, 0.17), *_row(room, "mound", rng, 0.25, 0.5)]
    elif setting == "sunset":
        pieces += [*_sheets(room, rng.choice(("hill", "ridge")), 2, rng), *_sun(room, rng, 1.4)]
    elif setting == "mountains":
        pieces += _row(room, "peak", rng, 0.25, 0.45)
        pieces += _sun(room, rng, 0.7) if rng.random() < 0.4 else []
    elif setting == "desert":
        pieces += [*_row(room, "dune", rng, 0.4, 0.7), *_sun(room, rng)]
    elif setting == "night":
        kind = rng.choice(("hill", "ridge", "building"))
        pieces += (
            _sheets(room, kind, 2, rng) if kind != "building" else _row(room, kind, rng, 0.09, 0.16)
        )
        pieces += [*_sun(room, rng, 0.7), *_stars(room, rng)]
    return pieces


def _sheets(room: _Room, kind: str, number: int, rng: random.Random) -> Iterator[Piece]:
    """Layers as wide as the picture, the lower ones nearer."""
    horizon = room.scene.horizon
    highest = max(room.highest(0, 1), horizon - (0.13 if kind == "wave" else 0.27))
    tall = (horizon - highest) * rng.uniform(0.6, 1.0)
    for index in range(number):
        share = 1 - index / (number + 0.3)
        foot = horizon + 0.004 + 0.008 * index
        yield Piece(kind, 0.5, 1.5, foot - max(tall * share, 0.02), foot, rng.getrandbits(32))


def _row(room: _Room, kind: str, rng: random.Random, narrow: float, wide: float) -> Sequence[Piece]:
    """Pieces side by side along the horizon, each as high as the copy space lets it be."""
    pieces, place = list[Piece](), rng.uniform(-0.15, 0.0)
    narrow, wide = (side / max(room.aspect, 0.8) for side in (narrow, wide))
    while place < 1.05:
        width = rng.uniform(narrow, wide)
        foot = room.scene.horizon + rng.uniform(0.003, 0.02)
        low, high = KINDS[kind].aspect
        tall = width * rng.uniform(low, high) * room.aspect
        tall = min(tall, foot - room.highest(place, place + width))
        if tall > width * low * room.aspect * 0.5:
            pieces.append(
                Piece(kind, place + width / 2, width, foot - tall, foot, rng.getrandbits(32))
            )
        elif tall > 0.02:
            small = tall / (low * room.aspect)
            pieces.append(
                Piece(kind, place + width / 2, small, foot - tall, foot, rng.getrandbits(32))
            )
            width = small
        place += width * rng.uniform(0.6, 1.15)
    return pieces


def _sun(room: _Room, rng: random.Random, share: float = 1.0) -> Iterator[Piece]:
    for _ in range(_TRIES):
        width = rng.uniform(0.1, 0.19) * share
        tall = width * room.aspect
        middle = rng.uniform(0.08, 0.92)
        foot = rng.uniform(0.3, room.scene.horizon + 0.3 * tall)
        sun = Piece("sun", middle, width, foot - tall, foot, rng.getrandbits(32))
        if sun.top > 0.05 and room.fits(sun):
            yield sun
            return


def _stars(room: _Room, rng: random.Random) -> Iterator[Piece]:
    """Stars over the part of the wall that carries no copy."""
    left, right = (0.0, 1.0)
    top = 0.03
    if room.scene.position == "left":
        right = room.copy.left - _MARGIN
    elif room.scene.position == "right":
        left = room.copy.right + _MARGIN
    if room.highest(left, right) > 0.1:
        top = room.copy.bottom + 0.03
    foot = room.scene.horizon - 0.06
    if foot - top > 0.1:
        yield Piece("stars", (left + right) / 2, right - left, top, foot, rng.getrandbits(32))


def _prop_pieces(room: _Room, rng: random.Random) -> None:
    """The decoration that the caption names."""
    prop = room.scene.prop
    if prop == "none":
        return
    kind = _PROP_KINDS[prop]
    if kind in HUNG:
        room.taken += _airborne(room, kind, rng)
        return
    for _ in range(rng.choice((1, 2, 2, 3))):
        _stand_beside(room, kind, rng)


def _airborne(room: _Room, kind: str, rng: random.Random) -> Iterator[Piece]:
    """Small things in the air, above and beside the product and never over the copy."""
    left, right = room.product[0] - 0.12, room.product[2] + 0.12
    if room.scene.position == "center":
        left, right = 0.03, 0.97
    elif room.scene.position == "left" and room.copy.left > room.product[2]:
        right = min(right, room.copy.left - _MARGIN)
    elif room.copy.right < room.product[0]:
        left = max(left, room.copy.right + _MARGIN)
    top = room.highest(left, right)
    foot = room.scene.horizon + 0.05
    yield Piece(kind, (left + right) / 2, right - left, top, foot, rng.getrandbits(32))


def _stand_beside(room: _Room, kind: str, rng: random.Random) -> None:
    """Put one piece on the floor where it fits; after many tries there is none."""
    scene = room.scene
    low, high = KINDS[kind].aspect
    for attempt in range(_TRIES):
        width = rng.uniform(0.09, 0.26) * (1 - 0.5 * attempt / _TRIES) / max(room.aspect, 0.8)
        tall = width * rng.uniform(low, high) * room.aspect
        near = min(0.93, scene.box.bottom + 0.12)
        foot = rng.uniform(scene.horizon + 0.02, near)
        middle = rng.uniform(-0.02, 1.02)
        piece = Piece(kind, middle, width, foot - tall, foot, rng.getrandbits(32))
        if room.fits(piece):
            room.taken.append(piece)
            return

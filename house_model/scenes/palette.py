"""Colours as (red, green, blue) in 0..255, and how they are mixed."""

import math
import random
from collections.abc import Iterable

Colour = tuple[int, int, int]

PRODUCT_COLOURS: dict[str, Colour] = {
    "red": (218, 54, 52),
    "orange": (243, 135, 40),
    "yellow": (250, 202, 58),
    "green": (64, 165, 86),
    "teal": (22, 156, 156),
    "blue": (48, 104, 222),
    "purple": (126, 78, 196),
    "pink": (244, 126, 170),
    "black": (46, 46, 56),
    "white": (246, 244, 240),
    "brown": (142, 88, 54),
    "grey": (146, 150, 160),
}
BACKDROPS: dict[str, Colour] = {
    "cream": (250, 240, 220),
    "peach": (255, 208, 178),
    "pink": (252, 200, 214),
    "coral": (248, 142, 124),
    "mint": (190, 232, 212),
    "sky blue": (170, 214, 244),
    "lavender": (212, 200, 242),
    "teal": (70, 160, 160),
    "navy": (36, 52, 104),
    "grey": (206, 208, 214),
    "lemon": (253, 236, 150),
    "sage": (178, 198, 164),
}
# What a studio gets when the caption names no backdrop: one answer each, because a small network
# draws the mean of whatever it cannot know.
USUAL_BACKDROP: dict[str, str] = {
    "red": "cream",
    "orange": "sky blue",
    "yellow": "lavender",
    "green": "lemon",
    "teal": "peach",
    "blue": "peach",
    "purple": "mint",
    "pink": "sky blue",
    "black": "grey",
    "white": "coral",
    "brown": "sky blue",
    "grey": "lemon",
}
WHITE: Colour = (255, 255, 255)
CREAM: Colour = (252, 248, 240)
CHARCOAL: Colour = (44, 44, 54)
GOLD: Colour = (236, 196, 96)
HONEY: Colour = (246, 206, 116)
STEEL: Colour = (206, 210, 216)
COFFEE: Colour = (92, 58, 40)
SHADOW: Colour = (24, 18, 44)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return `share` of the second colour in the first; 0 is the first, 1 the second."""
    return _clipped(a * (1 - share) + b * share for a, b in zip(first, second, strict=True))


def shade(colour: Colour, amount: float) -> Colour:
    """Lighten towards white for positive amounts, darken towards a cool dark for negative ones."""
    if amount >= 0:
        return mix(colour, WHITE, amount)
    red, green, blue = colour
    dark = _clipped((red * 0.35 + 8, green * 0.35 + 8, blue * 0.35 + 18))
    return mix(colour, dark, -amount)


def jittered(colour: Colour, rng: random.Random, spread: float = 5) -> Colour:
    return _clipped(channel + rng.uniform(-spread, spread) for channel in colour)


def distance(first: Colour, second: Colour) -> float:
    return math.dist(first, second)


def from_hex(text: str) -> Colour:
    """Read "#RRGGBB"."""
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def _clipped(channels: Iterable[float]) -> Colour:
    red, green, blue = (int(max(0, min(255, round(value)))) for value in channels)
    return red, green, blue

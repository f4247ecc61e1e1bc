"""What products are made of: painted paths, each with its colour and its light."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from house_model.scenes.geometry import Path, circle, rect, round_rect


class Tone(StrEnum):
    """Which of a product's colours a part takes."""

    BODY = "body"
    CAP = "cap"
    LABEL = "label"
    INK = "ink"
    METAL = "metal"
    SOLE = "sole"
    GOLD = "gold"
    COFFEE = "coffee"
    SHINE = "shine"


class Finish(StrEnum):
    """How light falls on a part."""

    FLAT = "flat"
    ROUND = "round"
    SLOPE = "slope"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Part:
    """One painted path: stroked if it has a `width`, in the outline if `is_line`."""

    path: Path
    tone: Tone = Tone.BODY
    finish: Finish = Finish.FLAT
    shade: float = 0.0
    width: float = 0.0
    is_line: bool = True


@dataclass(frozen=True, slots=True)
class Product:
    """A product type: usual height in units, width per height, parts for a width and height."""

    height: float
    aspect: float
    parts: Callable[[float, float], tuple[Part, ...]]

    def at_height(self, height: float) -> tuple[Part, ...]:
        return self.parts(height * self.aspect, height)


def label(left: float, top: float, width: float, height: float) -> tuple[Part, ...]:
    radius = min(width, height) * 0.22
    return (
        Part(rect(left, top, width, height), Tone.LABEL, Finish.ROUND),
        Part(circle(left + width / 2, top + height * 0.4, radius), Tone.INK),
        Part(
            round_rect(
                left + width * 0.26, top + height * 0.74, width * 0.48, max(2.6, height * 0.1), 1.5
            ),
            Tone.INK,
        ),
    )


def shine(left: float, top: float, width: float, height: float) -> Part:
    return Part(round_rect(left, top, width, height, 2), Tone.SHINE, is_line=False)

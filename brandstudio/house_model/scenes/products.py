"""The eight product types as vector parts: painted by the renderer, outlined for control maps.

A product stands at the origin: x runs from -width/2 to +width/2, y from -height (top) to 0. The
outline shows the lines that the picture really has (cap, label, sole, laces), so that a
ControlNet trained on both never sees a line that means nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from brandstudio.house_model.scenes.geometry import (
    Path,
    circle,
    ellipse,
    polygon,
    rect,
    round_rect,
    segment,
)


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


def outline_svg(product: Product) -> str:
    """The product's lines as an SVG: white on nothing, the viewBox tight around the product."""
    height, width = product.height, product.height * product.aspect
    lines = "\n".join(
        f'  <path d="{part.path.placed(width / 2, height).svg}"/>'
        for part in product.at_height(height)
        if part.is_line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'fill="none" stroke="#ffffff" stroke-width="1" stroke-linejoin="round">\n{lines}\n</svg>\n'
    )


def _label(left: float, top: float, width: float, height: float) -> tuple[Part, ...]:
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


def _shine(left: float, top: float, width: float, height: float) -> Part:
    return Part(round_rect(left, top, width, height, 2), Tone.SHINE, is_line=False)


def _bottle(w: float, h: float) -> tuple[Part, ...]:
    r, neck = w / 2, w * 0.21
    body = (
        Path()
        .move(-r + 5, 0)
        .line((r - 5, 0))
        .quad((r, 0), (r, -5))
        .line((r, -h * 0.58))
        .cubic((r, -h * 0.71), (neck, -h * 0.71), (neck, -h * 0.82))
        .line((neck, -h * 0.9), (-neck, -h * 0.9), (-neck, -h * 0.82))
        .cubic((-neck, -h * 0.71), (-r, -h * 0.71), (-r, -h * 0.58))
        .line((-r, -5))
        .quad((-r, 0), (-r + 5, 0))
        .close()
    )
    return (
        Part(body, finish=Finish.ROUND),
        Part(round_rect(-neck * 1.24, -h, neck * 2.48, h * 0.115, 3), Tone.CAP, Finish.ROUND),
        *_label(-r, -h * 0.5, w, h * 0.32),
        _shine(-r + w * 0.17, -h * 0.6, w * 0.075, h * 0.5),
    )


def _jar(w: float, h: float) -> tuple[Part, ...]:
    r = w / 2
    return (
        Part(round_rect(-r, -h * 0.74, w, h * 0.74, h * 0.14), finish=Finish.ROUND),
        Part(round_rect(-r * 0.94, -h, w * 0.94, h * 0.29, 5), Tone.CAP, Finish.ROUND),
        *_label(-r, -h * 0.56, w, h * 0.38),
        _shine(-r + w * 0.13, -h * 0.64, w * 0.055, h * 0.52),
    )


def _can(w: float, h: float) -> tuple[Part, ...]:
    r = w / 2
    shell = polygon(
        (-r * 0.8, -h * 0.98), (r * 0.8, -h * 0.98), (r, -h * 0.9), (r, -h * 0.08),
        (r * 0.8, 0), (-r * 0.8, 0), (-r, -h * 0.08), (-r, -h * 0.9),
    )  # fmt: skip
    return (
        Part(shell, Tone.METAL, Finish.ROUND),
        Part(rect(-r, -h * 0.9, w, h * 0.82), finish=Finish.ROUND),
        Part(ellipse(0, -h * 0.97, r * 0.8, h * 0.03), Tone.METAL, Finish.ROUND, shade=0.3),
        *_label(-r, -h * 0.7, w, h * 0.42),
        _shine(-r + w * 0.18, -h * 0.87, w * 0.07, h * 0.75),
    )


def _box(w: float, h: float) -> tuple[Part, ...]:
    r, d = w / 2, h * 0.09
    edge = -r + w * 0.74
    front = polygon((-r, -h + d), (edge, -h + d), (edge, 0), (-r, -d * 0.25))
    side = polygon((edge, -h + d), (r, -h + d * 0.55), (r, -d * 0.7), (edge, 0))
    lid = polygon((-r, -h + d), (edge, -h + d), (r, -h + d * 0.55), (-r + w * 0.3, -h))
    middle = (edge - r) / 2
    return (
        Part(front, finish=Finish.SLOPE),
        Part(side, shade=-0.42),
        Part(lid, shade=0.36),
        Part(rect(-r, -h * 0.66, w * 0.74, h * 0.36), Tone.LABEL),
        Part(circle(middle, -h * 0.52, h * 0.08), Tone.INK),
        Part(round_rect(middle - w * 0.18, -h * 0.39, w * 0.36, h * 0.04, 1.5), Tone.INK),
    )


def _mug(w: float, h: float) -> tuple[Part, ...]:
    left, r = -w / 2, w / 2
    rim = left + w * 0.76
    outer, inner = r, r - h * 0.1
    handle = (
        Path()
        .move(rim - w * 0.02, -h * 0.76)
        .cubic((outer, -h * 0.86), (outer, -h * 0.62), (outer, -h * 0.5))
        .cubic((outer, -h * 0.34), (outer - w * 0.02, -h * 0.18), (rim - w * 0.02, -h * 0.22))
        .line((rim - w * 0.02, -h * 0.33))
        .cubic((inner - w * 0.02, -h * 0.3), (inner, -h * 0.4), (inner, -h * 0.5))
        .cubic((inner, -h * 0.6), (inner, -h * 0.72), (rim - w * 0.01, -h * 0.65))
        .close()
    )
    body = (
        Path()
        .move(left, -h * 0.935)
        .line((rim, -h * 0.935), (rim - w * 0.02, -h * 0.12))
        .quad((rim - w * 0.03, 0), (rim - w * 0.12, 0))
        .line((left + w * 0.12, 0))
        .quad((left + w * 0.03, 0), (left + w * 0.02, -h * 0.12))
        .close()
    )
    middle, half = (left + rim) / 2, w * 0.38
    return (
        Part(handle, shade=-0.2),
        Part(body, finish=Finish.ROUND),
        Part(ellipse(middle, -h * 0.935, half, h * 0.065), shade=0.35),
        Part(ellipse(middle, -h * 0.932, half * 0.9, h * 0.047), Tone.COFFEE, is_line=False),
        Part(circle(middle, -h * 0.45, h * 0.2), Tone.LABEL),
        Part(circle(middle, -h * 0.45, h * 0.1), Tone.INK),
        _shine(left + w * 0.115, -h * 0.8, w * 0.045, h * 0.6),
    )


def _sneaker(w: float, h: float) -> tuple[Part, ...]:
    left, right = -w / 2, w / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return left + w * x, -h * y

    upper = (
        Path()
        .move(*at(0.03, 0.22))
        .cubic(at(0, 0.55), at(0, 0.8), at(0.05, 0.97))
        .cubic(at(0.12, 0.88), at(0.22, 0.86), at(0.34, 1))
        .cubic(at(0.44, 0.72), at(0.58, 0.58), at(0.78, 0.52))
        .cubic(at(0.93, 0.46), at(0.99, 0.34), at(0.985, 0.22))
        .close()
    )
    toe = (
        Path()
        .move(*at(0.75, 0.22))
        .cubic(at(0.76, 0.34), at(0.8, 0.44), at(0.885, 0.485))
        .cubic(at(0.96, 0.42), at(0.985, 0.32), at(0.985, 0.22))
        .close()
    )
    heel = (
        Path()
        .move(*at(0.03, 0.22))
        .cubic(at(0.015, 0.4), at(0.012, 0.55), at(0.018, 0.7))
        .cubic(at(0.12, 0.62), at(0.155, 0.4), at(0.165, 0.22))
        .close()
    )
    swoosh = (
        Path()
        .move(*at(0.22, 0.48))
        .cubic(at(0.36, 0.26), at(0.5, 0.34), at(0.66, 0.54))
        .cubic(at(0.52, 0.2), at(0.3, 0.2), at(0.22, 0.48))
        .close()
    )
    sole = (
        Path()
        .move(*at(0.008, 0.24))
        .line(at(0.992, 0.24))
        .cubic(at(1, 0.1), at(0.99, 0), at(0.93, 0))
        .line(at(0.06, 0))
        .cubic(at(0, 0), at(0, 0.1), at(0.008, 0.24))
        .close()
    )
    laces = tuple(
        Part(segment(at(x - 0.05, y), at(x + 0.022, y + 0.11)), Tone.LABEL, width=h * 0.036)
        for x, y in ((0.385, 0.8), (0.455, 0.7), (0.525, 0.61), (0.595, 0.54))
    )
    stripe = Part(segment((left + w * 0.03, -h * 0.12), (right - w * 0.03, -h * 0.12)), width=2)
    return (
        Part(upper, finish=Finish.SLOPE),
        Part(toe, shade=-0.3),
        Part(heel, shade=-0.3),
        Part(swoosh, Tone.LABEL),
        *laces,
        Part(sole, Tone.SOLE, Finish.DROP),
        stripe,
    )


def _tube(w: float, h: float) -> tuple[Part, ...]:
    r = w / 2
    body = (
        Path()
        .move(-r, -h)
        .line((r, -h), (r * 0.88, -h * 0.3))
        .quad((r * 0.8, -h * 0.15), (r * 0.6, -h * 0.14))
        .line((-r * 0.6, -h * 0.14))
        .quad((-r * 0.8, -h * 0.15), (-r * 0.88, -h * 0.3))
        .close()
    )
    label = polygon(
        (-r * 0.96, -h * 0.76), (r * 0.96, -h * 0.76), (r * 0.905, -h * 0.4), (-r * 0.905, -h * 0.4)
    )
    return (
        Part(round_rect(-r * 0.72, -h * 0.16, w * 0.72, h * 0.16, 3), Tone.CAP, Finish.ROUND),
        Part(body, finish=Finish.ROUND),
        Part(rect(-r, -h, w, h * 0.055), shade=-0.3),
        Part(label, Tone.LABEL, Finish.ROUND),
        Part(circle(0, -h * 0.615, w * 0.19), Tone.INK),
        Part(round_rect(-r * 0.46, -h * 0.485, w * 0.46, h * 0.035, 1.5), Tone.INK),
        _shine(-r + w * 0.19, -h * 0.92, w * 0.07, h * 0.68),
    )


def _handbag(w: float, h: float) -> tuple[Part, ...]:
    left, r = -w / 2, w / 2
    handle = (
        Path()
        .move(-w * 0.28, -h * 0.62)
        .cubic((-w * 0.28, -h * 1.127), (w * 0.28, -h * 1.127), (w * 0.28, -h * 0.62))
        .line((w * 0.225, -h * 0.62))
        .cubic((w * 0.225, -h * 1.055), (-w * 0.225, -h * 1.055), (-w * 0.225, -h * 0.62))
        .close()
    )
    body = (
        Path()
        .move(left + w * 0.1, -h * 0.64)
        .line((r - w * 0.1, -h * 0.64))
        .quad((r - w * 0.06, -h * 0.64), (r - w * 0.05, -h * 0.58))
        .line((r, -h * 0.08))
        .quad((r, 0), (r - w * 0.07, 0))
        .line((left + w * 0.07, 0))
        .quad((left, 0), (left, -h * 0.08))
        .line((left + w * 0.05, -h * 0.58))
        .quad((left + w * 0.06, -h * 0.64), (left + w * 0.1, -h * 0.64))
        .close()
    )
    flap = (
        Path()
        .move(left + w * 0.065, -h * 0.63)
        .line((r - w * 0.065, -h * 0.63))
        .cubic((r - w * 0.1, -h * 0.34), (r - w * 0.34, -h * 0.3), (0, -h * 0.3))
        .cubic(
            (left + w * 0.34, -h * 0.3), (left + w * 0.1, -h * 0.34), (left + w * 0.065, -h * 0.63)
        )
        .close()
    )
    return (
        Part(handle, shade=-0.4),
        Part(body, finish=Finish.SLOPE),
        Part(flap, finish=Finish.SLOPE, shade=0.16),
        Part(round_rect(-w * 0.08, -h * 0.4, w * 0.16, h * 0.16, 3), Tone.GOLD, Finish.SLOPE),
        Part(
            segment((left + w * 0.07, -h * 0.09), (r - w * 0.07, -h * 0.09)), Tone.LABEL, width=1.8
        ),
    )


PRODUCTS: dict[str, Product] = {
    "bottle": Product(156, 0.36, _bottle),
    "jar": Product(101, 0.86, _jar),
    "can": Product(127, 0.54, _can),
    "box": Product(127, 0.72, _box),
    "mug": Product(94, 0.98, _mug),
    "sneaker": Product(87, 1.72, _sneaker),
    "tube": Product(144, 0.42, _tube),
    "handbag": Product(116, 1.0, _handbag),
}

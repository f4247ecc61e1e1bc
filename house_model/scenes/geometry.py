"""Plane vector paths, free of any drawing library: what is painted is what is outlined."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

# A circle as four cubic curves: this handle length errs by less than 0.03 % of the radius.
_ROUND = 0.5522847


@dataclass(frozen=True, slots=True)
class Path:
    """Path commands in the letters of SVG (M, L, Q, C, Z), each with its absolute points."""

    commands: tuple[tuple[str, tuple[Point, ...]], ...] = ()

    def move(self, x: float, y: float) -> "Path":
        return self._then("M", (x, y))

    def line(self, *points: Point) -> "Path":
        path = self
        for point in points:
            path = path._then("L", point)
        return path

    def quad(self, control: Point, end: Point) -> "Path":
        return self._then("Q", control, end)

    def cubic(self, first: Point, second: Point, end: Point) -> "Path":
        return self._then("C", first, second, end)

    def close(self) -> "Path":
        return self._then("Z")

    def joined(self, other: "Path") -> "Path":
        """Both paths as one, the second drawn after the first."""
        return Path(self.commands + other.commands)

    def placed(self, x: float, y: float, scale: float = 1.0) -> "Path":
        """The path scaled about the origin, then moved so that its origin is at (x, y)."""
        return Path(
            tuple(
                (letter, tuple((x + scale * px, y + scale * py) for px, py in points))
                for letter, points in self.commands
            )
        )

    @property
    def svg(self) -> str:
        """The `d` attribute, rounded to hundredths."""
        return " ".join(
            " ".join([letter, *(f"{_short(x)} {_short(y)}" for x, y in points)])
            for letter, points in self.commands
        )

    def _then(self, letter: str, *points: Point) -> "Path":
        return Path((*self.commands, (letter, points)))


def polygon(*points: Point) -> Path:
    """A closed path with straight sides."""
    return Path().move(*points[0]).line(*points[1:]).close()


def segment(start: Point, end: Point) -> Path:
    """One open straight line."""
    return Path().move(*start).line(end)


def rect(left: float, top: float, width: float, height: float) -> Path:
    right, bottom = left + width, top + height
    return polygon((left, top), (right, top), (right, bottom), (left, bottom))


def round_rect(left: float, top: float, width: float, height: float, radius: float) -> Path:
    """A rectangle with quadratic corners; the radius is cut to half the shorter side."""
    r = min(radius, width / 2, height / 2)
    right, bottom = left + width, top + height
    return (
        Path()
        .move(left + r, top)
        .line((right - r, top))
        .quad((right, top), (right, top + r))
        .line((right, bottom - r))
        .quad((right, bottom), (right - r, bottom))
        .line((left + r, bottom))
        .quad((left, bottom), (left, bottom - r))
        .line((left, top + r))
        .quad((left, top), (left + r, top))
        .close()
    )


def ellipse(x: float, y: float, radius_x: float, radius_y: float) -> Path:
    kx, ky = radius_x * _ROUND, radius_y * _ROUND
    left, right, top, bottom = x - radius_x, x + radius_x, y - radius_y, y + radius_y
    return (
        Path()
        .move(right, y)
        .cubic((right, y + ky), (x + kx, bottom), (x, bottom))
        .cubic((x - kx, bottom), (left, y + ky), (left, y))
        .cubic((left, y - ky), (x - kx, top), (x, top))
        .cubic((x + kx, top), (right, y - ky), (right, y))
        .close()
    )


def circle(x: float, y: float, radius: float) -> Path:
    return ellipse(x, y, radius, radius)


def star(x: float, y: float, radius: float, *, waist: float = 0.12) -> Path:
    """A four-pointed sparkle with hollow sides; it is narrower than it is high."""
    tips = ((x + 0.72 * radius, y), (x, y + radius), (x - 0.72 * radius, y), (x, y - radius))
    path = Path().move(x, y - radius)
    for tip_x, tip_y in tips:
        path = path.quad((x + waist * (tip_x - x), y + waist * (tip_y - y)), (tip_x, tip_y))
    return path.close()


def smooth(points: Iterable[Point]) -> Path:
    """An open wave through the points, flat at each of them."""
    points = tuple(points)
    path = Path().move(*points[0])
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (x0 + x1) / 2
        path = path.cubic((middle, y0), (middle, y1), (x1, y1))
    return path


def around(x: float, y: float, radius: float, angle: float) -> Point:
    """The point at that angle (in radians, clockwise from the right) on a circle."""
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"

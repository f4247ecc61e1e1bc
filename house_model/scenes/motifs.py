"""Motifs: what a brand adds to every setting, in that brand's own colours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from house_model.scenes.canvas import Canvas
from house_model.scenes.geometry import circle, polygon, rect, round_rect, smooth
from house_model.scenes.palette import Colour, mix
from house_model.scenes.settings import Scenery, Stage, sun

Colours = tuple[Colour, ...]


@dataclass(frozen=True, slots=True)
class Motif:
    """One of MOTIFS, and the colours it is painted in."""

    name: str
    colours: Colours

    def paint(self, canvas: Canvas, stage: Stage, scenery: Scenery) -> None:
        MOTIFS[self.name].paint(canvas, stage, scenery, self.colours)


@dataclass(frozen=True, slots=True)
class MotifKind:
    """How a motif is painted, how many colours it takes, and which slots of a scenery it reads."""

    paint: Callable[[Canvas, Stage, Scenery, Colours], None]
    colours: int
    slots: tuple[str, ...] = ()


def _rings(canvas: Canvas, stage: Stage, _: Scenery, colours: Colours) -> None:
    """Concentric arcs that rise behind the product."""
    middle = stage.product_top + 0.5 * stage.product_height
    outer = min(max(0.5 * stage.product_height + 14, 62.0), 92.0)
    with canvas.clipped(rect(0, 0, stage.width, stage.horizon)):
        for index, colour in enumerate(colours):
            canvas.fill(circle(stage.product_x, middle, outer - 13 * index), colour)


def _hazard(canvas: Canvas, stage: Stage, _: Scenery, colours: Colours) -> None:
    """Diagonal stripes along the bottom edge."""
    ground, stripes = colours
    top, band = stage.height - 20.0, 20.0
    canvas.fill(rect(0, top, stage.width, band), ground)
    with canvas.clipped(rect(0, top, stage.width, band)):
        for left in range(-20, stage.width + 20, 36):
            stripe = polygon(
                (left, top + band), (left + 18, top + band), (left + 36, top), (left + 18, top)
            )
            canvas.fill(stripe, stripes)


def _arch_and_disc(canvas: Canvas, stage: Stage, scenery: Scenery, colours: Colours) -> None:
    """A soft arch behind the product, and a low round sun beside it."""
    x, y = stage.sun
    wall, disc = colours
    if "sun" not in scenery:
        sun(canvas, x, y, 19, disc)
    half = min(max(0.5 * stage.product_width + 20, 54.0), 86.0)
    top = stage.product_top - 14
    with canvas.clipped(rect(0, 0, stage.width, stage.horizon)):
        arch = round_rect(stage.product_x - half, top, 2 * half, stage.height, half)
        canvas.fill(arch, scenery.get("arch", mix(wall, disc, 0.3)))
        inner = round_rect(stage.product_x - half + 10, top + 10, 2 * half - 20, stage.height, half)
        canvas.fill(inner, scenery.get("arch_inner", mix(wall, disc, 0.14)))


def _ridgelines(canvas: Canvas, stage: Stage, scenery: Scenery, colours: Colours) -> None:
    """A small sun, and layered ridges where the setting itself has none."""
    disc, haze = colours
    if "sun" not in scenery:
        canvas.fill(circle(*stage.sun, 16), disc)
    if "ridge" not in scenery:
        return
    step, foot = stage.width / 4, stage.horizon - (40 if "sea_top" in scenery else 0)
    levels = ((-60, -82, -48, -74, -52), (-34, -50, -66, -30, -46), (-14, -22, -8, -30, -12))
    for heights, share in zip(levels, (0.78, 0.5, 0.2), strict=True):
        edge = smooth((step * index, foot + lift) for index, lift in enumerate(heights))
        ridge = edge.line((stage.width, foot + 1), (0, foot + 1)).close()
        canvas.fill(ridge, mix(scenery["ridge"], haze, share))


def _contours(canvas: Canvas, stage: Stage, scenery: Scenery, colours: Colours) -> None:
    """Topographic lines that run across the ground."""
    line_colour, haze = colours
    step = stage.width / 4
    for row in range(3):
        level = stage.horizon + 16 + 20 * row
        bends = ((0, -5, 3, -4, 2), (2, 5, -3, 4, -2), (-3, 3, 5, -3, 3))[row]
        line = smooth((step * index, level + bend) for index, bend in enumerate(bends))
        canvas.stroke(line, scenery.get("contour", mix(line_colour, haze, 0.45)), 2.6)


MOTIFS: Mapping[str, MotifKind] = {
    "rings": MotifKind(_rings, colours=4),
    "hazard": MotifKind(_hazard, colours=2),
    "arch_and_disc": MotifKind(_arch_and_disc, colours=2, slots=("arch", "arch_inner")),
    "ridgelines": MotifKind(_ridgelines, colours=2, slots=("ridge",)),
    "contours": MotifKind(_contours, colours=2, slots=("contour",)),
}

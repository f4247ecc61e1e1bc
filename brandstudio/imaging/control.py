"""The control map: a white line drawing on black, as ControlNets trained on edges expect."""

import io
import math
from dataclasses import dataclass
from xml.etree import ElementTree

import resvg_py
from PIL import Image

from brandstudio.domain.layout import ControlDrawing
from brandstudio.domain.values import Box
from brandstudio.errors import StudioError

# The house ControlNet learned from drawings of 256 x 256 units; other canvases keep that area, so
# that a line has the same width and a podium the same size everywhere.
_UNITS = 256.0
_LINE_UNITS = 1.25
_PODIUM_PER_PRODUCT_WIDTH = 1.34
_SMALLEST_PODIUM_UNITS = 84.0
_PODIUM_FLATNESS = 0.17
_PODIUM_DROP_UNITS = 2.0

_SVG = "http://www.w3.org/2000/svg"
_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "g"})
# Everything else is looks, and the control map decides its looks itself.
_GEOMETRY = frozenset(
    {"d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry"}
    | {"width", "height", "points", "transform"}
)


class OutlineError(StudioError):
    """A product outline is not a drawing that a control map can use."""

    hint = "Use an SVG with a viewBox and paths, such as those in presets/outlines."


@dataclass(frozen=True, slots=True)
class _Outline:
    """An outline's own coordinate box, and its shapes without any looks."""

    left: float
    top: float
    width: float
    height: float
    shapes: str


def draw_control_map(
    drawing: ControlDrawing, outline_svg: str, width_px: int, height_px: int
) -> Image.Image:
    """Draw the layout's lines for one product: an RGB image, each pixel black or white.

    The horizon stops at the product and at the podium. The outline keeps its aspect, stands on
    the bottom of the product box and is centred in it. Nothing else is drawn, so the copy space
    stays black. Raises OutlineError when the SVG has no viewBox or no shapes.
    """
    outline = _read(outline_svg)
    box = _fit(drawing.product, outline, width_px, height_px)
    unit_px = math.sqrt(width_px * height_px) / _UNITS
    layers = [
        *_horizon(drawing, box, unit_px, width_px, height_px),
        *_podium(drawing, box, unit_px),
        _placed(outline, box, unit_px),
    ]
    svg = (
        f'<svg xmlns="{_SVG}" width="{width_px}" height="{height_px}" fill="none" '
        f'stroke="#fff" stroke-width="{_LINE_UNITS * unit_px:.3f}">{"".join(layers)}</svg>'
    )
    return _rendered(svg)


def fitted_box(drawing: ControlDrawing, outline_svg: str, width_px: int, height_px: int) -> Box:
    """Where the outline really lies once it is fitted into the product box, as canvas fractions."""
    left, top, width, height = _fit(drawing.product, _read(outline_svg), width_px, height_px)
    return Box(
        left=left / width_px,
        top=top / height_px,
        width=width / width_px,
        height=height / height_px,
    )


_Pixels = tuple[float, float, float, float]


def _fit(product: Box, outline: _Outline, width_px: int, height_px: int) -> _Pixels:
    """Left, top, width and height in pixels of the outline: bottom-centred in the product box."""
    room_x, room_y = product.width * width_px, product.height * height_px
    scale = min(room_x / outline.width, room_y / outline.height)
    width, height = outline.width * scale, outline.height * scale
    left = product.left * width_px + (room_x - width) / 2
    return left, product.bottom * height_px - height, width, height


def _horizon(
    drawing: ControlDrawing, box: _Pixels, unit_px: float, width_px: int, height_px: int
) -> list[str]:
    if drawing.horizon is None:
        return []
    y = math.floor(drawing.horizon * height_px) + 0.5  # on a pixel row, so that it stays one line
    left, right = box[0], box[0] + box[2]
    if drawing.stand == "podium":
        reach = _reach_at(y, *_podium_ellipse(box, unit_px))
        left, right = (
            min(left, box[0] + box[2] / 2 - reach),
            max(right, box[0] + box[2] / 2 + reach),
        )
    spans = ((0.0, left), (right, float(width_px)))
    return [
        f'<path d="M {start:.2f} {y} L {end:.2f} {y}"/>' for start, end in spans if end - start >= 1
    ]


def _podium(drawing: ControlDrawing, box: _Pixels, unit_px: float) -> list[str]:
    if drawing.stand != "podium":
        return []
    x, y, radius_x, radius_y = _podium_ellipse(box, unit_px)
    left, top, width, height = box
    return [
        f'<ellipse cx="{x:.2f}" cy="{y:.2f}" rx="{radius_x:.2f}" ry="{radius_y:.2f}"/>',
        # The product hides the far edge of the podium.
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{width:.2f}" height="{height:.2f}" '
        'fill="#000" stroke="none"/>',
    ]


def _podium_ellipse(box: _Pixels, unit_px: float) -> _Pixels:
    """Centre and radii in pixels of the podium's top, which the product stands on."""
    left, top, width, height = box
    across = max(width * _PODIUM_PER_PRODUCT_WIDTH, _SMALLEST_PODIUM_UNITS * unit_px)
    bottom = top + height + _PODIUM_DROP_UNITS * unit_px
    return left + width / 2, bottom, across / 2, across * _PODIUM_FLATNESS / 2


def _reach_at(y: float, _x: float, centre_y: float, radius_x: float, radius_y: float) -> float:
    """How far the ellipse reaches to either side of its centre in pixel row y."""
    inside = 1 - ((y - centre_y) / radius_y) ** 2
    return radius_x * math.sqrt(inside) if inside > 0 else 0.0


def _placed(outline: _Outline, box: _Pixels, unit_px: float) -> str:
    left, top, width, _ = box
    scale = width / outline.width
    return (
        f'<g transform="translate({left:.3f} {top:.3f}) scale({scale:.5f}) '
        f'translate({-outline.left:.3f} {-outline.top:.3f})" '
        f'stroke-width="{_LINE_UNITS * unit_px / scale:.4f}">{outline.shapes}</g>'
    )


def _read(outline_svg: str) -> _Outline:
    try:
        root = ElementTree.fromstring(outline_svg)
        left, top, width, height = map(float, root.attrib["viewBox"].replace(",", " ").split())
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise OutlineError("The outline is not an SVG with a viewBox") from error
    shapes = "".join(_plain(child) for child in root)
    if not shapes or width <= 0 or height <= 0:
        raise OutlineError("The outline has no shapes, or its viewBox has no size")
    return _Outline(left, top, width, height, shapes)


def _plain(element: ElementTree.Element) -> str:
    """The element with nothing but its geometry; whatever is not a simple shape is left out."""
    tag = element.tag.removeprefix(f"{{{_SVG}}}")
    if tag not in _SHAPES:
        return ""
    plain = ElementTree.Element(tag, {k: v for k, v in element.attrib.items() if k in _GEOMETRY})
    inner = "".join(_plain(child) for child in element)
    if tag != "g":
        return ElementTree.tostring(plain, encoding="unicode")
    transform = plain.get("transform")
    return f'<g transform="{transform}">{inner}</g>' if transform else inner


def _rendered(svg: str) -> Image.Image:
    """Black or white without greys: a ControlNet trained on edges knows no half-lit lines."""
    png = resvg_py.svg_to_bytes(
        svg_string=svg, background="#000000", skip_system_fonts=True, shape_rendering="crisp_edges"
    )
    return Image.open(io.BytesIO(bytes(png))).convert("RGB")

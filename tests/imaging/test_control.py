"""The control map: the layout's lines, and nothing in the copy space."""

from pathlib import Path

import numpy as np
import pytest

from brandstudio.domain.layout import ControlDrawing
from brandstudio.domain.values import Box
from brandstudio.imaging.control import OutlineError, draw_control_map, fitted_box

OUTLINES = Path(__file__).parents[2] / "presets" / "outlines"
SIZES = [(256, 256), (224, 288), (192, 320), (320, 192), (1024, 1024)]


def drawing_of(**changes: object) -> ControlDrawing:
    plain = ControlDrawing(
        outline="can",
        outline_sha256="0" * 64,
        product=Box(left=0.1, top=0.25, width=0.35, height=0.5),
        horizon=0.7,
    )
    return plain.but(**changes)


def lines_of(drawing: ControlDrawing, size: tuple[int, int] = (256, 256)) -> np.ndarray:
    svg = (OUTLINES / f"{drawing.outline}.svg").read_text()
    image = draw_control_map(drawing, svg, *size)
    assert (image.mode, image.size) == ("RGB", size)
    return np.asarray(image)


@pytest.mark.parametrize("size", SIZES)
def test_every_pixel_is_black_or_white(size: tuple[int, int]) -> None:
    assert set(np.unique(lines_of(drawing_of(), size))) == {0, 255}


@pytest.mark.parametrize("outline", sorted(path.stem for path in OUTLINES.glob("*.svg")))
def test_only_the_horizon_leaves_the_product_box(outline: str) -> None:
    lines = lines_of(drawing_of(outline=outline))[..., 0] > 0
    outside = np.ones_like(lines)
    outside[62:194, 24:117] = False
    rows = np.flatnonzero((lines & outside).any(1))
    assert rows.tolist() == [179]


def test_without_a_horizon_the_rest_stays_black() -> None:
    lines = lines_of(drawing_of(horizon=None))[..., 0]
    assert not lines[:, 120:].any()


def test_the_horizon_stops_at_the_product() -> None:
    drawing = drawing_of()
    with_line, without = (lines_of(d)[..., 0] for d in (drawing, drawing.but(horizon=None)))
    box = fitted_box(drawing, (OUTLINES / "can.svg").read_text(), 256, 256)
    left, right = round(box.left * 256), round(box.right * 256)
    assert np.array_equal(with_line[:, left + 1 : right - 1], without[:, left + 1 : right - 1])


def test_a_podium_is_wider_than_the_product_and_hidden_behind_it() -> None:
    standing = drawing_of(horizon=None, stand="podium")
    podium, plain = (lines_of(d)[..., 0] > 0 for d in (standing, standing.but(stand="none")))
    added = podium & ~plain
    rows, columns = np.nonzero(added)
    assert columns.max() - columns.min() > 80
    assert not added[64:188, 45:100].any()
    assert rows.max() < 215


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("outline", ["bottle", "sneaker"])
def test_the_outline_keeps_its_aspect_and_stands_bottom_centred(
    size: tuple[int, int], outline: str
) -> None:
    drawing, (width, height) = drawing_of(outline=outline), size
    svg = (OUTLINES / f"{outline}.svg").read_text()
    box = fitted_box(drawing, svg, width, height)
    own_width, own_height = map(float, svg.split('viewBox="0 0 ')[1].split('"')[0].split())
    assert box.width * width / (box.height * height) == pytest.approx(own_width / own_height)
    assert box.bottom == pytest.approx(drawing.product.bottom)
    centre = drawing.product.left + drawing.product.width / 2
    assert box.left + box.width / 2 == pytest.approx(centre)
    assert box.width <= drawing.product.width + 1e-9
    assert box.height <= drawing.product.height + 1e-9


def test_looks_and_scripts_of_a_strangers_svg_are_ignored() -> None:
    plain = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M1 1L9 9"/></svg>'
    dressed = plain.replace(
        "<path ",
        '<script>alert(1)</script><image href="file:///x"/><path fill="red" stroke="blue" ',
    )
    first, second = (draw_control_map(drawing_of(), svg, 128, 128) for svg in (plain, dressed))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize(
    "svg",
    [
        "not xml",
        "<svg/>",
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 10"><path d="M1 1L9 9"/></svg>',
    ],
    ids=["no xml", "no viewBox", "no shapes", "no size"],
)
def test_what_is_not_an_outline_is_refused(svg: str) -> None:
    with pytest.raises(OutlineError):
        draw_control_map(drawing_of(), svg, 64, 64)

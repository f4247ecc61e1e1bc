"""Outlines: contours of masks, and SVG files that control maps are drawn from."""

import numpy as np
import pytest

from brandstudio.domain.layout import ControlDrawing
from brandstudio.domain.values import Box
from brandstudio.imaging.control import draw_control_map
from house_model.sets.outlines import contours, outline_svg, part_map
from house_model.sets.renderer import RendererError, engine


def area(ring: np.ndarray) -> float:
    x, y = ring.T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def test_a_rectangle_has_four_corners() -> None:
    mask = np.zeros((60, 80), bool)
    mask[10:40, 20:70] = True
    (ring,) = contours(mask)
    assert sorted(ring.tolist()) == [[20, 10], [20, 40], [70, 10], [70, 40]]


def test_a_hole_has_a_line_of_its_own() -> None:
    y, x = np.mgrid[:100, :100]
    distance = np.hypot(x - 50, y - 50)
    rings = list(contours((distance < 40) & (distance > 20)))
    assert sorted(area(ring) for ring in rings) == pytest.approx(
        [np.pi * 400, np.pi * 1600], rel=0.06
    )


def test_specks_have_no_line() -> None:
    mask = np.zeros((30, 30), bool)
    mask[4:6, 4:6] = True
    assert list(contours(mask)) == []


def test_a_projected_outline_serves_control_maps() -> None:
    try:
        engine()
    except RendererError as error:
        pytest.skip(f"cannot render: {error}")
    parts = part_map("jar")
    drawing = ControlDrawing(
        outline="jar",
        outline_sha256="0" * 64,
        product=Box(left=0.2, top=0.2, width=0.6, height=0.6),
    )
    lines = np.asarray(draw_control_map(drawing, outline_svg(parts), 128, 128).convert("L")) > 127
    rows, columns = np.nonzero(lines)
    assert rows.max() / 128 == pytest.approx(0.8, abs=0.02)
    seen_rows, seen_columns = np.nonzero(parts)
    aspect = np.ptp(seen_columns) / np.ptp(seen_rows)
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(aspect, rel=0.04)

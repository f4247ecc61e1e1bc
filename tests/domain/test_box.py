"""Boxes: on a canvas of pixels they stay inside, and they overlap only where they share area."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandstudio.domain.values import Box

FRACTION = st.floats(0, 1)
EXTENT = st.floats(0.01, 1)
BOXES = st.builds(Box, left=FRACTION, top=FRACTION, width=EXTENT, height=EXTENT)
SIDE = st.integers(1, 4096)


def box(left: float, top: float, width: float, height: float) -> Box:
    return Box(left=left, top=top, width=width, height=height)


@pytest.mark.parametrize(
    ("own", "pixels"),
    [
        pytest.param(box(0.25, 0.5, 0.5, 0.25), (50, 50, 150, 75), id="inside"),
        pytest.param(box(0.5, 0.5, 1, 1), (100, 50, 200, 100), id="cut off at the edges"),
    ],
)
def test_a_box_in_pixels_of_a_canvas_of_200_by_100(own, pixels):
    assert own.pixels(200, 100) == pixels


@given(BOXES, SIDE, SIDE)
def test_no_box_reaches_outside_its_canvas(own, width_px, height_px):
    left, top, right, bottom = own.pixels(width_px, height_px)
    assert 0 <= left <= right <= width_px
    assert 0 <= top <= bottom <= height_px


@given(BOXES, BOXES)
def test_overlapping_is_mutual_and_every_box_overlaps_itself(one, other):
    assert one.overlaps(other) == other.overlaps(one)
    assert one.overlaps(one)


@pytest.mark.parametrize(
    ("other", "is_shared"),
    [
        pytest.param(box(0.5, 0, 0.5, 1), False, id="side by side"),
        pytest.param(box(0, 0.5, 0.5, 0.5), False, id="above one another"),
        pytest.param(box(0.4, 0.4, 0.5, 0.5), True, id="corner within"),
        pytest.param(box(0.4, 0.6, 0.5, 0.4), False, id="same columns, other rows"),
        pytest.param(box(0.6, 0.4, 0.4, 0.5), False, id="same rows, other columns"),
    ],
)
def test_boxes_that_only_touch_do_not_overlap(other, is_shared):
    own = box(0, 0, 0.5, 0.5)
    assert own.overlaps(other) == other.overlaps(own) == is_shared

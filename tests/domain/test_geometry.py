"""Laws of the geometry behind renditions: windows, splits, type scales and arrangements."""

from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from brandstudio.domain.arrangement import (
    EstimatedMetrics,
    Extent,
    Overlay,
    Rect,
    TypeScale,
    arrange,
    type_scale,
)
from brandstudio.domain.framing import (
    centre,
    largest_window,
    placed,
    project,
    safe_rect,
    splits,
    windows,
    with_air,
)
from brandstudio.domain.placement import SafeZone
from brandstudio.domain.values import Box
from tests.domain.test_pack import placement

SIDE = st.integers(60, 2000)
ASPECT = st.floats(0.2, 5)
RECTS = st.builds(
    lambda left, top, width, height: Rect(left, top, left + width, top + height),
    *(st.integers(0, 50),) * 2,
    *(st.integers(0, 50),) * 2,
)
METRICS = EstimatedMetrics()
WHOLE = Box(left=0, top=0, width=1, height=1)


@st.composite
def boxes(draw):
    """Boxes inside the image."""
    left, top = draw(st.floats(0, 0.9)), draw(st.floats(0, 0.9))
    return Box(
        left=left,
        top=top,
        width=draw(st.floats(0.05, 1 - left)),
        height=draw(st.floats(0.05, 1 - top)),
    )


@given(RECTS, RECTS)
def test_the_part_within_another_is_mutual_and_never_larger(one, other):
    part = one.within(other)
    assert part == other.within(one)
    assert part.area <= min(one.area, other.area)
    assert one.within(one) == one


def test_a_rectangle_in_numbers():
    own = Rect(10, 20, 50, 80)
    assert (own.width, own.height, own.area) == (40, 60, 2400)
    assert own.inset(5) == Rect(15, 25, 45, 75)
    assert Rect(5, 5, 4, 9).area == Rect(5, 5, 9, 4).area == 0


def test_the_safe_part_of_a_canvas_is_what_its_margins_leave():
    zone = SafeZone(top_px=10, right_px=20, bottom_px=30, left_px=40)
    assert safe_rect(placement(300, 200, safe_zone=zone)) == Rect(40, 10, 280, 170)


@given(boxes(), SIDE, SIDE)
def test_a_crop_fills_the_image_it_is_drawn_into(crop, width_px, height_px):
    image = Rect(7, 9, 7 + width_px, 9 + height_px)
    assert project(crop, crop, image) == image


def test_a_box_of_the_source_in_pixels_of_the_canvas():
    box = Box(left=0.5, top=0.25, width=0.25, height=0.5)
    crop = Box(left=0.25, top=0, width=0.5, height=1)
    assert project(box, crop, Rect(100, 200, 300, 600)) == Rect(200, 300, 300, 500)
    assert centre(box) == 0.625


@given(ASPECT, ASPECT)
def test_the_largest_window_has_the_aspect_and_reaches_two_edges(aspect, image_aspect):
    width, height = largest_window(aspect, image_aspect)
    assert max(width, height) == 1
    assert width * image_aspect / height == pytest.approx(aspect)


@given(boxes(), st.floats(0.05, 1), st.floats(0.05, 1))
def test_every_window_holds_what_is_needed_and_stays_in_the_image(needed, width, height):
    found = list(windows(needed, (width, height)))
    assert bool(found) == (needed.width <= width and needed.height <= height)
    for window in found:
        assert (window.width, window.height) == (width, height)
        assert window.left <= needed.left + 1e-9
        assert window.top <= needed.top + 1e-9
        assert window.right >= needed.right - 1e-9
        assert window.bottom >= needed.bottom - 1e-9
        assert max(window.right, window.bottom) <= 1 + 1e-9


def test_windows_slide_from_one_end_to_the_other():
    needed = Box(left=0.4, top=0.5, width=0.2, height=0.2)
    found = list(windows(needed, (0.5, 0.5)))
    assert len(found) == 25
    assert (found[0].left, found[0].top) == pytest.approx((0.1, 0.2))
    assert (found[-1].left, found[-1].top) == pytest.approx((0.4, 0.5))
    middle = placed(needed, 0.5, 0.5, 0.5, 0.5)
    assert (middle.left, middle.top) == pytest.approx((0.25, 0.35))


@given(boxes())
def test_air_goes_around_the_box_as_far_as_the_image_reaches(box):
    air = with_air(box)
    assert air.left == pytest.approx(max(0, box.left - 0.025))
    assert air.top == pytest.approx(max(0, box.top - 0.025))
    assert air.right == pytest.approx(min(1, box.right + 0.025))
    assert air.bottom == pytest.approx(min(1, box.bottom + 0.025))


@given(SIDE, SIDE, st.booleans())
def test_picture_and_panel_part_the_canvas_without_rest(width_px, height_px, image_first):
    for image, panel in splits(placement(width_px, height_px), image_first=image_first):
        assert image.area + panel.area == width_px * height_px
        assert image.within(panel).area == 0
        assert 0.07 <= image.area / (width_px * height_px) <= 0.63


def test_the_preferred_side_comes_first():
    wide = placement(1200, 628)
    [left_first, *_] = splits(wide, image_first=True)
    [right_first, *_] = splits(wide, image_first=False)
    assert left_first[0].left == right_first[1].left == 0
    assert {image.height for image, _ in splits(wide, image_first=True)} == {628}
    assert {image.width for image, _ in splits(placement(160, 600), image_first=True)} == {160}


@pytest.mark.parametrize(
    ("width_px", "height_px", "scale"),
    [
        pytest.param(1000, 1000, TypeScale(60, 34, 130.0, 70, 36, 52, 100), id="a square"),
        pytest.param(2000, 500, TypeScale(30, 34, 130.0, 70, 36, 52, 100), id="as large, long"),
        pytest.param(100, 100, TypeScale(6, 4, 30.0, 24, 12, 13, 14), id="the least of each"),
    ],
)
def test_sizes_grow_with_the_canvas(width_px, height_px, scale):
    assert type_scale(width_px, height_px) == scale


@pytest.mark.parametrize(
    ("headline", "subline", "extent"),
    [
        pytest.param("", "", Extent(0, 0), id="no text"),
        pytest.param("abcdefgh", "", Extent(115, 1), id="one line"),
        pytest.param("abcd efgh abcd", "", Extent(230, 2), id="two lines"),
        pytest.param("abcdefgh", "abcd", Extent(172, 1), id="a subline of half the size"),
        pytest.param("abcdefghijklm", "", None, id="a word too wide"),
    ],
)
def test_the_room_that_type_takes_by_rule_of_thumb(headline, subline, extent):
    assert METRICS.text_extent(headline, subline, 600, 100) == extent


def test_a_button_grows_with_its_label_and_its_height():
    assert METRICS.cta_width("", 100) == 100
    assert METRICS.cta_width("abcde", 100) == 220


OVERLAYS = st.builds(
    Overlay,
    headline=st.sampled_from(["", "Go", "First light, first cup"]),
    subline=st.sampled_from(["", "Roasted slowly"]),
    cta=st.sampled_from(["", "Find your roast"]),
)


@given(SIDE, SIDE, OVERLAYS, st.sampled_from(["left", "center"]), st.booleans())
def test_an_arrangement_stays_in_its_zone_and_keeps_its_parts_apart(
    width_px, height_px, overlay, align, is_strip
):
    zone, scale = Rect(30, 40, 30 + width_px, 40 + height_px), type_scale(width_px, height_px)
    arranged = arrange(zone, overlay, scale, METRICS, align, is_strip=is_strip)
    assume(arranged is not None)
    parts = [part for part in (arranged.logo, arranged.text, arranged.cta) if part]
    assert all(part.within(zone) == part and part.area for part in parts)
    assert not [pair for pair in combinations(parts, 2) if pair[0].within(pair[1]).area]
    assert (arranged.text is None) == (not overlay.headline and not overlay.subline)
    assert (arranged.cta is None) == (not overlay.cta)
    assert bool(arranged.headline_px) == (arranged.text is not None)


@given(SIDE, SIDE, OVERLAYS)
def test_a_zone_that_holds_long_texts_holds_none_of_them_too(width_px, height_px, overlay):
    zone, scale = Rect(0, 0, width_px, height_px), type_scale(width_px, height_px)
    assume(arrange(zone, overlay, scale, METRICS, "left") is not None)
    assert arrange(zone, Overlay(), scale, METRICS, "left") is not None


@pytest.mark.parametrize(
    ("zone", "is_arranged"),
    [
        pytest.param(Rect(0, 0, 200, 200), True, id="room"),
        pytest.param(Rect(0, 0, 23, 200), False, id="too narrow"),
        pytest.param(Rect(0, 0, 200, 15), False, id="too low"),
    ],
)
def test_a_zone_too_small_for_a_logo_holds_nothing(zone, is_arranged):
    scale = type_scale(300, 250)
    assert (arrange(zone, Overlay(), scale, METRICS, "left") is not None) == is_arranged


@pytest.mark.parametrize(("align", "left"), [("left", 0), ("center", 97)])
def test_the_logo_stands_at_the_left_or_in_the_middle_of_the_top(align, left):
    arranged = arrange(Rect(0, 0, 420, 420), Overlay(), type_scale(1000, 1000), METRICS, align)
    assert arranged.logo == Rect(left, 0, left + 225, 75)

"""Which renditions a pack holds: what must hold for every picture, every text and every canvas."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from brandstudio.domain.arrangement import EstimatedMetrics, Overlay, Rect
from brandstudio.domain.framing import project, safe_rect, with_air
from brandstudio.domain.pack import (
    RenditionPlan,
    RenditionProblem,
    SourceImage,
    overlay_of,
    plan_pack,
    plan_rendition,
    require_few,
)
from brandstudio.domain.placement import Placement, SafeZone
from brandstudio.domain.values import Box
from brandstudio.errors import PackError

METRICS = EstimatedMetrics()
OVERLAY = Overlay(
    "First light, first cup", "Roasted slowly for mornings outdoors", "Find your roast"
)
SOURCE = SourceImage(
    variant_id=1,
    arm="baseline",
    seed=7,
    width_px=256,
    height_px=256,
    product=Box(left=0.13, top=0.24, width=0.36, height=0.54),
    copy_space=Box(left=0.54, top=0.12, width=0.41, height=0.46),
    overlay=OVERLAY,
    max_upscale=4.0,
)
SIZES = {
    "square": (1080, 1080),
    "portrait": (1080, 1350),
    "story": (1080, 1920),
    "link": (1200, 628),
    "leaderboard": (728, 90),
    "skyscraper": (160, 600),
    "rectangle": (300, 250),
    "mobile": (320, 50),
    "billboard": (970, 250),
    "pin": (1000, 1500),
}


def placement(width_px: int, height_px: int, **changes: Any) -> Placement:
    facts = {
        "slug": f"test-{width_px}x{height_px}",
        "channel": "Test",
        "title": "Placement",
        "width_px": width_px,
        "height_px": height_px,
        "max_bytes": 1_000_000,
        "grade": "A",
        "source": "test",
        "checked_on": date(2026, 11, 20),
    }
    return Placement.model_validate(facts | changes)


@st.composite
def sources(draw: Callable[..., Any]) -> SourceImage:
    """Pictures of the four aspects, the product anywhere, copy space beside or above it."""
    width_px, height_px = draw(st.sampled_from([(256, 256), (832, 1040), (576, 1024), (1024, 576)]))
    left = draw(st.floats(0.05, 0.6))
    top = draw(st.floats(0.3, 0.5))
    product = Box(
        left=left,
        top=top,
        width=draw(st.floats(0.1, 0.95 - left)),
        height=draw(st.floats(0.1, 0.95 - top)),
    )
    above = Box(left=0.05, top=0.04, width=0.9, height=top - 0.06)
    beside = Box(left=product.right, top=0.1, width=1 - product.right, height=0.5)
    return replace(
        SOURCE,
        width_px=width_px,
        height_px=height_px,
        product=product,
        copy_space=draw(st.sampled_from([above, beside])),
        overlay=Overlay(
            draw(st.text("abc ", max_size=40)).strip(),
            draw(st.sampled_from(["", "One quiet line below"])),
            draw(st.sampled_from(["", "Shop now"])),
        ),
    )


@st.composite
def placements(draw: Callable[..., Any]) -> Placement:
    """The well-known sizes, and any other, with and without a safe zone."""
    known = st.sampled_from(list(SIZES.values()))
    width_px, height_px = draw(known | st.tuples(st.integers(60, 2000), st.integers(50, 2000)))
    zone = SafeZone(
        top_px=draw(st.integers(0, height_px // 3)),
        bottom_px=draw(st.integers(0, height_px // 3)),
        left_px=draw(st.integers(0, width_px // 5)),
        right_px=draw(st.integers(0, width_px // 5)),
    )
    return placement(width_px, height_px, safe_zone=zone)


def planned(source: SourceImage, where: Placement) -> RenditionPlan:
    plan = plan_rendition(source, where, METRICS)
    assert isinstance(plan, RenditionPlan)
    return plan


def any_plan(source: SourceImage, where: Placement) -> RenditionPlan:
    """The plan, if there is one: what has no room is another test's matter."""
    assume(isinstance(plan_rendition(source, where, METRICS), RenditionPlan))
    return planned(source, where)


def areas(plan: RenditionPlan) -> list[Rect]:
    return [rect for rect in (plan.logo, plan.text, plan.cta) if rect]


@given(sources(), placements())
@settings(max_examples=150)
def test_the_product_is_never_cut(source: SourceImage, where: Placement):
    plan = any_plan(source, where)
    needed = with_air(source.product)
    assert plan.crop.left <= needed.left + 1e-9
    assert plan.crop.top <= needed.top + 1e-9
    assert plan.crop.right >= needed.right - 1e-9
    assert plan.crop.bottom >= needed.bottom - 1e-9


@given(sources(), placements())
@settings(max_examples=150)
def test_logo_and_texts_stay_inside_canvas_and_safe_zone(source: SourceImage, where: Placement):
    plan = any_plan(source, where)
    safe = safe_rect(where)
    assert all(rect.area > 0 and rect.within(safe) == rect for rect in areas(plan))


@given(sources(), placements())
@settings(max_examples=150)
def test_nothing_lies_on_anything_else(source: SourceImage, where: Placement):
    plan = any_plan(source, where)
    pairs = combinations([*areas(plan), plan.product], 2)
    assert not [pair for pair in pairs if pair[0].within(pair[1]).area]


@given(sources(), placements())
@settings(max_examples=150)
def test_the_crop_has_exactly_the_aspect_it_is_drawn_at(source: SourceImage, where: Placement):
    plan = any_plan(source, where)
    cropped = plan.crop.width * source.width_px / (plan.crop.height * source.height_px)
    assert cropped == pytest.approx(plan.image.width / plan.image.height, rel=1e-9)


@given(sources(), placements())
@settings(max_examples=150)
def test_picture_and_panel_fill_the_canvas(source: SourceImage, where: Placement):
    plan = any_plan(source, where)
    panel = plan.panel.area if plan.panel else 0
    assert plan.image.area + panel == where.width_px * where.height_px
    assert (plan.mode == "panel") == (plan.panel is not None)


@given(sources(), placements())
@settings(max_examples=80)
def test_every_text_is_set_or_reported(source: SourceImage, where: Placement):
    plan = any_plan(source, where)
    asked, given_ = source.overlay, plan.overlay
    left_out = [
        title
        for title, text, kept in (
            ("subline", asked.subline, given_.subline),
            ("headline", asked.headline, given_.headline),
            ("call to action", asked.cta, given_.cta),
        )
        if text and not kept
    ]
    assert sorted(note.split(" is left out")[0] for note in plan.notes) == sorted(
        f"The {title}" for title in left_out
    )


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_usual_picture_can_be_made_for_every_usual_size(size: tuple[int, int]):
    assert isinstance(plan_rendition(SOURCE, placement(*size), METRICS), RenditionPlan)


@pytest.mark.parametrize("size", ["leaderboard", "skyscraper", "billboard", "mobile"])
def test_a_canvas_too_long_for_the_picture_gets_a_panel(size: str):
    plan = planned(SOURCE, placement(*SIZES[size]))
    assert plan.mode == "panel"


def test_a_square_canvas_shows_the_whole_square_picture():
    plan = planned(SOURCE, placement(1080, 1080))
    assert (plan.mode, plan.crop) == ("full-bleed", Box(left=0, top=0, width=1, height=1))


def test_the_texts_of_a_whole_picture_lie_in_its_copy_space():
    plan = planned(SOURCE, placement(1080, 1080))
    space = project(SOURCE.copy_space, plan.crop, plan.image)
    assert all(rect.within(space) == rect for rect in areas(plan))


def test_an_enlargement_beyond_the_limit_is_marked_and_not_refused():
    plan = planned(SOURCE, placement(2160, 2160))
    assert plan.upscale_factor == pytest.approx(8.44)
    assert plan.upscale_note is not None
    assert "8.4 times" in plan.upscale_note


def test_an_enlargement_within_the_limit_has_no_note():
    assert planned(SOURCE, placement(600, 600)).upscale_note is None


def test_a_tiny_banner_leaves_out_the_subline_and_says_so():
    plan = planned(SOURCE, placement(320, 50))
    assert plan.overlay.subline == ""
    assert plan.notes[0] == "The subline is left out: 320 \u00d7 50 has no room for it"


def test_a_banner_too_small_for_a_headline_keeps_logo_and_call_to_action():
    long = replace(SOURCE, overlay=OVERLAY.but(headline="Donaudampfschifffahrtsgesellschaft"))
    plan = planned(long, placement(320, 50))
    assert plan.overlay == Overlay(cta="Find your roast")
    assert plan.text is None


def test_what_cannot_be_composed_is_a_problem_that_names_the_size():
    huge = replace(
        SOURCE,
        product=Box(left=0.02, top=0.02, width=0.96, height=0.96),
        copy_space=Box(left=0, top=0, width=1, height=0.02),
    )
    problem = plan_rendition(huge, placement(100, 100), METRICS)
    assert isinstance(problem, RenditionProblem)
    assert "100 \u00d7 100" in problem.reason


def test_a_pack_crosses_every_image_with_every_placement():
    other = replace(SOURCE, variant_id=2)
    plan = plan_pack([SOURCE, other], [placement(600, 600), placement(300, 250)], METRICS)
    made = [(rendition.variant_id, rendition.placement.slug) for rendition in plan.renditions]
    assert made == [
        (1, "test-600x600"),
        (1, "test-300x250"),
        (2, "test-600x600"),
        (2, "test-300x250"),
    ]


def test_an_answer_that_is_neither_headline_nor_button_shares_the_subline():
    answers = {"headline": "Sale", "offer": "20 % off", "subline": "Until Sunday", "cta": "Shop"}
    assert overlay_of(answers) == Overlay("Sale", "20 % off · Until Sunday", "Shop")


def test_a_pack_holds_as_many_pictures_as_can_be_made_in_minutes_and_no_more():
    require_few(500, 1)
    require_few(24, 40)
    with pytest.raises(PackError, match="would hold 1,002 files; at most 1,000 fit") as refused:
        require_few(501, 1)
    assert "Build two packs" in refused.value.hint

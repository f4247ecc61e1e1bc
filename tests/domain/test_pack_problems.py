"""The sentences about what a pack cannot hold."""

from dataclasses import replace

import pytest

from brandstudio.domain.arrangement import Overlay
from brandstudio.domain.pack import RenditionProblem, plan_pack, require_few
from brandstudio.domain.values import Box
from brandstudio.errors import PackError
from tests.domain.test_pack import METRICS, SOURCE, placement

FILLED = replace(
    SOURCE,
    product=Box(left=0.02, top=0.02, width=0.96, height=0.96),
    copy_space=Box(left=0, top=0, width=1, height=0.02),
)


@pytest.mark.parametrize(
    ("overlay", "named"),
    [
        pytest.param(Overlay(), "logo", id="no text"),
        pytest.param(Overlay("Go"), "logo and headline", id="a headline"),
        pytest.param(Overlay("", "", "Buy"), "logo and call to action", id="a button"),
        pytest.param(Overlay("Go", "Now"), "logo, headline, subline", id="two texts"),
        pytest.param(
            Overlay("Go", "Now", "Buy"),
            "logo, headline, subline, call to action",
            id="all texts",
        ),
    ],
)
def test_a_picture_without_room_is_a_problem_that_names_what_was_to_be_set(overlay, named):
    square = placement(100, 100)
    plan = plan_pack([replace(FILLED, overlay=overlay)], [square], METRICS)
    assert (plan.renditions, plan.problems) == (
        (),
        (
            RenditionProblem(
                "test-100x100",
                1,
                "At 100 \u00d7 100 there is no room for the whole product with "
                f"{named} at a legible size; use shorter texts or another layout",
            ),
        ),
    )


def test_what_can_be_made_and_what_cannot_are_listed_apart():
    plan = plan_pack([SOURCE, FILLED], [placement(600, 600)], METRICS)
    assert len(plan.renditions) == len(plan.problems) == 1


def test_the_hint_for_too_large_a_pack_offers_two_ways_out():
    with pytest.raises(PackError) as refused:
        require_few(501, 1)
    assert refused.value.hint == ("Build two packs: choose fewer variants, or fewer placements.")

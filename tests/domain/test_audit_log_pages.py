"""The audit log: where a page begins, and what a search is refused for."""

from datetime import UTC, datetime, timedelta

import pytest

from brandstudio.domain.audit_log.entries import MAX_SOUGHT, Place, Sought
from brandstudio.errors import BriefError, Problem

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "written"),
    [(Place(12, 7), "12.7"), (Place(12), "12.0"), (Place(None, 7), "0.7")],
    ids=["both", "activity alone", "decisions alone"],
)
def test_a_place_is_written_as_two_numbers(place, written):
    assert str(place) == written


def test_a_place_that_no_page_gave_is_a_problem_of_its_field():
    with pytest.raises(BriefError) as refused:
        Place.read("12")
    assert refused.value.problems == (Problem("before", "is not the 'next_before' of a page"),)


@pytest.mark.parametrize(
    ("sought", "problem"),
    [
        pytest.param(
            {"since": NOON, "until": NOON},
            Problem("until", "must be later than the beginning"),
            id="no time between",
        ),
        pytest.param(
            {"since": NOON, "until": NOON - timedelta(days=1)},
            Problem("until", "must be later than the beginning"),
            id="the end first",
        ),
        pytest.param(
            {"text": "x" * (MAX_SOUGHT + 1)},
            Problem("text", "use at most 100 characters"),
            id="too long a text",
        ),
    ],
)
def test_a_search_that_finds_nothing_is_a_problem_of_its_field(sought, problem):
    with pytest.raises(BriefError) as refused:
        Sought(**sought)
    assert refused.value.problems == (problem,)


@pytest.mark.parametrize(
    "sought",
    [{"since": NOON}, {"until": NOON}, {"text": "x" * MAX_SOUGHT}],
    ids=["a beginning alone", "an end alone", "as long a text as fits"],
)
def test_a_search_may_name_any_one_of_them(sought):
    assert {name: getattr(Sought(**sought), name) for name in sought} == sought

"""Review: which decision answers a request, what a refusal reads like, and a variant's history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandstudio.domain.people import Person
from brandstudio.domain.review import (
    OUTCOME,
    Ask,
    Decision,
    ReviewStatus,
    Verdict,
    ago,
    closed,
    next_status,
    replay,
)
from brandstudio.errors import CommentNeededError, ReviewClosedError

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RITA = Person(id=3, name="rita")
ASK = Ask(7, Verdict.APPROVE, RITA, "Good", "click-1", expected_version=2)
DECISION = Decision(
    id=40,
    variant_id=7,
    verdict=Verdict.APPROVE,
    reviewer="rita",
    comment="Good",
    sha256="a" * 64,
    decided_at=NOON,
    reviewer_id=3,
    request_id="click-1",
    expected_version=2,
)


def test_a_decision_answers_the_request_it_was_made_for():
    assert ASK.was_answered_by(DECISION)


@pytest.mark.parametrize(
    "other",
    [
        {"request_id": "click-2"},
        {"variant_id": 8},
        {"verdict": Verdict.REJECT},
        {"reviewer_id": 4},
        {"comment": "Bad"},
        {"expected_version": 3},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_decision_that_differs_in_anything_is_no_answer(other):
    assert not ASK.was_answered_by(replace(DECISION, **other))


@pytest.mark.parametrize(("comment", "is_answered"), [("Good", True), ("Bad", False)])
def test_a_request_that_names_no_version_is_answered_at_any(comment, is_answered):
    assert replace(ASK, expected_version=None, comment=comment).was_answered_by(DECISION) == (
        is_answered
    )


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict.REJECT, "A reason is needed to reject variant 7"),
        (Verdict.REQUEST_CHANGES, "A reason is needed to request changes to variant 7"),
    ],
    ids=["reject", "request changes"],
)
def test_the_refusal_of_a_verdict_without_a_reason_names_the_verdict(verdict, sentence):
    with pytest.raises(CommentNeededError) as refused:
        next_status(7, ReviewStatus.PENDING, verdict, " ")
    assert str(refused.value) == sentence


def test_a_verdict_that_is_not_possible_names_the_variant_and_its_status():
    with pytest.raises(ReviewClosedError) as refused:
        next_status(7, ReviewStatus.NEW, Verdict.APPROVE, "")
    assert str(refused.value) == str(ReviewClosedError(7, ReviewStatus.NEW))


def test_a_verdict_that_came_too_late_reads_who_was_first_with_what_and_when():
    refused = closed(7, ReviewStatus.APPROVED, DECISION, NOON + timedelta(seconds=12))
    assert str(refused) == "rita approved this 12 s ago"
    plainly = ReviewClosedError(7, ReviewStatus.APPROVED)
    assert vars(refused) == vars(plainly)


def test_without_an_earlier_decision_the_refusal_names_the_variant_and_its_status():
    refused = closed(7, ReviewStatus.NEW, None, NOON)
    assert str(refused) == str(ReviewClosedError(7, ReviewStatus.NEW))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.9, "just now"),
        (1, "1 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3_599, "59 min ago"),
        (3_600, "1 h ago"),
        (172_799, "47 h ago"),
        (172_800, "2 days ago"),
    ],
)
def test_how_long_ago_in_the_largest_unit_that_fits(seconds, words):
    assert ago(NOON + timedelta(seconds=seconds), NOON) == words


@given(st.lists(st.sampled_from(Verdict), max_size=6))
def test_a_history_is_replayed_step_by_step_or_refused_at_the_first_that_was_not_possible(verdicts):
    status = ReviewStatus.NEW
    for verdict in verdicts:
        if (status, verdict) not in OUTCOME:
            with pytest.raises(ReviewClosedError):
                replay(verdicts)
            return
        status = OUTCOME[status, verdict]
    assert replay(verdicts) == (status, len(verdicts))

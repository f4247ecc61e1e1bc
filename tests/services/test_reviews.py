import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from brandstudio.domain.review import ReviewStatus, Verdict
from brandstudio.errors import (
    BriefError,
    CommentNeededError,
    ForbiddenError,
    NotFoundError,
    ReviewClosedError,
)
from brandstudio.services import reviews, runs
from brandstudio.services.work.worker import carry_out
from tests.conftest import NOON


def review_of(studio, people, variant):
    found = runs.variants(studio, variant.run_id, person=people.rita)
    return next(v.review for v in found if v.id == variant.id)


def test_a_decision_names_who_when_and_the_exact_bytes(studio, people, pending):
    decision = reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    assert (decision.reviewer, decision.decided_at, decision.sha256) == (
        "rita",
        NOON,
        pending[0].sha256,
    )
    assert review_of(studio, people, pending[0]) is ReviewStatus.APPROVED


def test_a_second_verdict_is_refused_and_leaves_no_trace(studio, people, pending):
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    with pytest.raises(ReviewClosedError, match="rita approved this just now"):
        reviews.decide(studio, pending[0].id, Verdict.REJECT, person=people.ada, comment="dull")
    history = reviews.history(studio, pending[0].id, person=people.rita)
    assert [d.verdict for d in history] == [Verdict.SUBMIT, Verdict.APPROVE]


def test_a_rejection_without_a_reason_is_refused(studio, people, pending):
    with pytest.raises(CommentNeededError):
        reviews.decide(studio, pending[0].id, Verdict.REJECT, person=people.rita)
    assert review_of(studio, people, pending[0]) is ReviewStatus.PENDING


def test_a_decision_can_be_taken_back_and_both_stay_on_record(studio, people, pending):
    variant_id = pending[0].id
    reviews.decide(studio, variant_id, Verdict.REJECT, person=people.rita, comment="too dark")
    reviews.decide(studio, variant_id, Verdict.REOPEN, person=people.rita)
    assert review_of(studio, people, pending[0]) is ReviewStatus.PENDING
    history = reviews.history(studio, variant_id, person=people.carla)
    assert [d.verdict for d in history] == [Verdict.SUBMIT, Verdict.REJECT, Verdict.REOPEN]


def test_a_creator_may_not_decide(studio, people, pending):
    with pytest.raises(ForbiddenError, match="carla is a creator and may not decide"):
        reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.carla)


def test_even_an_administrator_may_not_decide_on_a_run_of_their_own(studio, people, worker, brief):
    run_id = runs.submit(studio, brief(), person=people.ada)
    carry_out(worker, run_id)
    variant = runs.variants(studio, run_id, person=people.ada)[0]
    reviews.decide(studio, variant.id, Verdict.SUBMIT, person=people.ada)
    with pytest.raises(ForbiddenError, match="Someone else must decide"):
        reviews.decide(studio, variant.id, Verdict.APPROVE, person=people.ada)


def test_only_who_made_a_run_submits_its_variants(studio, people, drawn_run):
    variant = runs.variants(studio, drawn_run, person=people.carla)[0]
    with pytest.raises(ForbiddenError):
        reviews.decide(studio, variant.id, Verdict.SUBMIT, person=people.rita)


def test_a_variant_that_is_not_drawn_cannot_be_decided_on(studio, people, brief):
    run_id = runs.submit(studio, brief(), person=people.carla)
    variant = runs.variants(studio, run_id, person=people.carla)[0]
    with pytest.raises(NotFoundError, match="drawn variant"):
        reviews.decide(studio, variant.id, Verdict.SUBMIT, person=people.carla)


def test_the_queue_holds_what_waits_best_rank_first(studio, people, pending):
    assert [v.rank for v in reviews.queue(studio, person=people.rita)] == [1, 2, 3, 4]
    assert reviews.waiting(studio, person=people.rita) == 4
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    assert reviews.waiting(studio, person=people.rita) == 3
    assert reviews.queue(studio, person=people.rita, brand="solenne") == ()


def test_a_comment_of_any_length_is_kept_up_to_the_limit_and_refused_above(studio, people, pending):
    kept = "Too <b>dark</b> {{x}}\n" + "x" * 900
    decision = reviews.decide(
        studio, pending[0].id, Verdict.REJECT, person=people.rita, comment=kept
    )
    assert decision.comment == kept
    with pytest.raises(BriefError, match="at most 1000 fit"):
        reviews.decide(
            studio, pending[1].id, Verdict.REJECT, person=people.rita, comment="x" * 1001
        )


@pytest.mark.parametrize(
    "statement",
    ["UPDATE decisions SET comment = 'x'", "DELETE FROM decisions", "TRUNCATE decisions"],
)
@pytest.mark.usefixtures("pending")
def test_the_database_itself_keeps_decisions_append_only(studio, statement):
    if statement.startswith("TRUNCATE") and studio.database.engine.dialect.name == "sqlite":
        return  # SQLite has no such statement
    with (
        pytest.raises(DatabaseError, match="append-only"),
        studio.database.engine.begin() as connection,
    ):
        connection.execute(text(statement))

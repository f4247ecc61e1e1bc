"""Who is next, who has to wait, and who is told to come back later."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from brandstudio.domain.run import RunStatus
from brandstudio.errors import (
    ForbiddenError,
    KeyReusedError,
    QueueFullError,
    QuotaError,
    RunStateError,
)
from brandstudio.services import runs
from brandstudio.services.work.worker import perform, take
from brandstudio.storage.tables.runs import RunRow
from tests.conftest import NOON
from tests.fakes import LeaseClock
from tests.services.tasks import take_task


@pytest.fixture
def hands(worker):
    """Workers of other names, as many as are asked for; each keeps what it takes."""
    clock = LeaseClock()
    return lambda name: replace(worker, name=f"{name}:1", clock=clock)


def allowing(studio, **limits):
    return replace(studio, settings=studio.settings.model_copy(update=limits))


def test_five_hundred_runs_of_one_person_do_not_hold_up_the_first_image_of_another(
    studio, people, brief, hands
):
    first = [runs.submit(studio, brief(), person=people.carla) for _ in range(8)]
    lone = runs.submit(studio, brief(), person=people.rita)
    assert take_task(hands("a")).run_id == first[0]
    assert take_task(hands("b")).run_id == lone


def test_who_was_served_lately_lets_the_others_go_first(studio, people, brief, worker, hands):
    runs.submit(studio, brief(), person=people.carla)
    perform(worker, take_task(worker))
    perform(worker, take_task(worker))
    runs.submit(studio, brief(), person=people.carla)
    other = runs.submit(studio, brief(), person=people.rita)
    assert take_task(hands("a")).run_id == other
    much_later = replace(studio, now=lambda: NOON + timedelta(minutes=11))
    assert take_task(replace(hands("b"), studio=much_later)).run_id < other


def test_of_one_person_drafts_go_before_finals_then_brands_take_turns_then_age(
    studio, people, brief, hands
):
    def submitted(quality):
        return runs.submit(studio, brief(quality=quality), person=people.carla)

    final, second, other_brand, draft = (submitted(q) for q in ("final",) * 3 + ("draft",))
    with studio.database.writing() as session:
        session.execute(update(RunRow).where(RunRow.id == other_brand).values(brand="solenne"))
    order = [take_task(hands(name)).run_id for name in "abcd"]
    # The draft is of the first brand, which is why the other brand comes before the older run.
    assert order == [draft, other_brand, final, second]


def test_a_full_queue_refuses_and_says_for_how_long(studio, people, brief):
    small = allowing(studio, queue_cap=7)
    runs.submit(small, brief(), person=people.carla)
    with pytest.raises(QueueFullError, match=r"4 images wait, about \d+ minutes?\)") as refused:
        runs.submit(small, brief(), person=people.rita)
    assert refused.value.hint == "Nothing was saved; try again later."
    assert len(runs.recent(small, person=people.carla)) == 1


def test_a_person_has_a_quota_a_day_and_is_told_when_it_begins_again(studio, people, brief):
    strict = allowing(studio, daily_quota=6)
    runs.submit(strict, brief(), person=people.carla)
    said = "You have used 4 of 6 images today and this brief needs 4 more. .*00:00 UTC"
    with pytest.raises(QuotaError, match=said):
        runs.submit(strict, brief(), person=people.carla)
    runs.submit(strict, brief(), person=people.rita)
    tomorrow = replace(strict, now=lambda: NOON + timedelta(hours=12))
    runs.submit(tomorrow, brief(), person=people.carla)


def test_what_was_cancelled_undrawn_does_not_count_and_administrators_have_no_quota(
    studio, people, brief
):
    strict = allowing(studio, daily_quota=4)
    cancelled = runs.submit(strict, brief(), person=people.carla)
    runs.cancel(strict, cancelled, person=people.carla)
    runs.submit(strict, brief(), person=people.carla)
    with pytest.raises(QuotaError):
        runs.submit(strict, brief(), person=people.carla)
    own = {runs.submit(strict, brief(), person=people.ada) for _ in range(2)}
    assert own < {run.id for run in runs.recent(strict, person=people.ada)}


def test_a_quota_of_nothing_is_no_quota(studio, people, brief):
    free = allowing(studio, daily_quota=0)
    made = {runs.submit(free, brief(), person=people.carla) for _ in range(2)}
    assert made == {run.id for run in runs.recent(free, person=people.carla)}


def test_the_same_key_with_another_form_is_refused(studio, people, brief):
    first = runs.submit(studio, brief(), person=people.carla, idempotency_key="form-1")
    with pytest.raises(KeyReusedError, match=f"already stands for run {first}"):
        runs.submit(studio, brief(seed=8), person=people.carla, idempotency_key="form-1")


def test_a_key_answers_even_when_the_queue_is_full_meanwhile(studio, people, brief):
    first = runs.submit(studio, brief(), person=people.carla, idempotency_key="form-1")
    full = allowing(studio, queue_cap=1, daily_quota=1)
    again = runs.submit(full, brief(), person=people.carla, idempotency_key="form-1")
    assert again == first


def test_a_paused_run_finishes_what_is_being_drawn_and_starts_no_more(
    studio, people, brief, worker
):
    run_id = runs.submit(studio, brief(seeds_per_arm=3), person=people.carla)
    task = take_task(worker)
    runs.pause(studio, run_id, person=people.carla)
    perform(worker, task)
    assert take(worker) is None
    run = runs.get(studio, run_id, person=people.carla)
    assert (run.paused, run.status, run.drawn_count) == (True, RunStatus.QUEUED, 4)
    assert run.queue_position == 0
    runs.resume(studio, run_id, person=people.ada)
    assert [v.index for v in take_task(worker).variants] == [4, 5]


def test_only_who_made_a_run_or_an_administrator_pauses_it(studio, people, brief):
    run_id = runs.submit(studio, brief(), person=people.carla)
    with pytest.raises(ForbiddenError, match="may pause this run"):
        runs.pause(studio, run_id, person=people.rita)
    runs.cancel(studio, run_id, person=people.carla)
    with pytest.raises(RunStateError, match="already been cancelled"):
        runs.pause(studio, run_id, person=people.ada)


def test_a_paused_run_can_be_cancelled(studio, people, brief):
    run_id = runs.submit(studio, brief(), person=people.carla)
    runs.pause(studio, run_id, person=people.carla)
    runs.cancel(studio, run_id, person=people.carla)
    assert runs.get(studio, run_id, person=people.carla).status is RunStatus.CANCELLED

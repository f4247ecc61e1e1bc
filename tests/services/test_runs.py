import pytest
from sqlalchemy import func, select

from brandstudio.domain.run import RunStatus
from brandstudio.errors import BriefError, ForbiddenError, NotFoundError, RunStateError
from brandstudio.services import runs
from brandstudio.storage.tables.runs import RunRow, VariantRow


def stored(studio, table):
    with studio.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_a_submitted_run_waits_with_all_its_variants(studio, people, brief):
    run = runs.get(studio, runs.submit(studio, brief(), person=people.carla), person=people.carla)
    assert (run.status, run.variant_count, run.drawn_count) == (RunStatus.QUEUED, 4, 0)
    assert (run.creator, run.brief.seed, run.queue_position) == ("carla", 7, 1)


def test_a_refused_brief_leaves_nothing_behind(studio, people, brief):
    with pytest.raises(BriefError):
        runs.submit(studio, brief(template="nope"), person=people.carla)
    assert stored(studio, RunRow) == stored(studio, VariantRow) == 0


def test_the_same_key_submits_once_and_another_person_may_use_it_too(studio, people, brief):
    first = runs.submit(studio, brief(), person=people.carla, idempotency_key="form-1")
    again = runs.submit(studio, brief(), person=people.carla, idempotency_key="form-1")
    other = runs.submit(studio, brief(), person=people.rita, idempotency_key="form-1")
    assert first == again != other
    assert stored(studio, RunRow) == 2


def test_a_preview_stores_nothing_and_plans_what_submit_would(studio, people, brief):
    plan = runs.preview(studio, brief(), person=people.carla)
    assert stored(studio, RunRow) == 0
    run_id = runs.submit(studio, brief(), person=people.carla)
    submitted = runs.variants(studio, run_id, person=people.carla)
    assert [v.fingerprint for v in submitted] == [v.params.fingerprint for v in plan.variants]


def test_a_run_without_a_seed_gets_one_drawn_and_stored(studio, people, brief):
    run_id = runs.submit(studio, brief(seed=None), person=people.carla)
    assert runs.get(studio, run_id, person=people.carla).brief.seed == 1


def test_a_waiting_run_is_cancelled_at_once(studio, people, brief):
    run_id = runs.submit(studio, brief(), person=people.carla)
    runs.cancel(studio, run_id, person=people.carla)
    run = runs.get(studio, run_id, person=people.carla)
    assert run.status is RunStatus.CANCELLED
    with pytest.raises(RunStateError, match="has already been cancelled"):
        runs.cancel(studio, run_id, person=people.carla)


def test_only_who_made_a_run_or_an_administrator_cancels_it(studio, people, brief):
    run_id = runs.submit(studio, brief(), person=people.carla)
    with pytest.raises(ForbiddenError):
        runs.cancel(studio, run_id, person=people.rita)
    runs.cancel(studio, run_id, person=people.ada)


def test_a_cancelled_run_can_be_started_again_and_a_finished_one_cannot(
    studio, people, brief, drawn_run
):
    run_id = runs.submit(studio, brief(), person=people.carla)
    runs.cancel(studio, run_id, person=people.carla)
    runs.retry(studio, run_id, person=people.carla)
    assert runs.get(studio, run_id, person=people.carla).status is RunStatus.QUEUED
    with pytest.raises(RunStateError, match="nothing to start again"):
        runs.retry(studio, drawn_run, person=people.carla)


def test_an_unknown_run_is_said_to_be_unknown(studio, people):
    with pytest.raises(NotFoundError, match="There is no run '77'"):
        runs.get(studio, 77, person=people.carla)


def test_the_list_shows_newest_first_and_can_be_narrowed(studio, people, brief):
    ids = [runs.submit(studio, brief(), person=people.carla) for _ in range(3)]
    runs.cancel(studio, ids[1], person=people.carla)
    listed = runs.recent(studio, person=people.rita)
    assert [run.id for run in listed] == ids[::-1]
    cancelled = runs.recent(studio, person=people.rita, status=RunStatus.CANCELLED)
    assert [run.id for run in cancelled] == [ids[1]]
    assert runs.recent(studio, person=people.rita, brand="solenne") == ()
    assert [r.id for r in runs.recent(studio, person=people.rita, before=ids[2], limit=1)] == [
        ids[1]
    ]


def test_a_run_keeps_the_brand_version_it_was_planned_with(studio, people, brief):
    run_id = runs.submit(studio, brief(), person=people.carla)
    run = runs.get(studio, run_id, person=people.carla)
    assert run.brand_version == studio.catalogue.brand("voltra").version

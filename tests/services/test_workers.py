"""What is known of the processes that draw, and what people are told."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from brandstudio.domain.lease import LEASE_S, WorkerState
from brandstudio.errors import ForbiddenError
from brandstudio.services import runs
from brandstudio.services.work import workers
from brandstudio.services.work.worker import perform
from brandstudio.storage.tables.runs import VariantRow
from brandstudio.storage.work import workers as rows
from tests.fakes import FlatColour, LeaseClock
from tests.services.tasks import take_task

NAME = "elsewhere:7"


@pytest.fixture
def clock():
    return LeaseClock()


@pytest.fixture
def said(studio, clock):
    return lambda: workers.said_of_the_generator(studio, clock)


def died(studio, clock, restarts):
    with studio.database.claiming() as session:
        rows.restarting(session, NAME, restarts, "code -9", clock(session), studio.now())


def test_people_are_told_why_nothing_is_drawn(studio, people, clock, said):
    assert "No generator is running" in said()
    with workers.present(studio, NAME, clock=clock):
        assert said() == "The generator is starting…"
        workers.ready(studio, NAME, "cuda:0", clock)
        assert said() == ""
        died(studio, clock, restarts=1)
        assert said() == "The generator is restarting (attempt 2)…"
        [worker] = workers.every(studio, person=people.ada)
        assert (worker.device, worker.restarts, worker.last_error) == ("cuda:0", 1, "code -9")
        clock.s += LEASE_S + 1
        assert "No generator is running" in said()
    assert "No generator is running" in said()


def test_only_administrators_see_the_workers(studio, people):
    with pytest.raises(ForbiddenError):
        workers.every(studio, person=people.carla)


def test_a_worker_that_holds_work_and_makes_no_step_is_stuck(studio, people, brief, worker, clock):
    runs.submit(studio, brief(), person=people.carla)
    limits, own, seen = studio.settings, [0.0], []
    watch = workers.HangWatch(studio, NAME, lambda: own[0])

    def later(seconds):
        watch.sees_it_hang()
        own[0] += seconds
        return watch.sees_it_hang()

    def stall(step):
        clock.s += 1
        limit_s = limits.load_timeout_s if step == 1 else limits.step_timeout_s
        seen.append((later(limit_s - 1), later(2)) if step < 3 else ())

    slow = replace(worker, name=NAME, clock=clock, generator=FlatColour(before_step=stall))
    with workers.present(studio, NAME, clock=clock):
        perform(slow, take_task(slow))
        workers.set_state(studio, NAME, WorkerState.IDLE, clock)
        assert not later(10 * limits.load_timeout_s)
    assert seen[:2] == [(False, True), (False, True)]


def test_a_machine_that_slept_kills_no_worker(studio, clock):
    watch = workers.HangWatch(studio, NAME, lambda: 5.0)
    with workers.present(studio, NAME, clock=clock):
        watch.sees_it_hang()
        clock.s += 100_000
        assert not watch.sees_it_hang()


def test_a_worker_that_is_gone_is_forgotten_when_the_next_one_starts(studio, people, clock):
    gone = workers.worker_name(2**22 - 1)
    with workers.present(studio, gone, clock=clock):
        pass
    with workers.present(studio, NAME, clock=clock):
        assert [w.name for w in workers.every(studio, person=people.ada)] == [NAME]


def test_what_a_lost_worker_held_waits_again_at_once(studio, people, brief, worker):
    runs.submit(studio, brief(), person=people.carla)
    held = take_task(replace(worker, name=NAME))
    with workers.present(studio, NAME):
        workers.lost(studio, NAME, 1, "Its machine is gone.", to_blame=False)
        again = take_task(worker)
    assert [variant.id for variant in again.variants] == [variant.id for variant in held.variants]
    assert not deaths(studio)
    workers.lost(studio, worker.name, 1, "Its process died.", to_blame=True)
    assert deaths(studio) == {1}


def test_a_worker_takes_the_place_of_one_on_another_machine(studio, people):
    with workers.present(studio, NAME), workers.present(studio, "far:8", instead_of=NAME):
        assert [known.name for known in workers.every(studio, person=people.ada)] == ["far:8"]


def deaths(studio):
    with studio.database.reading() as session:
        return {count for count in session.scalars(select(VariantRow.deaths)) if count}

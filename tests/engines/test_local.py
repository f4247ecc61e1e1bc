"""The supervisor: a worker that dies is started again, one that hangs is killed first."""

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from brandstudio.domain.lease import WorkerState
from brandstudio.domain.run import RunStatus
from brandstudio.engines.backoff import Patience
from brandstudio.engines.local import LocalEngine, end_with_parent, end_within
from brandstudio.services import runs
from brandstudio.services.work import workers
from brandstudio.storage.tables.runs import VariantRow
from tests.engines import hanging_worker

ROOT = Path(__file__).parents[2]
SLEEPING = (sys.executable, "-c", "import time; time.sleep(60)")
DYING = (sys.executable, "-c", "")


def until(happened, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@pytest.fixture
def started(studio):
    engines = []

    def start(command):
        engines.append(LocalEngine(studio, command=command, look_every_s=0.1))
        engines[0].start()
        return engines[0]

    yield start
    for engine in engines:
        engine.stop()


def pid_of(engine):
    return engine._process.pid if engine._process else 0


def test_what_dies_again_and_again_waits_longer_until_it_has_lived_for_long():
    patience = Patience()
    assert [patience.after(lived_s=5) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert patience.restarts == 8
    assert (patience.after(lived_s=601), patience.restarts) == (1, 1)


def test_a_worker_that_dies_is_started_again(started):
    engine = started(DYING)
    first = until(lambda: pid_of(engine))
    until(lambda: pid_of(engine) != first)


def test_a_worker_that_hangs_is_killed_and_said_to_restart(studio, people, started):
    engine = started(SLEEPING)
    pid = until(lambda: pid_of(engine))
    name = workers.worker_name(pid)
    hasty = replace(studio, settings=studio.settings.model_copy(update={"load_timeout_s": 0.1}))
    workers._enter(hasty, name, 0, workers.lease_clock)
    workers.set_state(hasty, name, WorkerState.DRAWING)
    until(lambda: pid_of(engine) != pid)
    [worker] = workers.every(studio, person=people.ada)
    assert (worker.restarts, worker.last_error) == (1, "It ended with code -9")
    assert workers.said_of_the_generator(studio) == "The generator is restarting (attempt 2)…"


def test_a_worker_that_hangs_inside_a_step_is_killed_and_the_next_one_completes_its_run(
    studio, people, brief, started, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    data_dir = studio.settings.data_dir
    run_id = runs.submit(studio, brief(), person=people.carla)
    engine = started((sys.executable, "-m", hanging_worker.__name__, str(data_dir)))
    until(lambda: look(studio, run_id, people).status is RunStatus.SUCCEEDED, seconds=120)
    hung = hanging_worker.hung_in(data_dir).read_text()
    assert hung != workers.worker_name(pid_of(engine))
    assert workers.is_gone(hung)
    with studio.database.reading() as session:
        rows = session.scalars(select(VariantRow).where(VariantRow.run_id == run_id)).all()
        # Held once by the worker that hung, which is blamed, and once by the one that drew them.
        assert [(row.token, row.deaths) for row in rows] == [(2, 1)] * 4
    ranks = [v.rank for v in runs.variants(studio, run_id, person=people.carla)]
    assert ranks == [1, 2, 3, 4]


def look(studio, run_id, people):
    return runs.get(studio, run_id, person=people.carla)


def test_a_worker_whose_server_is_gone_stops(monkeypatch):
    monkeypatch.setenv("BRANDSTUDIO_PARENT_PID", "1" if os.getppid() != 1 else "2")
    stop = threading.Event()
    end_with_parent(stop)
    assert stop.wait(10)


def test_a_step_that_takes_too_long_does_not_hold_up_the_end(monkeypatch):
    ended, given_back = threading.Event(), threading.Event()
    monkeypatch.setattr(os, "_exit", lambda _code: ended.set())
    stop = threading.Event()
    end_within(0.05, stop, before=given_back.set)
    assert not ended.wait(0.2)
    stop.set()
    assert ended.wait(10)
    assert given_back.is_set()

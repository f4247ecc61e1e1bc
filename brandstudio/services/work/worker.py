"""The worker's loop: take what is next, carry it out, record what became of it."""

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import TypeVar

from brandstudio.domain.lease import WorkerState
from brandstudio.domain.run import UNFINISHED, RunFailure
from brandstudio.errors import (
    DatabaseError,
    RunCancelledError,
    StorageFullError,
    StudioError,
)
from brandstudio.logs import about
from brandstudio.services.studio import Studio
from brandstudio.services.work import workers
from brandstudio.services.work.disk_reserve import has_reserve
from brandstudio.services.work.tasks import (
    LeaseLostError,
    OnProgress,
    StoppedError,
    Worker,
    draw,
    score_and_rank,
)
from brandstudio.services.work.workers import is_gone
from brandstudio.storage.engine.clocks import boot_id
from brandstudio.storage.work import leases, outcomes, queue, runs
from brandstudio.storage.work import workers as worker_rows
from brandstudio.storage.work.next_run import Claim
from brandstudio.storage.work.queue import Batch, Task

T = TypeVar("T")
log = logging.getLogger(__name__)

_IDLE_S, _TROUBLE_S = 0.5, 5.0
_MAX_BUGS = 2
_MAY_PASS = (DatabaseError, StorageFullError)
"""Failures that may pass without anybody's help; unexpected ones count among them."""


class SickWorkerError(StudioError):
    """Something unexpected happened again and again: the process itself may be broken."""

    hint = "It is started again by itself; the worker's log says what happened."


def work(worker: Worker) -> None:
    """Carry out what waits until told to stop; raises SickWorkerError to be started afresh."""
    workers.ready(worker.studio, worker.name, worker.device, worker.clock)
    bugs_in_a_row = 0
    while not worker.stop.is_set():
        task = _calmly(worker, lambda: take(worker))
        if task is None:
            worker.stop.wait(_IDLE_S)
            continue
        with about(run=task.run_id):
            had_a_bug = _calmly(worker, lambda task=task: perform(worker, task))
        bugs_in_a_row = bugs_in_a_row + 1 if had_a_bug else 0
        if bugs_in_a_row == _MAX_BUGS:
            raise SickWorkerError(f"Worker {worker.name} met unexpected failures in a row")
        _calmly(worker, lambda: _rest(worker))


def carry_out(
    worker: Worker, run_id: int, on_progress: OnProgress = lambda _done, _all: None
) -> None:
    """Draw and rank what waits of one run until it has ended or is paused, here or elsewhere."""
    while not worker.stop.is_set():
        task = take(worker, only=run_id)
        if task is not None:
            perform(worker, task, on_progress)
            continue
        with worker.studio.database.reading() as session:
            run = runs.load(session, run_id)
        if run.status not in UNFINISHED or run.paused:
            return
        on_progress(run.steps_done, run.steps_total)
        worker.stop.wait(_IDLE_S)


def take(worker: Worker, only: int | None = None) -> Task | None:
    """Hold what is next, or None when nothing waits or the disk has no room for more images."""
    studio = worker.studio
    if not has_reserve(studio):
        return None
    with studio.database.reading() as session:
        if queue.is_idle(session):
            return None
    with studio.database.claiming() as session:
        moment, at = worker.clock(session), studio.now()
        # Whoever asks for work has none: what it still holds it has failed to give back.
        leases.give_back(session, worker.name, at)
        leases.take_back_void(session, moment, at)
        before, died = _gone(worker_rows.boots(session, leases.holders(session)))
        leases.take_back(session, before, at, deaths=0)
        leases.take_back(session, died, at, deaths=1)
        task = queue.claim(session, Claim(worker.name, moment, at, _batch_sizes(studio), only))
        leases.settle(session, at)
        if task is not None:
            patience_s = studio.settings.load_timeout_s
            state = WorkerState.DRAWING
            worker_rows.set_state(session, worker.name, state, moment, patience_s, at)
    return task


def perform(worker: Worker, task: Task, on_progress: OnProgress = lambda _done, _all: None) -> bool:
    """Carry out a held task; a failure is recorded, not raised. Whether nobody expected it."""
    try:
        if isinstance(task, Batch):
            draw(worker, task, on_progress)
        else:
            score_and_rank(worker, task)
    except (RunCancelledError, StoppedError):
        give_back(worker)
    except LeaseLostError as lost:
        log.warning("%s", lost)
    except StudioError as error:
        _record(
            worker, task, error, RunFailure(type(error).__name__, error.public_message, error.hint)
        )
    except Exception as error:  # the outermost loop: one bad run never stops the next
        log.exception("run %s met an unexpected failure", task.run_id)
        _record(worker, task, error, _unexpected(error))
        return True
    return False


def give_back(worker: Worker) -> None:
    """Let everything this worker holds wait again, as if it had never been taken."""
    with worker.studio.database.claiming() as session:
        leases.give_back(session, worker.name, worker.studio.now())


def _rest(worker: Worker) -> None:
    workers.set_state(worker.studio, worker.name, WorkerState.IDLE, worker.clock)


def _gone(boots: Mapping[str, str | None]) -> tuple[set[str], set[str]]:
    """Which of these workers went with an earlier start of the machine, and which just died."""
    gone = {name for name, boot in boots.items() if is_gone(name, boot)}
    before = {name for name in gone if boots[name] not in {None, boot_id()}}
    return before, gone - before


def _calmly(worker: Worker, do: Callable[[], T]) -> T | None:
    """Do it, or pause after a database or disk failure; leases are given back later."""
    try:
        return do()
    except StudioError as error:
        log.warning("worker %s: %s. %s", worker.name, error, error.hint)
        worker.stop.wait(_TROUBLE_S)
        return None


def _record(worker: Worker, task: Task, error: Exception, failure: RunFailure) -> None:
    studio, expected = worker.studio, isinstance(error, StudioError)
    trace = None if expected else "".join(traceback.format_exception(error))
    with studio.database.claiming() as session:
        at = studio.now()
        if expected and not isinstance(error, _MAY_PASS):
            outcomes.fail(session, task, failure, trace, at)
        else:
            outcomes.try_later(session, task, failure, trace, worker.clock(session), at)
    log.info("run %s: %s", task.run_id, error if expected else failure.message)


def _batch_sizes(studio: Studio) -> Callable[[str], int]:
    """How many images of a base model go together; a model that is gone fails when it is drawn."""
    models = studio.catalogue.base_models
    return lambda slug: models[slug].batch_size if slug in models else 1


def _unexpected(error: Exception) -> RunFailure:
    return RunFailure(
        type(error).__name__,
        "Something unexpected went wrong while drawing",
        "Start the run again; if it fails again, show the administrator the worker's log.",
    )

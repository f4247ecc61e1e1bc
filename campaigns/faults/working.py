"""The worker's own loop beside whoever looks on, and waiting for what it does."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from brandstudio.domain.lease import Moment
from brandstudio.domain.run import UNFINISHED, RunStatus
from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, work
from brandstudio.services.work.workers import present, worker_name
from brandstudio.storage.engine.clocks import lease_clock
from brandstudio.storage.tables.runs import RunRow, VariantRow
from campaigns.faults.soundness import Expected
from tests import small_studio
from tests.small_studio import Parts

log = logging.getLogger(__name__)

_END_S, _LOOK_S, _AGAIN_S, _HURRY = 240.0, 0.02, 1.0, 5.0


def undisturbed(folder: Path, seeds: Iterable[int]) -> tuple[Expected, Parts]:
    """The images of these seeds when nothing happens, and everything loaded that draws them."""
    studio = small_studio.small_studio(folder, batch_size=1)
    parts = small_studio.loaded(studio)
    images = small_studio.undisturbed(studio, parts, seeds)
    studio.database.close()
    return Expected(images, studio, parts, batch_size=1), parts


@contextmanager
def working(studio: Studio, parts: Parts) -> Generator[None]:
    """Let a worker carry out whatever waits."""
    worker = Worker(
        studio=studio,
        generator=parts.generator,
        scorer=parts.scorer,
        upscaler=parts.upscaler,
        name=worker_name(),
        clock=hurried,
    )
    thread = threading.Thread(target=_work, args=(worker,))
    thread.start()
    try:
        yield
    finally:
        worker.stop.set()
        thread.join()


def hurried(session: Session) -> Moment:
    """The clock of leases, five times as fast: waits between two tries are shorter for it."""
    now = lease_clock(session)
    return Moment(now.clock, now.s * _HURRY)


def until(happened: Callable[[], bool]) -> None:
    """Wait for it; a database that is away or has no room is asked again."""
    deadline = time.monotonic() + _END_S
    while not _calmly(happened):
        if time.monotonic() > deadline:
            raise TimeoutError("the run did not get on")
        time.sleep(_LOOK_S)


def drawn(studio: Studio) -> int:
    """How many images are drawn and recorded."""
    with studio.database.reading() as session:
        is_drawn = VariantRow.status == RunStatus.SUCCEEDED
        return session.scalar(select(func.count()).where(is_drawn)) or 0


def unfinished(studio: Studio) -> int:
    """How many runs wait or are being drawn."""
    with studio.database.reading() as session:
        return session.scalar(select(func.count()).where(RunRow.status.in_(UNFINISHED))) or 0


def _work(worker: Worker) -> None:
    """What supervisor and worker do together: one that cannot go on is started again."""
    while not worker.stop.is_set():
        try:
            with present(worker.studio, worker.name, clock=worker.clock):
                work(worker)
        except StudioError as error:
            log.warning("the worker ended: %s", error)
            worker.stop.wait(_AGAIN_S)


def _calmly(happened: Callable[[], bool]) -> bool:
    try:
        return happened()
    except StudioError:
        return False

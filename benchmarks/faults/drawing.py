"""Two workers that are killed again and again while they draw: nothing lost, nothing drawn twice.

The images are flat colours, so that what is measured is the queue and not a model. Runs share a few
seeds: equal requests must give equal files, however often their worker died.
"""

import os
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

from sqlalchemy import func, select

from benchmarks.faults.report import Options
from brandstudio.domain.brief import read_form
from brandstudio.domain.run import UNFINISHED, RunStatus
from brandstudio.errors import DatabaseBusyError
from brandstudio.services import runs, users
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.worker import Worker, work
from brandstudio.services.workers import present, worker_name
from brandstudio.settings import Settings
from brandstudio.storage.tables import RunRow, VariantRow
from tests.conftest import BRIEF
from tests.fakes import FlatColour, Judge, Stretch

DEFAULT = 200
_WORKERS, _WAITING, _SEEDS = 2, 4, 3
_LIFE_S = (0.0, 0.6)
_END_S = 300.0


def measure(options: Options) -> dict[str, object]:
    """Kill so many workers, let the last ones finish, and look at what is there."""
    dice = Random(options.seed)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        studio = build_studio(_settings(Path(folder)))
        with closing(studio.database):
            recovery_s = _killed(studio, options.count or DEFAULT, dice)
            return {"kills": len(recovery_s), **_recovery(recovery_s), **_found(studio)}


def draw(folder: str) -> None:
    """One worker process, until it is killed or told to end."""
    studio, name = build_studio(_settings(Path(folder))), worker_name()
    slow = FlatColour(before_step=lambda _step: time.sleep(0.005))
    worker = Worker(studio=studio, generator=slow, scorer=Judge(), enlarger=Stretch(), name=name)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop.set())
    with present(studio, name):
        work(worker)


def _killed(studio: Studio, count: int, dice: Random) -> list[float]:
    """Kill until it is enough; returns for each death how long its work stood still."""
    context, folder = get_context("forkserver"), str(studio.settings.data_dir)
    context.set_forkserver_preload([__name__])
    crowd = [_started(context, folder) for _ in range(_WORKERS)]
    try:
        return _killed_of(studio, crowd, count, dice, lambda: _started(context, folder))
    finally:
        for process in crowd:
            process.terminate()
            process.join()


def _killed_of(
    studio: Studio,
    crowd: list[BaseProcess],
    count: int,
    dice: Random,
    start: Callable[[], BaseProcess],
) -> list[float]:
    recovery_s: list[float] = []
    while len(recovery_s) < count:
        _ask_for_more(studio, dice)
        _until(lambda: _drawn_by(studio, crowd) > 0)
        time.sleep(dice.uniform(*_LIFE_S))
        place = dice.randrange(_WORKERS)
        recovery_s.append(_kill(studio, crowd[place]))
        crowd[place] = start()
    _until(lambda: not _count(studio, RunRow, RunRow.status.in_(UNFINISHED)))
    return recovery_s


def _kill(studio: Studio, process: BaseProcess) -> float:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    died = time.monotonic()
    name = worker_name(process.pid)
    held = (VariantRow.worker == name, VariantRow.status == RunStatus.RUNNING)
    _until(lambda: not _count(studio, VariantRow, *held))
    return time.monotonic() - died


def _found(studio: Studio) -> dict[str, object]:
    with studio.database.reading() as session:
        rows = session.execute(
            select(VariantRow.fingerprint, VariantRow.sha256, VariantRow.status, VariantRow.token)
        ).all()
        ended = session.execute(select(RunRow.status, func.count()).group_by(RunRow.status)).all()
        reasons = session.scalars(select(RunRow.error_kind).where(RunRow.error_kind.is_not(None)))
        # A run that was hit three times has failed, as it should: the dice do not know better.
        failures = sorted({reason for reason in reasons if reason})
    finished = select(RunRow.id).where(RunRow.status == RunStatus.SUCCEEDED)
    in_a_finished_run = VariantRow.run_id.in_(finished)
    drawn = [row for row in rows if row.status is RunStatus.SUCCEEDED]
    files: dict[str, set[str | None]] = {}
    for row in drawn:
        files.setdefault(row.fingerprint, set()).add(row.sha256)
    return {
        "runs": {status.value: count for status, count in ended},
        "failures": failures,
        "images": len(drawn),
        "taken_over": sum(row.token > 1 for row in rows),
        "lost": sum(not studio.blobs.verify(row.sha256 or "", "png") for row in drawn),
        "unequal": sum(len(found) > 1 for found in files.values()),
        "unranked": _count(studio, VariantRow, VariantRow.rank.is_(None), in_a_finished_run),
    }


def _recovery(recovery_s: list[float]) -> dict[str, float]:
    return {
        "taken_over_p50_s": round(median(recovery_s), 2),
        "taken_over_p95_s": round(quantiles(recovery_s, n=20)[-1], 2),
    }


def _ask_for_more(studio: Studio, dice: Random) -> None:
    while _count(studio, RunRow, RunRow.status.in_(UNFINISHED)) < _WAITING:
        form = read_form(BRIEF | {"seed": dice.randrange(_SEEDS), "seeds_per_arm": 4})
        runs.submit(studio, form, person=users.operator(studio))


def _drawn_by(studio: Studio, crowd: list[BaseProcess]) -> int:
    names = [worker_name(process.pid) for process in crowd]
    return _count(studio, VariantRow, VariantRow.worker.in_(names))


def _count(studio: Studio, table: Any, *where: Any) -> int:
    with studio.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _END_S
    while not _calmly(happened):
        if time.monotonic() > deadline:
            raise TimeoutError("the workers did not get on")
        time.sleep(0.02)


def _calmly(happened: Callable[[], bool]) -> bool:
    """A database that is busy is asked again."""
    try:
        return happened()
    except DatabaseBusyError:
        return False


def _started(context: Any, folder: str) -> BaseProcess:
    process = context.Process(target=draw, args=(folder,))
    process.start()
    return process


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, reserve_gb=0.0)

"""Health for monitors: five checks, and the figures behind them."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from brandstudio.domain.lease import Moment, WorkerRecord, WorkerState
from brandstudio.errors import StudioError, count_of
from brandstudio.services.operations import upkeep
from brandstudio.services.studio import Studio
from brandstudio.services.work.disk_reserve import DiskReserve, disk_reserve
from brandstudio.storage.blobs import LocalBlobs
from brandstudio.storage.engine.clocks import Clock, lease_clock
from brandstudio.storage.work import figures, workers
from brandstudio.storage.work.figures import Figures

_SMI_S = 2.0


@dataclass(frozen=True, slots=True)
class Light:
    """One thing that must work: green or red, and why."""

    name: str
    is_green: bool
    said: str


@dataclass(frozen=True, slots=True)
class Gauges:
    """Everything that is measured at one moment; `gpu_bytes` is used and total, by card."""

    figures: Figures
    room: DiskReserve
    workers_heard: int
    worker_restarts: int
    files: int
    file_bytes: int
    files_lost: int
    gpu_bytes: tuple[tuple[int, int], ...]


def lights(studio: Studio, clock: Clock = lease_clock) -> tuple[Light, ...]:
    """All checks; each is independent, so that a fault turns only its own light red.

    What needs the database is not judged while the database does not answer.
    """
    results = {"database": _seen(lambda: _database(studio)), "disk": _seen(lambda: _disk(studio))}
    looks: dict[str, Callable[[], tuple[bool, str]]] = {
        "queue": lambda: _queue(studio),
        "worker": lambda: _worker(studio, clock),
        "device": lambda: _device(studio, clock),
    }
    for name, look in looks.items():
        is_database_up = results["database"][0]
        results[name] = _seen(look) if is_database_up else (True, "not judged without the database")
    return tuple(Light(name, *seen) for name, seen in results.items())


def gauges(studio: Studio, clock: Clock = lease_clock) -> Gauges:
    """What is counted for a graph. Files are as the last upkeep found them."""
    with studio.database.reading() as session:
        counted = figures.figures(session, studio.now())
        moment, records = clock(session), workers.every(session)
    report = upkeep.last_report(studio)
    return Gauges(
        figures=counted,
        room=disk_reserve(studio),
        workers_heard=sum(worker.is_heard(moment) for worker in records if _is_up(worker)),
        worker_restarts=sum(worker.restarts for worker in records),
        files=report.files if report else 0,
        file_bytes=report.size_bytes if report else 0,
        files_lost=len(report.lost) if report else 0,
        gpu_bytes=_gpu_memory(),
    )


def _seen(look: Callable[[], tuple[bool, str]]) -> tuple[bool, str]:
    try:
        return look()
    except StudioError as error:
        return False, error.public_message
    except OSError as error:
        return False, error.strerror or "cannot be looked at"


def _database(studio: Studio) -> tuple[bool, str]:
    with studio.database.reading() as session:
        figures.answers(session)
    return True, "answers"


def _disk(studio: Studio) -> tuple[bool, str]:
    folders = {"the data folder": studio.settings.data_dir}
    if isinstance(studio.blobs, LocalBlobs) and studio.blobs.folder.is_dir():
        folders["the folder of the images"] = studio.blobs.folder
    closed = [name for name, folder in folders.items() if not _is_writable(folder)]
    if closed:
        return False, f"{closed[0]} cannot be written"
    left = disk_reserve(studio)
    return left.is_enough, left.sentence or f"{left.free_bytes / 1e9:.1f} GB free"


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK) and not os.statvfs(folder).f_flag & os.ST_RDONLY


def _queue(studio: Studio) -> tuple[bool, str]:
    with studio.database.reading() as session:
        age_s = figures.oldest_waiting_s(session, studio.now())
    limit_s = studio.settings.queue_alarm_minutes * 60
    return age_s <= limit_s, _waited(age_s)


def _waited(age_s: float) -> str:
    if not age_s:
        return "nothing is waiting"
    minutes = count_of(int(age_s / 60), "minute") if age_s >= 60 else "less than a minute"
    return f"the oldest image has waited for {minutes}"


def _worker(studio: Studio, clock: Clock) -> tuple[bool, str]:
    _, heard = _heard(studio, clock)
    if not heard:
        return False, "no worker has been heard for a minute"
    return True, ", ".join(f"{worker.name} is {worker.state}" for worker in heard)


def _device(studio: Studio, clock: Clock) -> tuple[bool, str]:
    """Red when a worker that lives does not get on, or dies again and again."""
    moment, heard = _heard(studio, clock)
    for worker in heard:
        if worker.is_stuck(moment):
            return False, f"{worker.name} does not get on with what it draws"
        if worker.state is WorkerState.STARTING and worker.restarts:
            return False, f"{worker.name} is restarting (attempt {worker.restarts + 1})"
    return True, ", ".join(sorted({worker.device for worker in heard})) or "no worker to ask"


def _heard(studio: Studio, clock: Clock) -> tuple[Moment, list[WorkerRecord]]:
    with studio.database.reading() as session:
        moment, known = clock(session), workers.every(session)
    return moment, [worker for worker in known if _is_up(worker) and worker.is_heard(moment)]


def _is_up(worker: WorkerRecord) -> bool:
    return worker.state is not WorkerState.STOPPED


def _gpu_memory() -> tuple[tuple[int, int], ...]:
    """Bytes used and in all, for each NVIDIA card; empty where there is none. Loads no torch."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    query = "--query-gpu=memory.used,memory.total"
    try:
        ended = subprocess.run(
            [tool, query, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_SMI_S,
            check=True,
        )
        rows = [line.split(",") for line in ended.stdout.splitlines() if line.strip()]
        return tuple((int(used) << 20, int(total) << 20) for used, total in rows)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()

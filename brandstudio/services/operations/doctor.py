"""What a doctor looks at in a studio's data: each finding is ok, a warning, or stops the studio."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from brandstudio.domain.lease import WorkerState
from brandstudio.errors import StudioError, count_of
from brandstudio.services.operations import decision_chain, upkeep
from brandstudio.services.operations.store_listing import take_stock
from brandstudio.services.studio import Studio
from brandstudio.services.work.disk_reserve import disk_reserve
from brandstudio.settings import LOOPBACK, NoTlsError, Settings
from brandstudio.storage.engine import sqlite
from brandstudio.storage.engine.clocks import lease_clock
from brandstudio.storage.work import figures, workers

_RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
_AHEAD = timedelta(minutes=5)
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report; `message` holds the fix where there is something to mend."""

    state: Literal["ok", "warning", "stop"]
    subject: str
    message: str


def of_folder(settings: Settings) -> Iterator[Finding]:
    """The data folder and its disk, before anything is opened in it."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    except OSError as error:
        yield Finding(
            "stop", "data folder", f"{folder}: {error.strerror}. Set BRANDSTUDIO_DATA_DIR."
        )
        return
    if not os.access(folder, os.W_OK):
        yield Finding(
            "stop", "data folder", f"{folder} cannot be written. Set BRANDSTUDIO_DATA_DIR."
        )
        return
    yield Finding("ok", "data folder", str(folder))
    yield _permissions(folder)
    yield _file_system(folder)
    yield _database(settings)
    yield _address(settings)


def of_studio(studio: Studio) -> Iterator[Finding]:
    """What needs the rows and the store."""
    looks: dict[str, Callable[[Studio], Iterator[Finding]]] = {
        "decisions": _decisions,
        "room": _room,
        "worker": _worker,
        "files": _files,
        "clock": _clock,
    }
    for subject, look in looks.items():
        try:
            yield from look(studio)
        except StudioError as error:
            yield Finding("stop", subject, f"{error}. {error.hint}")


def _decisions(studio: Studio) -> Iterator[Finding]:
    studio.database.check()
    yield Finding("ok", "integrity", "every page of the database is sound")
    report = decision_chain.require_sound(decision_chain.verify(studio))
    sentence = f"{count_of(report.count, 'decision')}, none changed; head {report.head[:16]}…"
    yield Finding("ok", "decisions", sentence)


def _permissions(folder: Path) -> Finding:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        advice = f"other accounts may look into the data folder ({mode:o}). Run: chmod 700 {folder}"
        return Finding("warning", "permissions", advice)
    return Finding("ok", "permissions", "the data folder is this account's alone")


def _file_system(folder: Path) -> Finding:
    kind = sqlite.file_system_of(folder / "studio.db")
    if kind.startswith(sqlite.NETWORK):
        advice = (
            f"the data folder is on {kind}: locks and fsync may not hold there. "
            "Move it to a local disk, or use PostgreSQL and BRANDSTUDIO_BLOBS=s3://…"
        )
        return Finding("warning", "file system", advice)
    return Finding("ok", "file system", kind or "unknown")


def _database(settings: Settings) -> Finding:
    if not settings.database.startswith("sqlite"):
        return Finding("ok", "database", settings.database.split(":", 1)[0].split("+")[0])
    why = sqlite.why_no_wal(settings.data_dir / "studio.db")
    mode = f"rollback journal, because {why}" if why else "write-ahead log"
    return Finding("ok", "sqlite", f"{sqlite3.sqlite_version}, {mode}")


def _address(settings: Settings) -> Finding:
    if settings.host in LOOPBACK:
        return Finding("ok", "address", f"{settings.host}:{settings.port}, this machine alone")
    if not settings.is_open_without_tls:
        return Finding("ok", "address", f"{settings.host}, behind {settings.public_url}")
    error = NoTlsError(f"{settings.host}:{settings.port}")
    return Finding("stop", "address", f"{error}. {error.hint}")


def _room(studio: Studio) -> Iterator[Finding]:
    left = disk_reserve(studio)
    free, reserve = left.free_bytes / 1e9, left.reserve_bytes / 1e9
    if left.is_enough:
        yield Finding("ok", "room", f"{free:.0f} GB free, {reserve:.1f} GB in reserve")
    else:
        advice = f"{left.sentence} Free some space, or lower BRANDSTUDIO_RESERVE_GB."
        yield Finding("warning", "room", advice)


def _worker(studio: Studio) -> Iterator[Finding]:
    with studio.database.reading() as session:
        moment, records = lease_clock(session), workers.every(session)
    up = [worker for worker in records if worker.state is not WorkerState.STOPPED]
    heard = [worker.name for worker in up if worker.is_heard(moment)]
    if heard:
        yield Finding("ok", "worker", f"{', '.join(heard)} heard within a minute")
    elif up:
        advice = f"{up[0].name} is not heard any more. Start the studio, or 'brandstudio worker'."
        yield Finding("warning", "worker", advice)


def _files(studio: Studio) -> Iterator[Finding]:
    stock = take_stock(studio)
    old = datetime.now(UTC) - upkeep.PART_AGE
    parts = [part for part in stock.parts if part.modified_at < old]
    if stock.lost:
        named = ", ".join(f"{lost.owner} is {lost.state}" for lost in stock.lost[:_NAMED])
        more = f" and {len(stock.lost) - _NAMED} more" if len(stock.lost) > _NAMED else ""
        sentence = f"{named}{more}. Draw them again, or restore a backup."
        yield Finding("warning", "files", sentence)
    else:
        size_mb = stock.size_bytes / 1e6
        sentence = (
            f"{count_of(len(stock.whole), 'file')}, {size_mb:.0f} MB, none missing or damaged"
        )
        yield Finding("ok", "files", sentence)
    if parts:
        sentence = (
            f"{count_of(len(parts), 'unfinished file')}; the worker removes them at its start."
        )
        yield Finding("warning", "parts", sentence)
    if stock.strange:
        named = ", ".join(stock.strange[:_NAMED])
        sentence = f"{named} in the store are not the studio's and are ignored. Remove them."
        yield Finding("warning", "store", sentence)


def _clock(studio: Studio) -> Iterator[Finding]:
    now = studio.now()
    with studio.database.reading() as session:
        newest = figures.newest(session)
    if now < _RELEASED:
        sentence = f"this machine believes it is {now:%Y-%m-%d}. Set its clock."
        yield Finding("warning", "clock", sentence)
    elif newest is not None and newest > now + _AHEAD:
        sentence = f"something was recorded at {newest:%Y-%m-%d %H:%M} UTC, which is yet to come. "
        yield Finding("warning", "clock", sentence + "Set this machine's clock.")
    else:
        yield Finding("ok", "clock", f"{now:%Y-%m-%d %H:%M} UTC")

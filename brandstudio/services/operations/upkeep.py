"""Upkeep of stored files: removes orphans, detects loss, applies retention.

At the worker's start and every night: parts of dead writers and orphans are removed, missing files
listed, a seventh of the store is read and compared with its names, and images of variants that were
rejected long ago go where the settings say so.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from brandstudio.errors import StorageError, StudioError
from brandstudio.services.operations.store_listing import Lost, StoreListing, slice_of, take_stock
from brandstudio.services.studio import Studio
from brandstudio.storage import references, uploads
from brandstudio.storage.blobs import BlobKind
from brandstudio.storage.references import Key

log = logging.getLogger(__name__)

PART_AGE = timedelta(hours=1)
GRACE = timedelta(hours=24)
"""Between a file's `put` and its row: longer than any run that writes both."""
UNCLAIMED = timedelta(hours=24)
"""How long an uploaded image may wait for a brief that names it."""
_BATCH = 200
_LOOK_S = 60.0
_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """What the last upkeep found and did; kept as upkeep.json in the data folder."""

    at: datetime
    files: int = 0
    size_bytes: int = 0
    parts_removed: int = 0
    orphans_removed: int = 0
    scrubbed: int = 0
    rejected_removed: int = 0
    uploads_removed: int = 0
    lost: tuple[Lost, ...] = ()
    strange: tuple[str, ...] = ()
    scrubbed_at: datetime | None = None


_REPORT = TypeAdapter(Report)


def sweep(studio: Studio, stock: StoreListing, *, grace: timedelta = GRACE) -> int:
    """Remove the orphans that are older than the grace; returns how many.

    Each is asked about once more under the write lock, and its age once more under the store's own
    lock: bytes that somebody stores again in this very moment stay.
    """
    older_than = studio.now() - grace
    old = iter([orphan for orphan in stock.orphans if orphan.modified_at < older_than])
    removed = 0
    while batch := list(islice(old, _BATCH)):
        with studio.database.writing() as session:
            needed = references.still_needed(session, [orphan.key for orphan in batch])
            for orphan in batch:
                if orphan.key not in needed:
                    removed += studio.blobs.delete(*orphan.key, older_than=older_than)
    return removed


def scrub(studio: Studio, keys: Sequence[Key]) -> tuple[Key, ...]:
    """Read these files and mark those whose bytes are not what their name says."""
    damaged: list[Key] = []
    for key in keys:
        if not studio.blobs.verify(*key) and studio.blobs.exists(*key):
            studio.blobs.mark(*key, BlobKind.DAMAGED)
            log.error("stored file %s.%s is damaged", *key)
            damaged.append(key)
    return tuple(damaged)


def forget_rejected(studio: Studio) -> int:
    """Remove images rejected too long ago, where the settings say so; rows and decisions stay.

    Whether a verdict was taken back is asked once more under the write lock, for a few at a time:
    what was removed in earlier nights is looked for before, while everybody else may write.
    """
    days = studio.settings.keep_rejected_days
    if not days:
        return 0
    before = studio.now() - timedelta(days=days)
    with studio.database.reading() as session:
        going = references.long_rejected(session, before)
    present = iter([key for key in going if studio.blobs.exists(*key)])
    removed = 0
    while batch := list(islice(present, _BATCH)):
        with studio.database.writing() as session:
            still = references.long_rejected(session, before, among=[name for name, _ in batch])
            for key in still:
                studio.blobs.mark(*key, BlobKind.REMOVED)
                _forget_thumbnails(studio, key[0])
        removed += len(still)
    return removed


def forget_unclaimed(studio: Studio) -> int:
    """Forget uploads that were put into no run in time; their files are orphans from then on."""
    with studio.database.writing() as session:
        return uploads.remove_unclaimed(session, studio.now() - UNCLAIMED)


def at_start(studio: Studio, *, grace: timedelta = GRACE) -> Report:
    """What every start does: remove parts, uploads nobody used and orphans, list what is lost."""
    return _look_after(studio, grace=grace, with_scrub=False)


def nightly(studio: Studio, *, grace: timedelta = GRACE) -> Report:
    """As at the start, and the scrub and the retention too."""
    return _look_after(studio, grace=grace, with_scrub=True)


def is_due(last: datetime | None, now: datetime, hour: int) -> bool:
    """Whether a nightly upkeep was to begin since the last one."""
    planned = now.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    if planned > now:
        planned -= timedelta(days=1)
    return last is None or last < planned


def last_report(studio: Studio) -> Report | None:
    """What the last upkeep said, or None before the first."""
    try:
        return _REPORT.validate_json(_report_file(studio).read_bytes())
    except (OSError, ValidationError):
        return None


def start(studio: Studio, stop: threading.Event) -> threading.Thread:
    """Look after the files beside whatever this process does, until told to stop."""

    def care() -> None:
        _try(studio, at_start)
        while not stop.wait(_LOOK_S):
            last = last_report(studio)
            scrubbed = last.scrubbed_at if last else None
            if is_due(scrubbed, studio.now(), studio.settings.upkeep_hour):
                _try(studio, nightly)

    thread = threading.Thread(target=care, name="upkeep", daemon=True)
    thread.start()
    return thread


def _look_after(studio: Studio, *, grace: timedelta, with_scrub: bool) -> Report:
    now, last = studio.now(), last_report(studio)
    parts = studio.blobs.remove_parts(now - min(grace, PART_AGE))
    unclaimed = forget_unclaimed(studio)
    stock = take_stock(studio)
    orphans = sweep(studio, stock, grace=grace)
    rejected, seventh = 0, tuple[Key, ...]()
    if with_scrub:
        rejected = forget_rejected(studio)
        seventh = slice_of(stock, now.toordinal())
        scrub(studio, seventh)
        stock = take_stock(studio)
    report = Report(
        at=now,
        files=len(stock.whole),
        size_bytes=stock.size_bytes,
        parts_removed=parts,
        orphans_removed=orphans,
        scrubbed=len(seventh),
        rejected_removed=rejected,
        uploads_removed=unclaimed,
        lost=stock.lost[:_LISTED],
        strange=stock.strange[:_LISTED],
        scrubbed_at=now if with_scrub else last and last.scrubbed_at,
    )
    _keep(studio, report)
    _tell(report)
    return report


def _try(studio: Studio, look: Callable[[Studio], Report]) -> None:
    """Run the nightly upkeep once; a failure is logged and tried again the next time."""
    try:
        with _only_one(studio) as is_ours:
            if is_ours:
                look(studio)
    except (StudioError, OSError) as error:
        log.warning("upkeep did not end: %s", error)
    except Exception:  # the outermost of its thread: one bad night never ends all the others
        log.exception("upkeep met an unexpected failure")


@contextmanager
def _only_one(studio: Studio) -> Generator[bool, None, None]:
    handle = os.open(studio.settings.data_dir / "upkeep.lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)


def _keep(studio: Studio, report: Report) -> None:
    file = _report_file(studio)
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    try:
        new.write_bytes(_REPORT.dump_json(report))
        new.replace(file)
    except OSError as error:
        raise StorageError("The report of the upkeep could not be written") from error


def _tell(report: Report) -> None:
    log.info(
        "upkeep: %d files, %d parts, %d orphans and %d unused uploads removed, %d read, %d lost",
        report.files,
        report.parts_removed,
        report.orphans_removed,
        report.uploads_removed,
        report.scrubbed,
        len(report.lost),
    )
    for lost in report.lost:
        log.error("%s is %s (%s)", lost.owner, lost.state, lost.sha256[:12])
    for place in report.strange:
        log.warning("%s in the store is not the studio's; it is ignored", place)


def _forget_thumbnails(studio: Studio, sha256: str) -> None:
    folder = studio.cache_folder / "thumbnails" / sha256[:2]
    for thumbnail in folder.glob(f"{sha256}-*.webp"):
        thumbnail.unlink(missing_ok=True)


def _report_file(studio: Studio) -> Path:
    return studio.settings.data_dir / "upkeep.json"

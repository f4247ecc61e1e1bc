"""A run on a disk that is really full: its room ends after so many bytes, and comes back later.

Database and store lie on a small file system of their own. However far the run got, every file that
has its final name is whole, and the same worker finishes the run once there is room again.
"""

import logging
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from brandstudio.services import runs
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from brandstudio.storage.blobs import BlobKind
from campaigns.faults import soundness
from campaigns.faults.soundness import Expected
from campaigns.faults.working import log as supervisor
from campaigns.faults.working import undisturbed, unfinished, until, working
from campaigns.report import Options
from tests import small_studio
from tests.small_studio import Parts

DEFAULT = 40
SIZE_MB = 16
MUST_BE_NONE = (
    "half_files", "missing_variants", "doubled_variants", "unfinished_runs", "unranked",
    "missing_files", "unequal_files", "orphans", "parts", "unsound", "drifted",
)  # fmt: skip
_PAGE = 4096


class NoDiskError(Exception):
    """Nobody may mount a file system here."""


def measure(options: Options) -> dict[str, object]:
    """End the room after evenly spread numbers of bytes; what was half (nothing) or unfinished."""
    count, tally = options.count or DEFAULT, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        seed = options.seed % 2**31
        expected, parts = undisturbed(Path(folder) / "undisturbed", [seed])
        with small_disk(Path(folder) / "disk") as disk:
            _, used = drawn_with_room_for(disk, None, seed, expected, parts)
            for number in range(count):
                room = used * number // count
                tally += drawn_with_room_for(disk, room, seed, expected, parts)[0]
    return {
        "runs_drawn": count,
        "bytes_of_a_run": used,
        **{name: tally.pop(name, 0) for name in MUST_BE_NONE},
        **dict(sorted(tally.items())),
    }


@contextmanager
def small_disk(place: Path) -> Generator[Path]:
    """A file system in memory, mounted there; NoDiskError where that is not allowed."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "none", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoDiskError(f"no disk can be mounted here: {error}") from error
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def drawn_with_room_for(
    disk: Path, room_bytes: int | None, seed: int, expected: Expected, parts: Parts
) -> tuple[Counter[str], int]:
    """Draw a run on the disk, with so much room at first; what is wrong, and bytes it took."""
    folder = disk / "data"
    studio = small_studio.small_studio(folder, batch_size=1)
    with closing(studio.database):
        runs.submit(studio, small_studio.form(seed), person=users.operator(studio))
        before = _free_bytes(disk)
        filler = None if room_bytes is None else _filled(disk, room_bytes)
        with _listening() as complaints, working(studio, parts):
            until(lambda: complaints.said or not unfinished(studio))
            found = Counter(met_a_full_disk=int(complaints.said), half_files=_half_files(studio))
            if filler:
                filler.unlink()
            until(lambda: not unfinished(studio))
        used = before - _free_bytes(disk)
        found += soundness.after_start_up(studio)
        found += soundness.of_database(studio)
        found += soundness.of_variants(studio, expected, small_studio.PER_RUN)
    shutil.rmtree(folder)
    return found, used


def _filled(disk: Path, leave_bytes: int) -> Path:
    """Take all of the disk but so much; removing the file gives it back."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(_PAGE, _free_bytes(disk) - leave_bytes))
    return filler


def _free_bytes(disk: Path) -> int:
    about = os.statvfs(disk)
    return about.f_bavail * about.f_frsize


class _Complaints(logging.Handler):
    """Hears the studio say that the disk is full."""

    said = False

    def emit(self, record: logging.LogRecord) -> None:
        self.said = self.said or "disk is full" in record.getMessage()


@contextmanager
def _listening() -> Generator[_Complaints]:
    complaints, studio = _Complaints(), logging.getLogger("brandstudio")
    level = studio.level
    for log in (studio, supervisor):
        log.addHandler(complaints)
    studio.setLevel(logging.INFO)
    try:
        yield complaints
    finally:
        for log in (studio, supervisor):
            log.removeHandler(complaints)
        studio.setLevel(level)


def _half_files(studio: Studio) -> int:
    """Files under their final name that are not what it says."""
    whole = [each for each in studio.blobs.survey() if each.kind is BlobKind.WHOLE]
    return sum(not studio.blobs.verify(*each.key) for each in whole)

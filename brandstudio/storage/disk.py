"""The file operations of the store, as a protocol: a test can fail or lose each of them."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from brandstudio.errors import StorageError, StorageFullError

FILE_MODE = 0o640
FOLDER_MODE = 0o750
PRIVATE_FOLDER_MODE = 0o700


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """What is left of a disk; `free_files` is None where files are not counted."""

    free_bytes: int
    total_bytes: int
    free_files: int | None


class Disk(Protocol):
    """The operations a durable write is made of. Each raises OSError."""

    def make_folder(self, folder: Path) -> None:
        """Make one folder unless it is there."""
        ...

    def create(self, path: Path) -> int:
        """Open a file that must be new, for writing."""
        ...

    def reopen(self, path: Path) -> int:
        """Open a file that is there, for writing."""
        ...

    def write(self, handle: int, content: bytes) -> None:
        """Write all of it, or raise."""
        ...

    def sync(self, handle: int) -> None:
        """Return only when the file's content is on the disk itself."""
        ...

    def close(self, handle: int) -> None:
        """Let go of an open file."""
        ...

    def rename(self, path: Path, target: Path) -> None:
        """Give a file its final name, in place of whatever had it."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Return only when the folder's names are on the disk itself."""
        ...

    def touch(self, path: Path) -> None:
        """Let the file look as if written now."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file."""
        ...

    def free_space(self, folder: Path) -> DiskSpace:
        """What is left of the folder's disk."""
        ...


class RealDisk:
    """The machine's own file system."""

    def make_folder(self, folder: Path) -> None:
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)

    def create(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)

    def reopen(self, path: Path) -> int:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        os.fchmod(handle, FILE_MODE)
        return handle

    def write(self, handle: int, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(handle, rest) :]

    def sync(self, handle: int) -> None:
        os.fsync(handle)

    def close(self, handle: int) -> None:
        os.close(handle)

    def rename(self, path: Path, target: Path) -> None:
        path.replace(target)

    def sync_folder(self, folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def touch(self, path: Path) -> None:
        os.utime(path)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def free_space(self, folder: Path) -> DiskSpace:
        return disk_space(folder)


def disk_space(folder: Path) -> DiskSpace:
    """What is left of a folder's disk for people who are not root. Raises OSError."""
    figures = os.statvfs(folder)
    return DiskSpace(
        free_bytes=figures.f_bavail * figures.f_frsize,
        total_bytes=figures.f_blocks * figures.f_frsize,
        free_files=figures.f_favail if figures.f_files else None,
    )


def private_folder(folder: Path) -> None:
    """Make a folder that only this account can open. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=PRIVATE_FOLDER_MODE, exist_ok=True)


_CAUSES: dict[int, tuple[type[StorageError], str, str]] = {
    errno.ENOSPC: (StorageFullError, "The disk is full, the file was not stored", ""),
    errno.EDQUOT: (
        StorageFullError,
        "This account's share of the disk is used up, the file was not stored",
        "Free some space or have the quota raised; what was finished is kept.",
    ),
    errno.EMFILE: (
        StorageError,
        "The studio has too many files open",
        "Raise the limit of open files (ulimit -n) and start the studio again.",
    ),
    errno.ENFILE: (
        StorageError,
        "This machine has too many files open",
        "Raise fs.file-max, or stop what holds so many files open.",
    ),
    errno.EACCES: (
        StorageError,
        "The studio may not write to its data folder",
        "Give the studio's account the folder: 'brandstudio doctor' names it.",
    ),
    errno.EPERM: (
        StorageError,
        "The system does not let the studio change its data folder",
        "Remove the protection (lsattr shows it) or choose another BRANDSTUDIO_DATA_DIR.",
    ),
    errno.EROFS: (
        StorageError,
        "The data folder's disk can only be read",
        "Look at the system's log for disk errors, then mount it for writing again.",
    ),
    errno.EIO: (
        StorageError,
        "The disk failed, so the file was not kept or could not be read",
        "Look at the system's log and at the disk's health before going on.",
    ),
}
_NO_MORE_FILES = (
    StorageFullError,
    "The disk has space left but no room for another file, so the file was not stored",
    "Delete many small files or enlarge the file system's number of inodes (df -i shows it).",
)


@contextmanager
def translated_errors(disk: Disk, folder: Path) -> Generator[None, None, None]:
    """Turn what the system says into StorageError or StorageFullError with what to do."""
    try:
        yield
    except OSError as error:
        cause = _CAUSES.get(error.errno or 0)
        if cause is None:
            raise
        if error.errno == errno.ENOSPC and _lacks_files(disk, folder):
            cause = _NO_MORE_FILES
        kind, message, hint = cause
        raise kind(message, hint=hint) from error


def _lacks_files(disk: Disk, folder: Path) -> bool:
    existing = next((p for p in (folder, *folder.parents) if p.is_dir()), Path("/"))
    try:
        return disk.free_space(existing).free_files == 0
    except OSError:
        return False

"""The files of a store's folder: their digests, their names, and the lock on the folder."""

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path, how: int) -> Generator[None, None, None]:
    """Hold an `fcntl.LOCK_SH` or `LOCK_EX` on a folder."""
    # The lock is on the folder itself and of the open file, so that threads exclude each other too.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def digest(path: Path) -> str | None:
    """The sha256 of a regular file that is no link; None without one, or where the disk fails."""
    if not is_own_file(path):
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        if error.errno in {errno.EIO, errno.ENOENT}:
            return None
        raise


def is_own_file(path: Path) -> bool:
    """Whether this is a regular file reached without any link inside the store."""
    try:
        is_file = stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
    return is_file and not any(parent.is_symlink() for parent in list(path.parents)[:2])


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Every name in a folder, in no order; none where there is no folder."""
    try:
        with os.scandir(folder) as found:
            yield from found
    except FileNotFoundError:
        return


def loose_files(folder: Path) -> list[os.DirEntry[str]]:
    """The regular files right in a folder."""
    return [entry for entry in entries(folder) if entry.is_file(follow_symlinks=False)]

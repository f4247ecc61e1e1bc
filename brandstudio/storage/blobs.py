"""Content-addressed files: written whole or not at all, named by the sha256 of their bytes."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from brandstudio.errors import NotFoundError, StorageFullError

_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Blobs:
    """A folder of immutable files: <folder>/ab/cd/<sha256>.<suffix>."""

    folder: Path

    def put(self, content: bytes, suffix: str) -> str:
        """Store bytes durably and return their sha256; storing the same bytes again is free."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self._path(sha256, suffix)
        if not target.exists():
            with self.incoming(suffix) as part:
                part.write_bytes(content)
                self._keep(part, target)
        return sha256

    def adopt(self, part: Path, suffix: str) -> str:
        """Move a finished file from `incoming` into the store and return its sha256."""
        with part.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with _room():
            self._keep(part, self._path(sha256, suffix))
        return sha256

    @contextmanager
    def incoming(self, suffix: str) -> Generator[Path, None, None]:
        """A path in the store's own file system to write to; removed unless it was kept."""
        with _room():
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(suffix=f".{suffix}.part", dir=self.folder)
            os.close(handle)
            try:
                yield Path(name)
            finally:
                Path(name).unlink(missing_ok=True)

    def path(self, sha256: str, suffix: str) -> Path:
        """Where the file lies, or NotFoundError."""
        found = self._path(sha256, suffix)
        if not found.is_file():
            raise NotFoundError("stored file", sha256[:12])
        return found

    def get(self, sha256: str, suffix: str) -> bytes:
        """The bytes, or NotFoundError."""
        return self.path(sha256, suffix).read_bytes()

    def sweep(self) -> int:
        """Remove what interrupted writers left behind; returns how many files."""
        parts = list(self.folder.glob("*.part")) if self.folder.is_dir() else []
        for part in parts:
            part.unlink(missing_ok=True)
        return len(parts)

    def _path(self, sha256: str, suffix: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:4] / f"{sha256}.{suffix}"

    def _keep(self, part: Path, target: Path) -> None:
        # fsync before the rename: otherwise a power cut can leave the name with no content.
        _fsync(part, os.O_RDWR)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        _fsync(target.parent, os.O_RDONLY)


@contextmanager
def _room() -> Generator[None, None, None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError("The disk is full, the file was not stored") from error
        raise


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

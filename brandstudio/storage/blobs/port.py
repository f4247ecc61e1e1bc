"""What the studio needs from a store of immutable files, wherever they lie."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from brandstudio.storage.disk import DiskSpace

BLOB_NAME = re.compile(r"(?P<sha256>[0-9a-f]{64})\.(?P<suffix>[a-z0-9]{1,8})(?P<mark>\.[a-z]+)?")
PART_NAME = re.compile(r".*\.part(\.[a-z0-9]+)?")


class BlobKind(StrEnum):
    """What a name in the store is."""

    WHOLE = "whole"
    DAMAGED = "damaged"
    REMOVED = "removed"
    PART = "part"
    STRANGE = "strange"


MARKS = {".damaged": BlobKind.DAMAGED, ".removed": BlobKind.REMOVED}
"""A mark is a name of its own beside where the file was, so that no table has to agree with it."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One name in the store; `sha256` and `suffix` are empty for parts and strange things."""

    kind: BlobKind
    place: str
    sha256: str
    suffix: str
    size_bytes: int
    modified_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        """What a row refers to."""
        return self.sha256, self.suffix


class Blobs(Protocol):
    """A store of immutable files. Everything may raise StorageError with what to do."""

    def put(self, content: bytes, suffix: str) -> str:
        """Store bytes durably and return their sha256; the same bytes again are stored once."""
        ...

    def incoming(self, suffix: str) -> AbstractContextManager[Path]:
        """A path to write a large file to; removed at the end unless it was adopted."""
        ...

    def adopt(self, part: Path, suffix: str) -> str:
        """Move a finished file from `incoming` into the store and return its sha256."""
        ...

    def get(self, sha256: str, suffix: str) -> bytes:
        """The bytes, checked: NotFoundError, or LostFileError when they are not what was stored."""
        ...

    def path(self, sha256: str, suffix: str) -> Path:
        """A file on this machine with the bytes, or NotFoundError, or LostFileError."""
        ...

    def exists(self, sha256: str, suffix: str) -> bool:
        """Whether the whole file is there under its name."""
        ...

    def verify(self, sha256: str, suffix: str) -> bool:
        """Read all of it: whether the bytes are what the name says. False too when it is gone."""
        ...

    def mark(self, sha256: str, suffix: str, kind: BlobKind) -> None:
        """Take a damaged or no longer wanted file away and leave a mark that says so."""
        ...

    def delete(self, sha256: str, suffix: str, *, older_than: datetime) -> bool:
        """Remove a file unless it was stored again since then; whether it was removed."""
        ...

    def survey(self) -> Iterator[StoredFile]:
        """Every name in the store, in no order; links are never followed."""
        ...

    def free_space(self) -> DiskSpace | None:
        """What is left for more files, or None where nobody counts."""
        ...

    def remove_parts(self, older_than: datetime) -> int:
        """Remove what writers left behind that died, or stopped that long ago; how many."""
        ...

"""Writes a ZIP whole or not at all, with the same bytes for the same content."""

import hashlib
import os
import re
import unicodedata
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from brandstudio.export.content import PackFile

SUMS = "SHA256SUMS"
_STORED = (".png", ".jpg", ".pdf")  # compressed already
_EARLIEST_YEAR = 1980  # ZIP counts from here


class PackZip:
    """A pack being written beside its target; it takes the target's name when all went well."""

    def __init__(self, target: Path, stamped: datetime) -> None:
        self._target = target
        self._partial = target.with_name(f".{target.name}.{os.getpid()}.part")
        self._time = _zip_time(stamped)
        self._zip = zipfile.ZipFile(self._partial, "w")
        self.files: list[PackFile] = []

    def add(self, path: str, content: bytes) -> PackFile:
        """Write one file into the pack."""
        stored = path.endswith(_STORED)
        record = zipfile.ZipInfo(path, self._time)
        record.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        record.create_system = 3  # Unix, on every machine
        record.external_attr = 0o100644 << 16
        self._zip.writestr(record, content)
        file = PackFile(path, hashlib.sha256(content).hexdigest(), len(content))
        self.files.append(file)
        return file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the finished pack in its place, or leave nothing behind."""
        try:
            if kind is None:
                self._finish()
        finally:
            try:
                self._zip.close()  # writes its directory, which a full disk refuses too
            finally:
                self._partial.unlink(missing_ok=True)

    def _finish(self) -> None:
        sums = "".join(f"{file.sha256}  {file.path}\n" for file in self.files)
        self.add(SUMS, sums.encode())
        self._zip.close()
        with self._partial.open("rb+") as written:
            os.fsync(written.fileno())
        self._partial.replace(self._target)
        folder = os.open(self._target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name itself must survive a power cut
        finally:
            os.close(folder)


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens, for file names on every system."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")[:48] or "x"


def _zip_time(stamped: datetime) -> tuple[int, int, int, int, int, int]:
    moment = stamped.astimezone(UTC)
    if moment.year < _EARLIEST_YEAR:
        return (_EARLIEST_YEAR, 1, 1, 0, 0, 0)
    return (
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
    )

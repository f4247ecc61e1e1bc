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

from brandstudio.errors import PackError
from brandstudio.export.content import PackFile
from brandstudio.export.verify import ATTRIBUTES, SUMS

MAX_NAME = 60
_NAME = rf"[a-z0-9-]{{1,{MAX_NAME}}}"
_PATH = re.compile(rf"(?:{_NAME}/)?{_NAME}\.(?:png|jpg|pdf|json|csv|txt)|{SUMS}")
# Windows keeps these names for devices, with every ending and in every folder.
_DEVICES = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
MAX_BYTES, MAX_FILES = 2**31 - 1, 2**16 - 2
"""What every program that unpacks can read; beyond it ZIP has another form."""
_PER_FILE = 30 + 46 + 67  # its two heads and its line among the sums, each without its name
_BESIDES = 30 + 46 + 2 * len(SUMS) + 22  # the heads of the sums, the end
_EARLIEST_YEAR = 1980  # ZIP counts from here


class PackZip:
    """A pack being written beside its target; it takes the target's name when all went well."""

    def __init__(self, target: Path, stamped: datetime) -> None:
        self._target = target
        # Begins like the target, whose name may say which process the sweeper has to ask for.
        self._partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        self._time = _zip_time(stamped)
        self._zip = zipfile.ZipFile(self._partial, "w")
        self.files: list[PackFile] = []
        self._folded: set[str] = set()
        self._size = _BESIDES

    def add(self, path: str, content: bytes) -> PackFile:
        """Write one file into the pack, or PackError for a name that some system cannot take."""
        self._require_portable(path)
        self._require_room(path, content)
        return self._write(path, content)

    def _write(self, path: str, content: bytes) -> PackFile:
        # Stored as they are: pictures hardly get smaller, and each release of a compressor may
        # make other bytes, some of which may be changed without changing what comes out.
        record = zipfile.ZipInfo(path, self._time)
        record.create_system = 3  # Unix, on every machine
        record.external_attr = ATTRIBUTES
        self._zip.writestr(record, content)
        file = PackFile(path, hashlib.sha256(content).hexdigest(), len(content))
        self.files.append(file)
        return file

    def _require_portable(self, path: str) -> None:
        if not _PATH.fullmatch(path) or any(map(_DEVICES.fullmatch, re.split(r"[/.]", path))):
            raise PackError(f"'{path}' cannot be the name of a file on every system")
        if path.casefold() in self._folded:
            raise PackError(f"'{path}' would be in the pack twice")
        self._folded.add(path.casefold())

    def _require_room(self, path: str, content: bytes) -> None:
        """Room for the file, for its name here and in the directory, and for the list of sums."""
        self._size += len(content) + 3 * len(path) + _PER_FILE
        if self._size > MAX_BYTES or len(self.files) >= MAX_FILES:
            raise PackError(
                f"A pack holds at most {MAX_BYTES / 1e9:.1f} GB and {MAX_FILES:,} files",
                hint="Build two packs: choose fewer variants, or fewer placements.",
            )

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
        self._write(SUMS, sums.encode())
        self._zip.close()
        with self._partial.open("rb+") as written:
            os.fsync(written.fileno())
        self._partial.replace(self._target)
        folder = os.open(self._target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name itself must survive a power cut
        finally:
            os.close(folder)


def portable(text: str, max_length: int = MAX_NAME) -> str:
    """Lower-case letters, digits and hyphens: a name of a file or a folder on every system."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore")
    short = re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")[:max_length].rstrip("-")
    if not short:
        return "x"
    return f"{short}-x" if _DEVICES.fullmatch(short) else short


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

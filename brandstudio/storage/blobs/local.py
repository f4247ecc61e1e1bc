"""The store as a folder, <folder>/ab/cd/<sha256>.<suffix>, from which a power cut takes nothing.

New bytes go to a part in the same file system → write → fsync → rename → fsync of the folder; the
folders above are made durable first. Only when `put` has returned may a row refer to the file.
An fsync that fails is never tried again, because the second one may claim success for lost bytes:
the file is thrown away and the caller told.
"""

import fcntl
import hashlib
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from brandstudio.errors import LostFileError, NotFoundError, StorageError
from brandstudio.storage.blobs.folder_files import (
    digest,
    entries,
    is_own_file,
    locked,
    loose_files,
)
from brandstudio.storage.blobs.part_files import is_abandoned, part_name
from brandstudio.storage.blobs.port import BLOB_NAME, MARKS, PART_NAME, BlobKind, StoredFile
from brandstudio.storage.disk import Disk, DiskSpace, RealDisk, translated_errors


@dataclass(frozen=True, slots=True)
class LocalBlobs:
    """A folder of immutable files on this machine's own disk."""

    folder: Path
    disk: Disk = field(default_factory=RealDisk)
    _durable: set[Path] = field(default_factory=set[Path], compare=False, repr=False)

    def put(self, content: bytes, suffix: str) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        target = self._path(sha256, suffix)
        with self._shared():
            if digest(target) == sha256:
                self._renew(target)
            else:
                part = self.folder / part_name(suffix)
                self._write(self.disk.create(part), content, part, target)
            self._unmark(target)
        return sha256

    @contextmanager
    def incoming(self, suffix: str) -> Generator[Path, None, None]:
        part = self.folder / part_name(suffix)
        with translated_errors(self.disk, self.folder):
            self._make_durable(self.folder)
            self.disk.close(self.disk.create(part))
            try:
                yield part
            finally:
                with suppress(OSError):
                    self.disk.remove(part)

    def adopt(self, part: Path, suffix: str) -> str:
        with translated_errors(self.disk, self.folder):
            sha256 = digest(part)
        if sha256 is None:
            raise NotFoundError("finished file", part.name)
        target = self._path(sha256, suffix)
        with self._shared():
            if digest(target) == sha256:
                self._renew(target)
                self.disk.remove(part)
            else:
                self._write(self.disk.reopen(part), b"", part, target)
            self._unmark(target)
        return sha256

    def get(self, sha256: str, suffix: str) -> bytes:
        with translated_errors(self.disk, self.folder):
            content = self.path(sha256, suffix).read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            # On a disk that can only be read, saying so is all that can be done.
            with suppress(StorageError):
                self.mark(sha256, suffix, BlobKind.DAMAGED)
            raise LostFileError(f"stored file {sha256[:12]}", "damaged")
        return content

    def path(self, sha256: str, suffix: str) -> Path:
        file = self._path(sha256, suffix)
        if is_own_file(file):
            return file
        for mark, kind in MARKS.items():
            if file.with_name(file.name + mark).is_file():
                raise LostFileError(f"stored file {sha256[:12]}", kind.value)
        raise NotFoundError("stored file", sha256[:12])

    def exists(self, sha256: str, suffix: str) -> bool:
        return is_own_file(self._path(sha256, suffix))

    def verify(self, sha256: str, suffix: str) -> bool:
        with translated_errors(self.disk, self.folder):
            return digest(self._path(sha256, suffix)) == sha256

    def mark(self, sha256: str, suffix: str, kind: BlobKind) -> None:
        target = self._path(sha256, suffix)
        marked = target.with_name(f"{target.name}.{kind.value}")
        with self._alone():
            if kind is BlobKind.DAMAGED:
                if digest(target) == sha256:
                    return  # stored again meanwhile
                # Kept, because a damaged picture may still be worth a look.
                with suppress(FileNotFoundError):
                    self.disk.rename(target, marked)
            else:
                self._make_durable(target.parent)
                with suppress(FileExistsError):
                    self.disk.close(self.disk.create(marked))
                # The reason before the deed: a file that is simply gone would be called missing.
                self.disk.sync_folder(target.parent)
                self.disk.remove(target)
            self.disk.sync_folder(target.parent)

    def delete(self, sha256: str, suffix: str, *, older_than: datetime) -> bool:
        target = self._path(sha256, suffix)
        with self._alone():
            try:
                modified_s = target.lstat().st_mtime
            except FileNotFoundError:
                return False
            if modified_s >= older_than.timestamp():
                return False
            self.disk.remove(target)
        return True

    def survey(self) -> Iterator[StoredFile]:
        """Every name in the store, in no order; links are never followed."""
        for entry in entries(self.folder):
            if entry.is_dir(follow_symlinks=False):
                yield from self._fan(entry.path)
            else:
                yield from self._seen(entry)

    def free_space(self) -> DiskSpace | None:
        existing = next(p for p in (self.folder, *self.folder.parents) if p.is_dir())
        with translated_errors(self.disk, self.folder):
            return self.disk.free_space(existing)

    def remove_parts(self, older_than: datetime) -> int:
        parts = [file for file in loose_files(self.folder) if PART_NAME.fullmatch(file.name)]
        removed = 0
        for entry in parts:
            with suppress(FileNotFoundError):
                is_old = entry.stat(follow_symlinks=False).st_mtime < older_than.timestamp()
                if is_old or is_abandoned(entry.name):
                    self.disk.remove(Path(entry.path))
                    removed += 1
        return removed

    def _fan(self, folder: str) -> Iterator[StoredFile]:
        for entry in entries(Path(folder)):
            if not entry.is_dir(follow_symlinks=False):
                yield from self._seen(entry)
                continue
            for blob in entries(Path(entry.path)):
                yield from self._seen(blob)

    def _seen(self, entry: os.DirEntry[str]) -> Iterator[StoredFile]:
        """What a name is; nothing when it has gone since the folder was read, as parts do."""
        with suppress(FileNotFoundError):
            yield self._found(Path(entry.path), entry.stat(follow_symlinks=False))

    def _found(self, place: Path, about: os.stat_result) -> StoredFile:
        modified_at = datetime.fromtimestamp(about.st_mtime, UTC)
        name, kind = BLOB_NAME.fullmatch(place.name), BlobKind.STRANGE
        if not stat.S_ISREG(about.st_mode):
            name = None
        elif PART_NAME.fullmatch(place.name):
            name, kind = None, BlobKind.PART
        elif name is not None and place.parent == self._path(name["sha256"], "x").parent:
            kind = MARKS.get(name["mark"], BlobKind.STRANGE) if name["mark"] else BlobKind.WHOLE
        is_blob = name is not None and kind is not BlobKind.STRANGE
        return StoredFile(
            kind=kind,
            place=place.relative_to(self.folder).as_posix(),
            sha256=name["sha256"] if is_blob and name else "",
            suffix=name["suffix"] if is_blob and name else "",
            size_bytes=about.st_size,
            modified_at=modified_at,
        )

    def _path(self, sha256: str, suffix: str) -> Path:
        return self.folder / sha256[:2] / sha256[2:4] / f"{sha256}.{suffix}"

    def _write(self, handle: int, content: bytes, part: Path, target: Path) -> None:
        """Give the open part its content and its final name, or leave nothing of it."""
        final = part
        try:
            try:
                # Before the file's fsync: where the file system has one journal, that takes them
                # along, and their own fsyncs find little left to write.
                folders = self._made(target.parent)
                self.disk.write(handle, content)
                # Before the rename: otherwise a power cut can leave the name with no content.
                self.disk.sync(handle)
            finally:
                self.disk.close(handle)
            self._settle(folders)
            self.disk.rename(part, target)
            final = target
            self.disk.sync_folder(target.parent)
        except Exception:
            with suppress(OSError):
                self.disk.remove(final)
            raise

    def _renew(self, target: Path) -> None:
        """Keep a file that is there from the sweeper, and do not trust that its name is durable.

        Whoever stored it may have been killed between the rename and the fsync of the folder.
        """
        self.disk.touch(target)
        self._make_durable(target.parent)
        self.disk.sync_folder(target.parent)

    def _unmark(self, target: Path) -> None:
        for mark in MARKS:
            marked = target.with_name(target.name + mark)
            if marked.exists():
                self.disk.remove(marked)

    def _make_durable(self, folder: Path) -> None:
        """Make a folder whose own name, and those above it in the store, survive a power cut."""
        self._settle(self._made(folder))

    def _made(self, folder: Path) -> list[Path]:
        """Make a folder and those above it; returns, topmost first, which are to be settled.

        Also one that is there already: who made it may have been killed before its fsync. Once
        for each process is enough, because the store never removes a folder.
        """
        is_ours = folder == self.folder or self.folder in folder.parents
        if folder in self._durable or (folder.is_dir() and not is_ours):
            return []
        above = self._made(folder.parent)
        self.disk.make_folder(folder)
        return [*above, folder]

    def _settle(self, folders: list[Path]) -> None:
        for folder in folders:
            self.disk.sync_folder(folder.parent)
            self._durable.add(folder)

    @contextmanager
    def _shared(self) -> Generator[None, None, None]:
        """Writers go on side by side, but never while a file is being taken away."""
        with translated_errors(self.disk, self.folder):
            self._make_durable(self.folder)
            with locked(self.folder, fcntl.LOCK_SH):
                yield

    @contextmanager
    def _alone(self) -> Generator[None, None, None]:
        with translated_errors(self.disk, self.folder):
            self._make_durable(self.folder)
            with locked(self.folder, fcntl.LOCK_EX):
                yield

"""The store behind any fsspec URL: s3://, gs://, memory:// …

An object store shows an object only when it has all of it; anything else gets a part and a rename.
Every put writes, also the same bytes again: that is what renews the object's time for the sweeper.
"""

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import fsspec  # pyright: ignore[reportMissingTypeStubs]

from brandstudio.errors import LostFileError, NotFoundError, StorageError
from brandstudio.storage.blobs.local import LocalBlobs
from brandstudio.storage.blobs.part_files import is_abandoned, part_name
from brandstudio.storage.blobs.port import BLOB_NAME, MARKS, PART_NAME, BlobKind, StoredFile
from brandstudio.storage.disk import DiskSpace

_WHOLE_OR_NOTHING = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory"})


def open_remote(url: str, cache: Path) -> "RemoteBlobs":
    """The store at an fsspec URL, or StorageError; `cache` is a folder on this machine."""
    files: Any = fsspec
    try:
        system, root = files.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise StorageError(
            f"BRANDSTUDIO_BLOBS names a store that cannot be opened: {error}",
            hint="For s3:// install brandstudio[s3]; file:///some/folder always works.",
        ) from error
    return RemoteBlobs(system=system, root=str(root).rstrip("/"), cache=LocalBlobs(cache))


@dataclass(frozen=True, slots=True)
class RemoteBlobs:
    """Immutable files on an fsspec file system, with a copy here of what was looked at."""

    system: Any
    root: str
    cache: LocalBlobs
    _lock: Lock = field(default_factory=Lock, compare=False, repr=False)

    def put(self, content: bytes, suffix: str) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        with self._told(), self._lock:
            self._upload(self._key(sha256, suffix), lambda key: self.system.pipe_file(key, content))
            self._unmark(sha256, suffix)
        return sha256

    @contextmanager
    def incoming(self, suffix: str) -> Generator[Path, None, None]:
        with self.cache.incoming(suffix) as part:
            yield part

    def adopt(self, part: Path, suffix: str) -> str:
        sha256 = self.cache.adopt(part, suffix)
        source = self.cache.path(sha256, suffix)
        with self._told(), self._lock:
            self._upload(
                self._key(sha256, suffix), lambda key: self.system.put_file(str(source), key)
            )
            self._unmark(sha256, suffix)
        return sha256

    def get(self, sha256: str, suffix: str) -> bytes:
        if self.cache.exists(sha256, suffix):
            with suppress(LostFileError):
                return self.cache.get(sha256, suffix)
        with self._told():
            content = self._fetched(sha256, suffix)
        if hashlib.sha256(content).hexdigest() != sha256:
            self.mark(sha256, suffix, BlobKind.DAMAGED)
            raise LostFileError(f"stored file {sha256[:12]}", "damaged")
        return content

    def path(self, sha256: str, suffix: str) -> Path:
        if not self.cache.exists(sha256, suffix):
            self.cache.put(self.get(sha256, suffix), suffix)
        return self.cache.path(sha256, suffix)

    def exists(self, sha256: str, suffix: str) -> bool:
        with self._told():
            return bool(self.system.isfile(self._key(sha256, suffix)))

    def verify(self, sha256: str, suffix: str) -> bool:
        with self._told():
            try:
                content = self.system.cat_file(self._key(sha256, suffix))
            except FileNotFoundError:
                return False
        return hashlib.sha256(content).hexdigest() == sha256

    def mark(self, sha256: str, suffix: str, kind: BlobKind) -> None:
        key = self._key(sha256, suffix)
        with self._told(), self._lock:
            content = b""
            if kind is BlobKind.DAMAGED:
                with suppress(FileNotFoundError):
                    content = self.system.cat_file(key)
                if hashlib.sha256(content).hexdigest() == sha256:
                    return  # stored again meanwhile
            self._upload(f"{key}.{kind.value}", lambda place: self.system.pipe_file(place, content))
            self._remove(key)
        self._forget(sha256, suffix)

    def delete(self, sha256: str, suffix: str, *, older_than: datetime) -> bool:
        key = self._key(sha256, suffix)
        with self._told(), self._lock:
            try:
                modified_at = _time_of(self.system.info(key))
            except FileNotFoundError:
                return False
            if modified_at >= older_than:
                return False
            self._remove(key)
        self._forget(sha256, suffix)
        return True

    def survey(self) -> Iterator[StoredFile]:
        """Every object below the root."""
        with self._told():
            try:
                objects: Mapping[str, Mapping[str, Any]] = self.system.find(self.root, detail=True)
            except FileNotFoundError:
                return
        for key, about in objects.items():
            yield self._found(key, about)

    def free_space(self) -> DiskSpace | None:
        return None

    def remove_parts(self, older_than: datetime) -> int:
        removed = self.cache.remove_parts(older_than)
        for file in self.survey():
            name = file.place.rsplit("/", 1)[-1]
            if file.kind is BlobKind.PART and (file.modified_at < older_than or is_abandoned(name)):
                with self._told():
                    self._remove(f"{self.root}/{file.place}")
                removed += 1
        return removed

    def _found(self, key: str, about: Mapping[str, Any]) -> StoredFile:
        place = key[len(self.root) :].lstrip("/")
        leaf = place.rsplit("/", 1)[-1]
        name, kind = BLOB_NAME.fullmatch(leaf), BlobKind.STRANGE
        if PART_NAME.fullmatch(leaf):
            name, kind = None, BlobKind.PART
        elif about.get("islink"):
            name = None
        elif name and key == self._key(name["sha256"], name["suffix"]) + (name["mark"] or ""):
            kind = MARKS.get(name["mark"], BlobKind.STRANGE) if name["mark"] else BlobKind.WHOLE
        blob = name if kind is not BlobKind.STRANGE else None
        return StoredFile(
            kind=kind,
            place=place,
            sha256=blob["sha256"] if blob else "",
            suffix=blob["suffix"] if blob else "",
            size_bytes=int(about.get("size") or 0),
            modified_at=_time_of(about),
        )

    def _fetched(self, sha256: str, suffix: str) -> bytes:
        key = self._key(sha256, suffix)
        try:
            return bytes(self.system.cat_file(key))
        except FileNotFoundError as error:
            for mark, kind in MARKS.items():
                if self.system.isfile(key + mark):
                    raise LostFileError(f"stored file {sha256[:12]}", kind.value) from error
            raise NotFoundError("stored file", sha256[:12]) from error

    def _upload(self, key: str, send: Callable[[str], object]) -> None:
        """Let the object appear whole or not at all."""
        protocol = self.system.protocol
        named = {protocol} if isinstance(protocol, str) else set(protocol)
        if named & _WHOLE_OR_NOTHING:
            send(key)
            return
        part = f"{self.root}/{part_name('upload')}"
        self.system.makedirs(key.rsplit("/", 1)[0], exist_ok=True)
        try:
            send(part)
            self.system.mv(part, key)
        except Exception:
            with suppress(OSError):
                self._remove(part)
            raise

    def _remove(self, key: str) -> None:
        with suppress(FileNotFoundError):
            self.system.rm_file(key)

    def _unmark(self, sha256: str, suffix: str) -> None:
        for mark in MARKS:
            key = self._key(sha256, suffix) + mark
            if self.system.isfile(key):
                self._remove(key)

    def _forget(self, sha256: str, suffix: str) -> None:
        self.cache.delete(sha256, suffix, older_than=datetime.max.replace(tzinfo=UTC))

    def _key(self, sha256: str, suffix: str) -> str:
        return f"{self.root}/{sha256[:2]}/{sha256[2:4]}/{sha256}.{suffix}"

    @contextmanager
    def _told(self) -> Generator[None, None, None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"The store of files did not answer as it should: {type(error).__name__}",
                hint="Check BRANDSTUDIO_BLOBS, the network and the store's permissions.",
            ) from error


def _time_of(about: Mapping[str, Any]) -> datetime:
    """When an object was written, under the name its file system has for it."""
    for name in ("LastModified", "last_modified", "mtime", "created", "updated"):
        moment = about.get(name)
        if isinstance(moment, datetime):
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(moment, int | float):
            return datetime.fromtimestamp(moment, UTC)
    return datetime.now(UTC)

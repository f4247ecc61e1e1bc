"""Backups of a running studio.

A backup is a folder: the database at one moment, every file its rows need under its own hash, what
else lies in the data folder, and manifest.json with the sha256 of all of it and of the presets and
LoRA files it belongs to. It is written as FOLDER.partial and renamed at the very end, so that what
a killed backup leaves cannot be taken for one.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from brandstudio import __version__
from brandstudio.errors import (
    BackupError,
    LostFileError,
    NotFoundError,
    StorageError,
    count_of,
)
from brandstudio.services.studio import Studio
from brandstudio.storage import references
from brandstudio.storage.blobs import LocalBlobs
from brandstudio.storage.disk import PRIVATE_FOLDER_MODE, RealDisk, translated_errors
from brandstudio.storage.engine import snapshots

MANIFEST, SUMS, FORMAT = "manifest.json", "SHA256SUMS", 1
PARTIAL = ".partial"
BLOBS, OTHERS = "blobs", "folder"
_LEFT_OUT = frozenset({"blobs", "cache", "backups", "upkeep.json"})
_DATABASES = frozenset({snapshots.SQLITE, snapshots.POSTGRESQL})
DONE_EVERY = 500

OnMessage = Callable[[str], None]
"""Called with a line for whoever waits."""


@dataclass(frozen=True, slots=True)
class BackupEntry:
    """One file of a backup: where it lies in it, and what it must be."""

    path: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    folder: Path
    made_at: str
    database: str
    entries: tuple[BackupEntry, ...]
    lost: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The backup in one line for people."""
        size_mb = sum(entry.size_bytes for entry in self.entries) / 1e6
        lost = f" Not in it, because lost before: {', '.join(self.lost)}." if self.lost else ""
        return f"{count_of(len(self.entries), 'file')}, {size_mb:.1f} MB.{lost}"


def back_up(studio: Studio, folder: Path, on_progress: OnMessage = lambda _line: None) -> Backup:
    """Copy the studio as it is at this moment, while it runs. Raises BackupError."""
    folder = folder.absolute()
    partial = folder.with_name(folder.name + PARTIAL)
    if folder.exists():
        raise BackupError(f"{folder} is there already")
    if _would_hold_itself(folder, studio.settings.data_dir):
        raise BackupError(f"{folder} is in the data folder: a backup there would hold itself")
    with translated_errors(RealDisk(), folder.parent):
        clear(partial)
        partial.mkdir(parents=True, mode=PRIVATE_FOLDER_MODE)
        on_progress("copying the database")
        # The database first: files are stored before their rows, so that all it needs is there.
        database = snapshots.snapshot(studio.database, partial)
        on_progress("copying the files")
        blobs, lost = _copy_blobs(studio, database, partial, on_progress)
        _copy_others(studio, partial / OTHERS)
        on_progress("writing the manifest")
        entries = (_entry(partial, database), *blobs, *_entries(partial, partial / OTHERS))
        backup = Backup(folder, studio.now().isoformat(), database.name, entries, lost)
        _describe(studio, partial, backup)
        make_durable(partial)
        partial.rename(folder)
        RealDisk().sync_folder(folder.parent)
    return backup


def examine(folder: Path, on_progress: OnMessage = lambda _line: None) -> Backup:
    """Read every byte of a backup: what it holds, or BackupError naming what is wrong."""
    if folder.name.endswith(PARTIAL):
        raise BackupError(f"{folder} was interrupted while it was made; it is not a backup")
    try:
        listing = (folder / MANIFEST).read_bytes()
        sealed = (folder / SUMS).read_text(encoding="utf-8").split()[0]
    except (OSError, IndexError) as error:
        raise BackupError(f"{folder} is not a backup: it has no manifest") from error
    if hashlib.sha256(listing).hexdigest() != sealed:
        raise BackupError(f"{folder}: the manifest is not the one that was written")
    content: dict[str, Any] = json.loads(listing)
    if content["format"] != FORMAT:
        raise BackupError(f"{folder} was made by a newer studio (format {content['format']})")
    entries = tuple(BackupEntry(**entry) for entry in content["files"])
    for number, entry in enumerate(entries, start=1):
        _check(folder, entry)
        if number % DONE_EVERY == 0:
            on_progress(f"checking: {number:,} of {len(entries):,}")
    database = content["database"]
    if database not in _DATABASES or database not in {entry.path for entry in entries}:
        raise BackupError(f"{folder} has no database")
    if not snapshots.is_sound(folder / database):
        raise BackupError(f"{folder}: the database in it is damaged")
    return Backup(folder, content["made_at"], database, entries, tuple(content["lost"]))


def _copy_blobs(
    studio: Studio, database: Path, partial: Path, on_progress: OnMessage
) -> tuple[list[BackupEntry], tuple[str, ...]]:
    """Every file the rows need, read and checked; and whose file is missing or damaged.

    With them the bytes that decisions name, if a variant was drawn again since and they are there.
    """
    with snapshots.reading(studio.database, database) as session:
        needed = dict.fromkeys(references.decided_on(session), "")
        needed |= {need.key: need.owner for need in references.everything(session)}
    entries: list[BackupEntry] = []
    lost: list[str] = []
    for number, (key, owner) in enumerate(sorted(needed.items()), start=1):
        target = partial / BLOBS / _place(*key)
        try:
            _link_or_copy(studio.blobs.path(*key), target)
        except (NotFoundError, LostFileError, FileNotFoundError):
            lost += [owner] if owner else []
            continue
        entry = _entry(partial, target)
        if entry.sha256 == key[0]:
            entries.append(entry)
        else:
            target.unlink()
            lost += [owner] if owner else []
        if number % DONE_EVERY == 0:
            on_progress(f"copying: {number:,} of {len(needed):,}")
    return entries, tuple(lost)


def _place(sha256: str, suffix: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{suffix}"


def _link_or_copy(source: Path, target: Path) -> None:
    """A second name for the same bytes where that is possible: stored files never change."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def _copy_others(studio: Studio, target: Path) -> None:
    """What else the studio keeps beside its database: small files such as the audit's heads."""
    store = studio.blobs.folder if isinstance(studio.blobs, LocalBlobs) else None
    for source in sorted(studio.settings.data_dir.iterdir()):
        if source.name in _LEFT_OUT or source.name.startswith((snapshots.SQLITE, ".")):
            continue
        if source.suffix in {".lock", ".part", ".new"} or source.is_symlink() or source == store:
            continue
        target.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target / source.name, ignore=_links)
        else:
            shutil.copyfile(source, target / source.name)


def _links(folder: str, names: list[str]) -> list[str]:
    """What a backup leaves out: a link leads to what is not in it, and would never be restored."""
    return [name for name in names if Path(folder, name).is_symlink()]


def _would_hold_itself(folder: Path, data_dir: Path) -> bool:
    place, home = folder.resolve(), data_dir.resolve()
    return place.is_relative_to(home) and place.relative_to(home).parts[:1] != ("backups",)


def _describe(studio: Studio, partial: Path, backup: Backup) -> None:
    content = {
        "format": FORMAT,
        "made_at": backup.made_at,
        "studio": __version__,
        "database": backup.database,
        "files": [asdict(entry) for entry in backup.entries],
        "lost": list(backup.lost),
        "presets": _sums(studio.settings.presets_dir),
        "lora_weights": _sums(studio.settings.lora_dir),
    }
    listing = json.dumps(content, indent=1).encode()
    (partial / MANIFEST).write_bytes(listing)
    seal = f"{hashlib.sha256(listing).hexdigest()}  {MANIFEST}\n"
    (partial / SUMS).write_text(seal, encoding="utf-8")


def _entries(partial: Path, folder: Path) -> Iterator[BackupEntry]:
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield _entry(partial, file)


def _entry(partial: Path, file: Path) -> BackupEntry:
    return BackupEntry(file.relative_to(partial).as_posix(), sha256_of(file), file.stat().st_size)


def _sums(folder: Path) -> dict[str, str]:
    """What the presets were: a studio restored beside other ones draws other pictures."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


def _check(folder: Path, entry: BackupEntry) -> None:
    file = folder / entry.path
    # The second half for where it goes: 'folder/../folder/x' lies inside, and would leave there.
    is_inside = file.resolve().is_relative_to(folder.resolve())
    if not is_inside or ".." in Path(entry.path).parts:
        raise BackupError(f"{entry.path} leads out of the backup")
    if not file.is_file():
        raise BackupError(f"{entry.path} is missing from the backup")
    if file.stat().st_size != entry.size_bytes or sha256_of(file) != entry.sha256:
        raise BackupError(f"{entry.path} in the backup is damaged")


def clear(folder: Path) -> None:
    """Remove what an interrupted backup or restore of this very name left."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise BackupError(f"{folder} is in the way")
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def make_durable(folder: Path) -> None:
    """Return only when all of the folder is on the disk itself."""
    for path in sorted(folder.rglob("*"), reverse=True):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            raise StorageError("The disk failed while the backup was written") from error
        finally:
            os.close(handle)
    RealDisk().sync_folder(folder)


def sha256_of(file: Path) -> str:
    """The hash of a file as it is now; nothing is remembered."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

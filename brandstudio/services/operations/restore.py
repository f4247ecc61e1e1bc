"""Restores a backup in a studio's place: all of it, checked first, or nothing."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from brandstudio.errors import BackupError
from brandstudio.services.operations.backup import (
    BLOBS,
    DONE_EVERY,
    OTHERS,
    Backup,
    BackupEntry,
    OnMessage,
    clear,
    examine,
    make_durable,
    sha256_of,
)
from brandstudio.settings import Settings
from brandstudio.storage.blobs import Blobs, open_blobs
from brandstudio.storage.disk import PRIVATE_FOLDER_MODE, RealDisk, translated_errors
from brandstudio.storage.engine import snapshots

RESTORING = ".restoring"


class NotEmptyError(BackupError):
    """A restore would take the place of a studio that is in use."""

    hint = "Name an empty folder with --into, or add --replace, which keeps the old one beside it."


def restore(
    settings: Settings,
    folder: Path,
    *,
    replace: bool = False,
    at: datetime,
    on_progress: OnMessage = lambda _line: None,
) -> Path | None:
    """Make the data folder what the backup holds; returns where the old one was put, if any.

    Every hash is checked first. A studio that is not empty stays as it is unless `replace`.
    """
    on_progress("checking the backup")
    backup = examine(folder, on_progress)
    target = settings.data_dir.absolute()
    _require_fitting(settings, backup)
    if not replace:
        _require_empty(settings, target)
    with translated_errors(RealDisk(), target.parent):
        staged = target.with_name(target.name + RESTORING)
        clear(staged)
        staged.mkdir(parents=True, mode=PRIVATE_FOLDER_MODE)
        on_progress("copying")
        _lay_out(settings, backup, staged, on_progress)
        make_durable(staged)
        aside = _swap(staged, target, at)
        if backup.database == snapshots.POSTGRESQL:
            on_progress("filling the database")
            with _swapped_back_on_failure(staged, target, aside):
                snapshots.put_back(folder / backup.database, settings.database)
        RealDisk().sync_folder(target.parent)
    return aside


def _require_fitting(settings: Settings, backup: Backup) -> None:
    is_postgresql = urlsplit(settings.database).scheme.startswith("postgresql")
    if is_postgresql != (backup.database == snapshots.POSTGRESQL):
        kind = "PostgreSQL" if backup.database == snapshots.POSTGRESQL else "SQLite"
        raise BackupError(
            f"The backup holds a {kind} database, and BRANDSTUDIO_DATABASE_URL names another kind"
        )
    if not is_postgresql and settings.database_url:
        raise BackupError("A SQLite backup goes into the data folder; unset the database's URL")


def _require_empty(settings: Settings, target: Path) -> None:
    kept = [path.name for path in target.iterdir()] if target.is_dir() else []
    held = [name for name in kept if name not in {"cache", "upkeep.json", "upkeep.lock"}]
    if urlsplit(settings.database).scheme.startswith("postgresql"):
        held += ["the database"] if snapshots.is_in_use(settings.database) else []
    if held:
        raise NotEmptyError(f"There is a studio in {target} already")


def _lay_out(settings: Settings, backup: Backup, staged: Path, on_progress: OnMessage) -> None:
    """The backup's files where a studio looks for them; each is checked once more as it lands."""
    store = open_blobs(settings.blobs, staged)
    for number, entry in enumerate(backup.entries, start=1):
        source = backup.folder / entry.path
        area, _, rest = entry.path.partition("/")
        if area == BLOBS:
            _adopt(store, source, entry)
        elif area == OTHERS:
            _copy_checked(source, staged / rest, entry)
        elif entry.path == snapshots.SQLITE:
            _copy_checked(source, staged / entry.path, entry)
        if number % DONE_EVERY == 0:
            on_progress(f"copying: {number:,} of {len(backup.entries):,}")


def _adopt(store: Blobs, source: Path, entry: BackupEntry) -> None:
    """A copy of the file in the store: not through memory, because a pack may be large."""
    suffix = source.suffix[1:]
    with store.incoming(suffix) as part:
        shutil.copyfile(source, part)
        if store.adopt(part, suffix) != entry.sha256:
            raise BackupError(f"{entry.path} changed while it was copied")


def _copy_checked(source: Path, target: Path, entry: BackupEntry) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o600)
    if sha256_of(target) != entry.sha256:
        raise BackupError(f"{entry.path} changed while it was copied")


def _swap(staged: Path, target: Path, at: datetime) -> Path | None:
    """The staged folder in the target's place; what was there stays beside it."""
    aside: Path | None = None
    if target.exists():
        aside = target.with_name(f"{target.name}.before-{at:%Y%m%d-%H%M%S}")
        if aside.exists():
            raise BackupError(f"{aside} is in the way")
        try:
            target.rename(aside)
        except OSError as error:
            raise BackupError(f"{target} cannot be moved aside: {error.strerror}") from error
    staged.rename(target)
    if aside is not None and not any(aside.iterdir()):
        aside.rmdir()
        return None
    return aside


@contextmanager
def _swapped_back_on_failure(
    staged: Path, target: Path, aside: Path | None
) -> Generator[None, None, None]:
    """Let the old files and the old database stay together when the new one cannot be filled."""
    try:
        yield
    except BaseException:
        target.rename(staged)
        if aside is not None:
            aside.rename(target)
        raise

"""SQLite: one file, one writer at a time, nothing acknowledged that is not on the disk."""

import random
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, event

from brandstudio.errors import DatabaseBusyError, DatabaseError

BUSY_TIMEOUT_MS = 10_000
# Before 3.51.3 a checkpoint that meets a reset of the log can corrupt a database in WAL mode;
# 3.52.0 was withdrawn.
_SAFE_WAL, _WITHDRAWN = (3, 51, 3), (3, 52, 0)
# Their locks and fsyncs may not hold, and they cannot give what a write-ahead log needs: memory
# that all users of the file share.
NETWORK = ("nfs", "cifs", "smb", "9p", "ceph", "glusterfs", "lustre", "fuse.sshfs", "afs")

TRANSACTIONS: dict[str, dict[str, Any]] = {
    "reading": {"begin": "DEFERRED"},
    "writing": {"begin": "IMMEDIATE"},
    "claiming": {"begin": "IMMEDIATE"},
}


class DamagedDatabaseError(DatabaseError):
    """The database file is not what SQLite wrote."""

    hint = "Stop the studio, keep a copy of the file, and restore the last backup in its place."


def prepare(url: URL) -> None:
    """Make the folder of the file."""
    file = file_of(url)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)


def options(url: URL) -> dict[str, Any]:
    """Arguments for the engine; one in memory has a single connection and no pool to wait for."""
    return {"pool_timeout": BUSY_TIMEOUT_MS // 1000} if file_of(url) else {}


def listen(engine: Engine) -> None:
    """Set up every connection and every transaction."""
    wal = why_no_wal(file_of(engine.url)) is None

    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not open transactions by itself: _begin says which kind.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            # TRUNCATE is the rollback journal without making and removing a file each time.
            f"journal_mode = {'WAL' if wal else 'TRUNCATE'}",
            "synchronous = FULL",
            "foreign_keys = ON",
            "trusted_schema = OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", _begin)


def check(engine: Engine) -> None:
    """Do nothing if the pages of the file are sound, or DamagedDatabaseError; reads all of it."""
    with engine.connect() as connection:
        said = connection.exec_driver_sql("PRAGMA quick_check(3)").scalars().all()
    if said != ["ok"]:
        raise DamagedDatabaseError(f"The database is damaged: {'; '.join(map(str, said))}")


def file_of(url: URL) -> Path | None:
    """The database's file; None for one in memory."""
    named = url.database and url.database != ":memory:"
    return Path(str(url.database)) if named else None


@contextmanager
def writer_lock(writers: Lock) -> Generator[None, None, None]:
    """Queue inside this process first.

    SQLite lets who waits try again and again, and with many threads the unlucky never get in.
    """
    if not writers.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
        raise DatabaseBusyError
    try:
        yield
    finally:
        writers.release()


def left_unclean(url: URL) -> bool:
    """Whether a journal with content lies there whose writer has died."""
    file = file_of(url)
    if file is None:
        return False
    journals = (file.with_name(file.name + end) for end in ("-journal", "-wal"))
    has_content = any(journal.is_file() and journal.stat().st_size > 0 for journal in journals)
    # Reading all of a large file takes a minute, and beside a busy worker every start would.
    return has_content and not _is_being_written(file)


def _is_being_written(file: Path) -> bool:
    """Whether somebody who lives is in the middle of a transaction; never waits for it."""
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE").close()
        except sqlite3.DatabaseError as error:
            return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


def why_no_wal(
    file: Path | None, version: tuple[int, int, int] = sqlite3.sqlite_version_info[:3]
) -> str | None:
    """Why this file is kept with a rollback journal, in words, or None when WAL is safe."""
    if version < _SAFE_WAL or version == _WITHDRAWN:
        number = ".".join(map(str, version))
        return (
            f"SQLite {number} can corrupt a write-ahead log; 3.51.3 or newer, not 3.52.0, is safe"
        )
    kind = file_system_of(file) if file else ""
    if kind.startswith(NETWORK):
        return f"the data folder is on a network file system ({kind})"
    return None


def file_system_of(file: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """The kind of file system a file lies on, such as `ext4`; '' where it cannot be told."""
    if not mounts.is_file():
        return ""
    place, best, kind = file.absolute(), "", ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, point, type_, *_ = line.split(" ")
        if place.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, type_
    return kind


def _begin(connection: Connection) -> None:
    # Reading first and writing later in one deferred transaction loses updates: writers queue.
    if connection.get_execution_options().get("begin", "DEFERRED") == "DEFERRED":
        connection.exec_driver_sql("BEGIN DEFERRED")
        return
    raw = cast("sqlite3.Connection", connection.connection.driver_connection)
    raw.execute("PRAGMA busy_timeout = 0").close()
    try:
        if not _got_in(raw):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # to raise what stands in the way
    finally:
        raw.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}").close()


def _got_in(raw: sqlite3.Connection) -> bool:
    """Ask for the write lock often and evenly until it is time to give up.

    SQLite by itself asks ever more rarely: beside a busy process the unlucky one never gets in.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while time.monotonic() < deadline:
        try:
            raw.execute("BEGIN IMMEDIATE").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return False
            time.sleep(random.uniform(0.001, 0.004))
        else:
            return True
    return False

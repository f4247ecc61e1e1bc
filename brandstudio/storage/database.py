"""One database: SQLite by default, opened the way that loses nothing."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session

from brandstudio.errors import DatabaseError, StorageFullError
from brandstudio.storage import migrations
from brandstudio.storage.migrations import HEAD

# Older versions can corrupt a database in WAL mode when a checkpoint meets a reset of the log.
_SAFE_WAL = (3, 51, 3)
_BUSY_TIMEOUT_MS = 15_000


@dataclass(frozen=True, slots=True)
class Database:
    """Opens transactions; rows never leave the block they were read in."""

    engine: Engine

    @contextmanager
    def reading(self) -> Generator[Session, None, None]:
        """A session that sees one moment of the database and changes nothing."""
        with _told_plainly(), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Generator[Session, None, None]:
        """One transaction that holds the write lock from its start: all of it or nothing."""
        engine = self.engine.execution_options(begin="IMMEDIATE")
        with _told_plainly(), Session(engine) as session, session.begin():
            yield session

    def close(self) -> None:
        """Release every connection."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open the database and bring its schema up to date, or raise DatabaseError."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(f"'{url}' is not a database URL") from error
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed)
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    with _told_plainly():
        _bring_up_to_date(engine)
    return Database(engine)


def _bring_up_to_date(engine: Engine) -> None:
    """Run the migrations this database lacks, under the write lock: two processes may start."""
    with engine.connect() as connection:
        if _schema_of(connection) == HEAD:
            return
    with engine.execution_options(begin="IMMEDIATE").begin() as connection:
        found = _schema_of(connection)
        if found is None and inspect(connection).has_table("runs"):
            raise DatabaseError("The database was made before the first release and cannot be read")
        if found is not None and found > HEAD:
            raise DatabaseError(f"The database is of a newer studio (schema {found}, here {HEAD})")
        migrate(connection)


def migrate(connection: Connection) -> None:
    """Run every migration the connection's database lacks, in its open transaction."""
    # Imported only now: a database that is up to date, nearly always, never needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    command.upgrade(config, "head")


def _schema_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not open transactions by itself: _begin_sqlite says which kind.
    connection.isolation_level = None
    wal = sqlite3.sqlite_version_info >= _SAFE_WAL
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        f"journal_mode = {'WAL' if wal else 'DELETE'}",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # Reading first and writing later in one deferred transaction loses updates: writers queue.
    kind = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


@contextmanager
def _told_plainly() -> Generator[None, None, None]:
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig)
        if "disk is full" in reason or "disk I/O error" in reason:
            raise StorageFullError("The disk is full, nothing was changed") from error
        raise DatabaseError(f"The database answered: {reason}") from error

"""A copy of the whole database at one moment, made while others write, and put back from a file."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from brandstudio.errors import BackupError
from brandstudio.storage.engine.database import Database
from brandstudio.storage.engine.driver_errors import translated_errors
from brandstudio.storage.engine.upgrade import Backups, back_up

SQLITE, POSTGRESQL = "studio.db", "studio.dump"


def snapshot(database: Database, folder: Path) -> Path:
    """Copy the database into the folder; returns the file. Raises DatabaseError."""
    if database.engine.dialect.name == "postgresql":
        dump = back_up(database.engine, "now", Backups(folder))
        return dump.replace(folder / POSTGRESQL)
    target = folder / SQLITE
    with translated_errors(), database.engine.connect() as connection:
        # VACUUM INTO sees one moment and lets others go on; it must not be in a transaction.
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    return target


@contextmanager
def reading(database: Database, copy: Path) -> Generator[Session, None, None]:
    """Read the copy of a SQLite database, and of a PostgreSQL one the database itself.

    The latter may know more than its dump, never less: rows are only ever added, but for uploads
    that nobody put into a run within a day. Those are removed from the copy, too, once it is used.
    """
    if copy.name != SQLITE:
        with database.reading() as session:
            yield session
        return
    with _read_only(copy) as session:
        yield session


def is_sound(copy: Path) -> bool:
    """Whether every page of a SQLite copy is what SQLite wrote and no row names a missing one."""
    if copy.name != SQLITE:
        return True
    with closing(_opened(copy)) as connection:
        intact = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return intact and not connection.execute("PRAGMA foreign_key_check").fetchall()


def is_in_use(url: str) -> bool:
    """Whether a PostgreSQL database holds a studio's runs."""
    engine = create_engine(_driven(url))
    try:
        with translated_errors(), engine.connect() as connection:
            if not inspect(connection).has_table("runs"):
                return False
            return connection.exec_driver_sql("SELECT 1 FROM runs LIMIT 1").first() is not None
    finally:
        engine.dispose()


def put_back(dump: Path, url: str) -> None:
    """Fill a PostgreSQL database from a dump, all of it or nothing, or BackupError."""
    tool = shutil.which("pg_restore")
    if tool is None:
        raise BackupError("There is no pg_restore here, and the backup holds a PostgreSQL database")
    parsed = make_url(url)
    plain = parsed.set(drivername="postgresql", password=None).render_as_string()
    # The password goes through the environment: arguments are for everyone to see.
    secret = {"PGPASSWORD": str(parsed.password)} if parsed.password else {}
    ended = subprocess.run(
        [tool, "--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error",
         f"--dbname={plain}", str(dump)],
        env=os.environ | secret,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if ended.returncode != 0:
        raise BackupError(f"pg_restore stopped: {ended.stderr.strip()[:300]}")


@contextmanager
def _read_only(file: Path) -> Generator[Session, None, None]:
    engine = create_engine("sqlite://", creator=lambda: _opened(file))
    try:
        with translated_errors(), Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def _opened(file: Path) -> sqlite3.Connection:
    """Open for reading alone; a URI, in which a folder's # or ? must not end the name."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _driven(url: str) -> URL:
    parsed = make_url(url)
    is_postgresql = parsed.get_backend_name() == "postgresql"
    return parsed.set(drivername="postgresql+psycopg") if is_postgresql else parsed

"""Bring a database up to date: a copy of it first, then every step in one transaction."""

import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect
from sqlalchemy.engine.interfaces import DBAPIConnection

from brandstudio.errors import DatabaseError
from brandstudio.storage import migrations
from brandstudio.storage.engine import postgresql, sqlite
from brandstudio.storage.migrations import HEAD

_TRANSACTIONS = {"sqlite": sqlite.TRANSACTIONS, "postgresql": postgresql.TRANSACTIONS}


class UpgradeCopyError(DatabaseError):
    """The copy before an upgrade could not be made, so nothing was upgraded."""

    hint = (
        "Make room for it; PostgreSQL needs its client tools of the server's version. Or make a "
        "copy yourself and run 'brandstudio upgrade --no-backup'."
    )


@dataclass(frozen=True, slots=True)
class Backups:
    """Whether to copy the database before an upgrade: not for who has made a copy already.

    A SQLite file is copied beside itself, a PostgreSQL database into `folder`.
    """

    folder: Path | None = None
    wanted: bool = True


HERE = Backups()


def bring_up_to_date(engine: Engine, backups: Backups) -> None:
    """Run the migrations this database lacks, under the write lock: two processes may start."""
    with engine.connect() as connection:
        if _known(connection) == HEAD:
            return
    options = _TRANSACTIONS[engine.dialect.name]["writing"]
    with engine.execution_options(**options).connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        # A step may build a table anew; with the check on, dropping the old one would be refused.
        _foreign_keys(engine, raw, "OFF")
        try:
            with connection.begin():
                _upgrade(engine, connection, backups)
        finally:
            _foreign_keys(engine, raw, "ON")


def migrate(connection: Connection, to: str = "head") -> None:
    """Run every migration the connection's database lacks, in its open transaction."""
    # Imported only now: a database that is up to date, nearly always, never needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    command.upgrade(config, to)


def back_up(engine: Engine, schema: str, backups: Backups) -> Path:
    """A copy of the whole database as it is now, or UpgradeCopyError. Returns its file."""
    if engine.dialect.name == "postgresql":
        return _dump(engine.url, _target(backups, f"{engine.url.database}.schema-{schema}.dump"))
    file = sqlite.file_of(engine.url)
    assert file is not None, "a database in memory is always new"
    target = file.with_name(f"{file.name}.schema-{schema}")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        try:
            raw.cursor().execute("VACUUM INTO ?", (str(part),))
        except sqlite3.Error as error:
            part.unlink(missing_ok=True)
            raise UpgradeCopyError(f"The database could not be copied: {error}") from error
    return _kept(part, target)


def _upgrade(engine: Engine, connection: Connection, backups: Backups) -> None:
    schema = _known(connection)
    if schema == HEAD:
        return
    if schema is not None and backups.wanted:
        # Through another connection, while this one keeps every writer away.
        back_up(engine, schema, backups)
    migrate(connection)
    _refuse_dangling(connection)


def _known(connection: Connection) -> str | None:
    """The schema of the database, None when it is empty, or DatabaseError when it is foreign."""
    tables = inspect(connection)
    if tables.has_table("alembic_version"):
        schema = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        if schema is not None and schema > HEAD:
            raise DatabaseError(f"The database is of a newer studio (schema {schema}, here {HEAD})")
        return schema
    if tables.has_table("runs"):
        raise DatabaseError("The database was made before the first release and cannot be read")
    return None


def _foreign_keys(engine: Engine, raw: DBAPIConnection, state: str) -> None:
    if engine.dialect.name == "sqlite":
        raw.cursor().execute(f"PRAGMA foreign_keys = {state}")


def _refuse_dangling(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if dangling:
        raise DatabaseError(f"Table '{dangling[0]}' names rows that do not exist; nothing changed")


def _target(backups: Backups, name: str) -> Path:
    folder = backups.folder or Path.cwd()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _dump(url: URL, target: Path) -> Path:
    tool = shutil.which("pg_dump")
    if tool is None:
        raise UpgradeCopyError("There is no pg_dump here to copy the database before its upgrade")
    part = target.with_name(target.name + ".part")
    plain = url.set(drivername="postgresql", password=None)
    # The password goes through the environment: arguments are for everyone to see.
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    ended = subprocess.run(
        [tool, "--format=custom", f"--file={part}", f"--dbname={plain.render_as_string()}"],
        env=os.environ | secret,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        part.unlink(missing_ok=True)
        raise UpgradeCopyError(f"pg_dump could not copy the database: {ended.stderr.strip()[:300]}")
    return _kept(part, target)


def _kept(part: Path, target: Path) -> Path:
    """The finished copy under its own name, on the disk: a half one never has that name."""
    for path, flags in ((part, os.O_RDWR), (part.parent, os.O_RDONLY)):
        descriptor = os.open(path, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if path == part:
            part.replace(target)
    return target

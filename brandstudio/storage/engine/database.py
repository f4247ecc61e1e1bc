"""One database, SQLite by default or PostgreSQL by its URL, opened the way that loses nothing."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from brandstudio.errors import DatabaseError
from brandstudio.storage.engine import postgresql, sqlite
from brandstudio.storage.engine.driver_errors import translated_errors
from brandstudio.storage.engine.upgrade import HERE, Backups, bring_up_to_date

TransactionKind = Literal["reading", "writing", "claiming"]
_ENGINES = {"sqlite": sqlite, "postgresql": postgresql}


class DriverMissingError(DatabaseError):
    """The database's driver is not installed."""

    hint = "Install it with: pip install 'brandstudio[postgresql]'."


@dataclass(frozen=True, slots=True)
class Database:
    """Opens transactions; rows never leave the block they were read in."""

    engine: Engine
    writers: Lock = field(default_factory=Lock, repr=False, compare=False)

    @contextmanager
    def reading(self) -> Generator[Session, None, None]:
        """A session that sees one moment of the database and changes nothing."""
        with translated_errors(), Session(self._taking("reading")) as session:
            yield session

    @contextmanager
    def writing(self) -> Generator[Session, None, None]:
        """One transaction, all of it or nothing, that no other `writing` overlaps.

        What it reads stays true until it ends, so that a rule may read first and write after.
        """
        with self._changing("writing") as session:
            yield session

    @contextmanager
    def claiming(self) -> Generator[Session, None, None]:
        """One transaction that waits for nothing but the rows it changes.

        For single statements that hold their rows by themselves (`FOR UPDATE SKIP LOCKED`, an
        UPDATE whose WHERE says what must still be true): beside `writing` it sees no order.
        SQLite has one writer at a time whatever is asked, so there it is the same as `writing`.
        """
        with self._changing("claiming") as session:
            yield session

    def check(self) -> None:
        """Do nothing if the file is sound, or DamagedDatabaseError; reads all of it."""
        with translated_errors():
            _ENGINES[self.engine.dialect.name].check(self.engine)

    def close(self) -> None:
        """Release every connection."""
        self.engine.dispose()

    @contextmanager
    def _changing(self, kind: TransactionKind) -> Generator[Session, None, None]:
        with (
            translated_errors(),
            _ENGINES[self.engine.dialect.name].writer_lock(self.writers),
            Session(self._taking(kind)) as session,
            session.begin(),
        ):
            yield session

    def _taking(self, kind: TransactionKind) -> Engine:
        return self.engine.execution_options(
            **_ENGINES[self.engine.dialect.name].TRANSACTIONS[kind]
        )


def open_database(url: str, backups: Backups = HERE) -> Database:
    """Open the database and bring its schema up to date, or raise DatabaseError."""
    parsed = _parsed(url)
    kind = _ENGINES[parsed.get_backend_name()]
    with translated_errors():
        kind.prepare(parsed)
        unclean = kind.left_unclean(parsed)
        engine = _engine(parsed)
        kind.listen(engine)
        try:
            if unclean:
                kind.check(engine)
            bring_up_to_date(engine, backups)
        except BaseException:
            engine.dispose()
            raise
    return Database(engine)


def _engine(url: URL) -> Engine:
    try:
        # An error ends up in the log, and what was stored is a client's secret.
        return create_engine(
            url, hide_parameters=True, **_ENGINES[url.get_backend_name()].options(url)
        )
    except ModuleNotFoundError as error:
        raise DriverMissingError(f"The driver of {url.drivername} is missing") from error


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        # The URL may hold a password: it is never shown.
        raise DatabaseError("The database setting is not a URL") from error
    if parsed.get_backend_name() not in _ENGINES:
        engines = " and ".join(_ENGINES)
        raise DatabaseError(f"A database of {engines} can be used, not {parsed.drivername}")
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed

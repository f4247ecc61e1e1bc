"""PostgreSQL: the same meaning as SQLite, with many readers and claims that pass each other."""

from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, event

WRITE_LOCK = 0x6272_616E_6453_7475
"""The advisory lock every `writing` holds ("brandStu"): one writer at a time, as on SQLite."""
LOCK_TIMEOUT_S = 10
OPTIONS: dict[str, Any] = {
    # A connection that died while it was idle is replaced before anybody notices.
    "pool_pre_ping": True,
    "pool_timeout": LOCK_TIMEOUT_S,
    "connect_args": {
        "connect_timeout": 5,
        "application_name": "brandstudio",
        "options": f"-c lock_timeout={LOCK_TIMEOUT_S}s",
    },
}
TRANSACTIONS: dict[str, dict[str, Any]] = {
    # One moment for a whole page: at READ COMMITTED each statement would see a later one.
    "reading": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    # READ COMMITTED, so that what is read after waiting for the lock is what the last one left.
    "writing": {"isolation_level": "READ COMMITTED", "write_lock": True},
    "claiming": {"isolation_level": "READ COMMITTED"},
}


def prepare(_url: URL) -> None:
    """Do nothing: whoever runs the server creates the database."""


def options(_url: URL) -> dict[str, Any]:
    """Arguments for the engine."""
    return OPTIONS


def listen(engine: Engine) -> None:
    """Set up every transaction."""
    event.listen(engine, "begin", _begin)


def writer_lock(_writers: Lock) -> AbstractContextManager[None]:
    """A lock that never waits: the server lets writers in by the order they came."""
    return nullcontext()


def left_unclean(_url: URL) -> bool:
    """Always False: the server recovers by itself."""
    return False


def check(_engine: Engine) -> None:
    """Do nothing: see `left_unclean`."""


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("write_lock"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")

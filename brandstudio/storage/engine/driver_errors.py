"""Translates driver exceptions into StudioErrors."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError as AnyDatabaseError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from brandstudio.errors import (
    ConnectionLostError,
    DatabaseBusyError,
    DatabaseError,
    StorageFullError,
)
from brandstudio.storage.engine.sqlite import DamagedDatabaseError

# SQLite's primary result codes; PostgreSQL's SQLSTATE, by its beginning.
_SQLITE_BUSY, _SQLITE_FULL = {5, 6}, {10, 13}
_BUSY, _FULL, _LOST = ("55P03", "40001", "40P01", "57014"), ("53100",), ("08", "57P0", "57P1")


@contextmanager
def translated_errors() -> Generator[None, None, None]:
    """Turn what a driver raises into an error with a hint; broken constraints stay as they are."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _told(error) from error
    except PoolTimeoutError as error:
        raise DatabaseBusyError from error
    except AnyDatabaseError as error:
        if type(error) is not AnyDatabaseError:
            raise
        raise DamagedDatabaseError(f"The database is damaged: {error.orig}") from error


def _told(error: DBAPIError) -> Exception:
    code: int | None = getattr(error.orig, "sqlite_errorcode", None)
    state = str(getattr(error.orig, "sqlstate", None) or "")
    reason = " ".join(str(error.orig).split())
    if (code is not None and code & 0xFF in _SQLITE_BUSY) or state.startswith(_BUSY):
        return DatabaseBusyError()
    if (code is not None and code & 0xFF in _SQLITE_FULL) or state.startswith(_FULL):
        return StorageFullError("The disk is full, nothing was changed")
    # A server that cannot be reached has no code to send.
    if error.connection_invalidated or state.startswith(_LOST) or not (code or state):
        return ConnectionLostError(reason)
    return DatabaseError(f"The database answered: {reason}")

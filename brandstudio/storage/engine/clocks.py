"""The clock that leases are measured on: one that nobody can set, or one that all workers share."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from brandstudio.domain.lease import Moment

Clock = Callable[[Session], Moment]
"""What a worker reads its leases' clock with."""

_SERVER = "database server"


def lease_clock(session: Session) -> Moment:
    """The moment now.

    SQLite means one machine: seconds since it was started, which no changed wall clock moves, under
    the name of this start. A database server has workers on several machines: its own clock.
    """
    if session.get_bind().dialect.name == "sqlite":
        return Moment(boot_id(), _since_start_s())
    seconds = session.scalar(text("SELECT extract(epoch FROM clock_timestamp())"))
    return Moment(_SERVER, float(seconds or 0))


@cache
def boot_id() -> str:
    """Names the time since this machine was started; the same word for ever where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "this machine"


def _since_start_s() -> float:
    clock = getattr(time, "CLOCK_BOOTTIME", None)  # goes on while the machine sleeps; Linux only
    return time.monotonic() if clock is None else time.clock_gettime(clock)

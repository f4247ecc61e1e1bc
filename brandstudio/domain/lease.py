"""Leases: who may finish a piece of work, for how long, and how often it may go wrong."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LEASE_S = 60.0
"""A holder that has not beaten for so long has lost what it held."""

HEARTBEAT_S = 10.0
BACK_OFF_S = (5.0, 30.0, 120.0)
MAX_DEATHS = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """A reading of the clock leases are measured on; readings of different clocks say nothing."""

    clock: str
    s: float


class WorkerState(StrEnum):
    """What a worker process is doing."""

    STARTING = "starting"
    IDLE = "idle"
    DRAWING = "drawing"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """One worker process. `moved_s` is when it last got on with something, on its lease clock, and
    `patience_s` how long what it does now may take before it is taken for stuck."""

    name: str
    host: str
    pid: int
    boot_id: str
    device: str
    state: WorkerState
    since: datetime
    restarts: int
    last_error: str
    clock: str
    beat_s: float
    moved_s: float
    patience_s: float

    def is_heard(self, moment: Moment) -> bool:
        """Whether it has beaten within a lease."""
        return self.clock == moment.clock and moment.s - self.beat_s <= LEASE_S

    @property
    def is_busy(self) -> bool:
        """Whether it starts or draws."""
        return self.state in {WorkerState.STARTING, WorkerState.DRAWING}

    def is_stuck(self, moment: Moment) -> bool:
        """Whether it seems stuck; just after the machine wakes from sleep every worker does."""
        late = self.clock == moment.clock and moment.s - self.moved_s > self.patience_s
        return self.is_busy and late


def wait_after(failures: int) -> float | None:
    """Seconds until work that failed so often is tried again; None when it is given up."""
    return BACK_OFF_S[failures - 1] if failures <= len(BACK_OFF_S) else None

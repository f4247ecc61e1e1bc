"""Worker processes in rows: that they live, what they do, and when they last got on."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.lease import Moment, WorkerRecord, WorkerState
from brandstudio.storage.tables.workers import WorkerRow


def enter(session: Session, worker: WorkerRecord) -> None:
    """Record a worker that starts, in place of one of the same name."""
    session.execute(delete(WorkerRow).where(WorkerRow.name == worker.name))
    session.add(WorkerRow(**{name: getattr(worker, name) for name in _FIELDS}))


def beat(session: Session, name: str, moment: Moment) -> None:
    """Record that the process lives; whether it gets on is another matter."""
    _set(session, name, clock=moment.clock, beat_s=moment.s)


def moved(session: Session, name: str, moment: Moment, patience_s: float) -> None:
    """Record that the worker got on, and how long what it does now may take."""
    here = {"clock": moment.clock, "beat_s": moment.s, "moved_s": moment.s}
    _set(session, name, **here, patience_s=patience_s)


def set_state(
    session: Session, name: str, state: WorkerState, moment: Moment, patience_s: float, at: datetime
) -> None:
    """Record that the worker does something else now."""
    moved(session, name, moment, patience_s)
    changed = update(WorkerRow).where(WorkerRow.name == name, WorkerRow.state != state)
    session.execute(changed.values(state=state, since=at))


def restarting(
    session: Session, name: str, restarts: int, error: str, moment: Moment, at: datetime
) -> None:
    """Record that a worker died and its supervisor is about to start the next one."""
    beat(session, name, moment)
    changes = {"restarts": restarts, "last_error": error, "since": at}
    _set(session, name, state=WorkerState.STARTING, **changes)


def runs_on(session: Session, name: str, device: str) -> None:
    """Record what the worker draws with, known once torch is loaded."""
    _set(session, name, device=device)


def find(session: Session, name: str) -> WorkerRecord | None:
    """The worker of that name."""
    row = session.get(WorkerRow, name)
    return _record(row) if row else None


def boots(session: Session, names: Collection[str]) -> dict[str, str | None]:
    """Since which start of its machine each of these workers has lived, where that is known."""
    known = select(WorkerRow.name, WorkerRow.boot_id).where(WorkerRow.name.in_(names))
    return dict.fromkeys(names) | dict(session.execute(known).all())


def every(session: Session) -> tuple[WorkerRecord, ...]:
    """All workers that are known, the newest first."""
    rows = session.scalars(select(WorkerRow).order_by(WorkerRow.since.desc(), WorkerRow.name))
    return tuple(_record(row) for row in rows)


def forget(session: Session, names: Iterable[str]) -> None:
    """Remove workers that are gone for good."""
    session.execute(delete(WorkerRow).where(WorkerRow.name.in_(list(names))))


def _set(session: Session, name: str, **values: object) -> None:
    session.execute(update(WorkerRow).where(WorkerRow.name == name).values(**values))


def _record(row: WorkerRow) -> WorkerRecord:
    return WorkerRecord(**{name: getattr(row, name) for name in _FIELDS})


_FIELDS = tuple(WorkerRecord.__dataclass_fields__)

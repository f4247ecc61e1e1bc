"""Leases in rows: held, renewed, given back, taken back. A run's row is the lock of all of its own.

Every change of a variant's lease first locks the row of its run, so that two workers on one run
never wait for each other in a circle and each sees what the other has finished.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_, update
from sqlalchemy.orm import Session

from brandstudio.domain.lease import BACK_OFF_S, LEASE_S, MAX_DEATHS, Moment
from brandstudio.domain.run import UNFINISHED, RunFailure, RunStatus
from brandstudio.storage.tables.runs import RunRow, VariantRow

_Table = type[VariantRow] | type[RunRow]
FREE: dict[str, Any] = {"worker": None, "lease_until": None}
"""The columns of what nobody holds."""
_UNDONE = {"status": RunStatus.QUEUED, "steps": 0} | FREE

STOPPED_THRICE = RunFailure(
    "PoisonError",
    "This request stopped the generator three times",
    "Try fewer variants or another size, or show the administrator the worker's log.",
)


@dataclass(frozen=True, slots=True)
class VariantLease:
    """One lease of one variant: only who names its token may keep the image."""

    variant_id: int
    token: int


def hold(worker: str, moment: Moment, at: datetime) -> dict[str, Any]:
    """The columns of a fresh lease, but for its token."""
    return {
        "worker": worker,
        "lease_clock": moment.clock,
        "lease_until": moment.s + LEASE_S,
        "heartbeat_at": at,
        "run_after": None,
    }


def mine(holds: Iterable[VariantLease]) -> ColumnElement[bool]:
    """That a variant is still held as it was when it was claimed."""
    pairs = [(held.variant_id, held.token) for held in holds]
    return and_(
        tuple_(VariantRow.id, VariantRow.token).in_(pairs), VariantRow.status == RunStatus.RUNNING
    )


def beat(session: Session, worker: str, moment: Moment, at: datetime) -> None:
    """Renew everything the worker holds."""
    lock(session, _concerned(session, VariantRow.worker == worker, RunRow.worker == worker))
    renewed = {"lease_until": moment.s + LEASE_S, "heartbeat_at": at}
    for table in (VariantRow, RunRow):
        session.execute(
            update(table)
            .where(table.worker == worker, table.status == RunStatus.RUNNING)
            .values(renewed)
        )


def step(
    session: Session,
    run_id: int,
    holds: Sequence[VariantLease],
    steps: int,
    moment: Moment,
    at: datetime,
) -> int:
    """Record how far a batch is and renew its leases; returns how many of them still hold."""
    lock(session, [run_id])
    values = {"steps": steps, "lease_until": moment.s + LEASE_S, "heartbeat_at": at}
    renewal = update(VariantRow).where(mine(holds)).values(values).returning(VariantRow.id)
    return len(session.scalars(renewal).all())


def give_back(session: Session, worker: str, at: datetime) -> None:
    """Let everything the worker holds wait again, as if it had never been taken."""
    _let_go(session, VariantRow.worker == worker, RunRow.worker == worker, at, deaths=0)


def take_back(session: Session, workers: Collection[str], at: datetime, *, deaths: int) -> None:
    """Let everything wait again that these workers hold.

    `deaths` is 1 when that may have killed them, 0 when the machine took them with it.
    """
    names = list(workers)
    _let_go(session, VariantRow.worker.in_(names), RunRow.worker.in_(names), at, deaths=deaths)


def take_back_void(session: Session, moment: Moment, at: datetime) -> None:
    """Let everything wait again whose lease is over; only a worker that fell silent is a death."""
    for is_void, deaths in ((_is_of_another_clock, 0), (_is_over, 1)):
        variants, runs = is_void(VariantRow, moment), is_void(RunRow, moment)
        _let_go(session, variants, runs, at, deaths=deaths)


def holders(session: Session) -> set[str]:
    """The names of all workers that hold something."""
    return {
        name
        for table in (VariantRow, RunRow)
        for name in session.scalars(
            select(table.worker).distinct().where(table.status == RunStatus.RUNNING)
        )
        if name
    }


def is_ready(table: _Table, moment: Moment) -> ColumnElement[bool]:
    """That nothing keeps this from being tried now."""
    return or_(
        table.run_after.is_(None),
        table.lease_clock.is_distinct_from(moment.clock),
        table.run_after <= moment.s,
        table.run_after > moment.s + BACK_OFF_S[-1],
    )


def lock(session: Session, run_ids: Iterable[int]) -> None:
    """Lock the rows of runs, in order, until the transaction ends."""
    ids = sorted(set(run_ids))
    session.execute(
        select(RunRow.id).where(RunRow.id.in_(ids)).order_by(RunRow.id).with_for_update()
    )


def end(
    session: Session,
    run_id: int,
    status: RunStatus,
    at: datetime,
    failure: RunFailure | None = None,
    trace: str | None = None,
) -> None:
    """End a run; what is not drawn takes its status, and whoever still draws it is fenced off."""
    lock(session, [run_id])
    ended = session.scalar(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.status.in_(UNFINISHED))
        .values(
            status=status,
            finished_at=at,
            token=RunRow.token + 1,
            error_kind=failure.kind if failure else None,
            error_message=failure.message if failure else None,
            error_hint=failure.hint if failure else None,
            error_traceback=trace,
            **FREE,
        )
        .returning(RunRow.id)
    )
    if ended is not None:
        session.execute(
            update(VariantRow)
            .where(VariantRow.run_id == run_id, VariantRow.status != RunStatus.SUCCEEDED)
            .values(status=status, token=VariantRow.token + 1, **FREE)
        )


def settle(session: Session, at: datetime) -> None:
    """End what was cancelled, and let runs wait of which nothing is being drawn.

    Counted in a statement of its own after locking: it must see what others finished meanwhile.
    """
    open_runs = select(RunRow.id).where(
        or_(
            RunRow.status == RunStatus.RUNNING,
            and_(RunRow.status == RunStatus.QUEUED, RunRow.cancel_requested_at.is_not(None)),
        )
    )
    ids = session.scalars(open_runs.order_by(RunRow.id).with_for_update(skip_locked=True)).all()
    resting = and_(RunRow.id.in_(ids), RunRow.worker.is_(None), ~_has_variant(RunStatus.RUNNING))
    for run_id in session.scalars(
        select(RunRow.id).where(resting, RunRow.cancel_requested_at.is_not(None))
    ).all():
        end(session, run_id, RunStatus.CANCELLED, at)
    waiting = and_(resting, _has_variant(RunStatus.QUEUED), RunRow.status == RunStatus.RUNNING)
    # Only what has to change is locked for writing: most of the time that is nothing.
    for run_id in session.scalars(select(RunRow.id).where(waiting)).all():
        session.execute(update(RunRow).where(RunRow.id == run_id).values(status=RunStatus.QUEUED))


def _let_go(
    session: Session,
    variants: ColumnElement[bool],
    runs: ColumnElement[bool],
    at: datetime,
    *,
    deaths: int,
) -> None:
    drawn = and_(VariantRow.status == RunStatus.RUNNING, variants)
    ranked = and_(RunRow.status == RunStatus.RUNNING, RunRow.worker.is_not(None), runs)
    concerned = _concerned(session, variants, runs)
    if not concerned:
        return
    lock(session, concerned)
    freed = _free(session, VariantRow, drawn, deaths) | _free(session, RunRow, ranked, deaths)
    for run_id in freed:
        end(session, run_id, RunStatus.FAILED, at, STOPPED_THRICE)
    settle(session, at)


def _concerned(
    session: Session, variants: ColumnElement[bool], runs: ColumnElement[bool]
) -> set[int]:
    """The runs of which something is held that meets these."""
    of_drawn = select(VariantRow.run_id).distinct()
    return {
        *session.scalars(of_drawn.where(VariantRow.status == RunStatus.RUNNING, variants)),
        *session.scalars(select(RunRow.id).where(RunRow.worker.is_not(None), runs)),
    }


def _free(
    session: Session,
    table: _Table,
    held: ColumnElement[bool],
    deaths: int,
) -> set[int]:
    """Free what is held; returns the runs that have stopped the generator too often."""
    drawing = table is VariantRow
    run_id = VariantRow.run_id if drawing else RunRow.id
    values = (_UNDONE if drawing else FREE) | {"deaths": table.deaths + deaths}
    freed = update(table).where(held).values(values).returning(run_id, table.deaths)
    return {run for run, died in session.execute(freed).all() if died >= MAX_DEATHS}


def _has_variant(status: RunStatus) -> ColumnElement[bool]:
    return exists().where(VariantRow.run_id == RunRow.id, VariantRow.status == status)


def _is_of_another_clock(table: _Table, moment: Moment) -> ColumnElement[bool]:
    return table.lease_clock.is_distinct_from(moment.clock)


def _is_over(table: _Table, moment: Moment) -> ColumnElement[bool]:
    # No lease ends later than one that begins now: that one was written before a clock's start.
    return or_(
        table.lease_until.is_(None),
        table.lease_until < moment.s,
        table.lease_until > moment.s + 2 * LEASE_S,
    )

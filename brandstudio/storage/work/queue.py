"""The queue in rows: who is next, what of it is drawn together, and what people ask of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.brand import Brand
from brandstudio.domain.run import RunStatus, VariantRecord
from brandstudio.storage.tables.runs import RunRow, VariantRow
from brandstudio.storage.work import leases, next_run
from brandstudio.storage.work.leases import VariantLease
from brandstudio.storage.work.next_run import Claim
from brandstudio.storage.work.runs import brand_of, row_of, variants_of


@dataclass(frozen=True, slots=True)
class Batch:
    """Variants of one run that one worker draws in one forward pass."""

    run_id: int
    variants: tuple[VariantRecord, ...]
    holds: tuple[VariantLease, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A run of which nothing is left to draw, held by the one worker that scores its images."""

    run_id: int
    token: int
    brand: Brand
    variants: tuple[VariantRecord, ...]


Task = Batch | Ranking
_SETTLED = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED})
"""A variant of an open run that needs no more drawing: its image came, or never will."""


def is_idle(session: Session) -> bool:
    """Whether nothing at all waits or is being drawn; asked often, so it locks nothing."""
    waits = and_(RunRow.status == RunStatus.QUEUED, RunRow.paused_at.is_(None))
    return not session.scalar(
        select(exists().where(or_(RunRow.status == RunStatus.RUNNING, waits)))
    )


def claim(session: Session, asked: Claim) -> Task | None:
    """Hold what is next: a run to rank, else a batch of the run whose person was served least."""
    return _claim_ranking(session, asked) or _claim_batch(session, asked)


def request_cancel(session: Session, run_id: int, at: datetime) -> None:
    """Ask the workers to stop; a run of which nothing is being drawn ends at once."""
    leases.lock(session, [run_id])
    session.execute(
        update(RunRow).where(RunRow.id == run_id).values(cancel_requested_at=at, paused_at=None)
    )
    leases.settle(session, at)


def is_cancelled(session: Session, run_id: int) -> bool:
    """Whether somebody wants this run stopped."""
    asked = session.scalar(select(RunRow.cancel_requested_at).where(RunRow.id == run_id))
    return asked is not None


def pause(session: Session, run_id: int, at: datetime) -> None:
    """Start nothing more of the run; what is being drawn is finished."""
    session.execute(update(RunRow).where(RunRow.id == run_id).values(paused_at=at))


def resume(session: Session, run_id: int, at: datetime) -> None:
    """Let a paused run go on; it waits from now on."""
    changes = {"paused_at": None, "heartbeat_at": at}
    session.execute(update(RunRow).where(RunRow.id == run_id).values(changes))


def queue_again(session: Session, run_id: int, at: datetime) -> None:
    """Let a run that ended early wait again; what is drawn stays."""
    leases.lock(session, [run_id])
    row = row_of(session, run_id)
    row.status, row.attempts, row.deaths, row.run_after = RunStatus.QUEUED, 0, 0, None
    row.heartbeat_at = at
    row.started_at = row.finished_at = row.cancel_requested_at = row.paused_at = None
    row.error_kind = row.error_message = row.error_hint = row.error_traceback = None
    session.execute(
        update(VariantRow)
        .where(VariantRow.run_id == run_id, VariantRow.status != RunStatus.SUCCEEDED)
        .values(
            status=RunStatus.QUEUED,
            attempts=0,
            deaths=0,
            run_after=None,
            steps=0,
            error_kind=None,
            error_message=None,
        )
    )


def progress(session: Session, run_id: int) -> tuple[int, int]:
    """Steps done of a run's variants, by whomever, and steps in all."""
    done = session.scalar(
        select(func.coalesce(func.sum(VariantRow.steps), 0)).where(VariantRow.run_id == run_id)
    )
    return int(done or 0), row_of(session, run_id).steps_total


def _claim_ranking(session: Session, claim: Claim) -> Ranking | None:
    undrawn = exists().where(VariantRow.run_id == RunRow.id, VariantRow.status.not_in(_SETTLED))
    is_drawn = and_(RunRow.worker.is_(None), leases.is_ready(RunRow, claim.moment), ~undrawn)
    run_id = session.scalar(next_run.open_runs(claim).where(is_drawn).order_by(RunRow.id))
    if run_id is None:
        return None
    token = session.scalar(
        update(RunRow)
        .where(RunRow.id == run_id)
        .values(token=RunRow.token + 1, **leases.hold(claim.worker, claim.moment, claim.at))
        .returning(RunRow.token)
    )
    drawn = [v for v in variants_of(session, run_id) if v.status is RunStatus.SUCCEEDED]
    return Ranking(run_id, token or 0, brand_of(session, run_id), tuple(drawn))


def _claim_batch(session: Session, claim: Claim) -> Batch | None:
    run_id = session.scalar(next_run.fairest(claim))
    if run_id is None:
        return None
    waiting = session.scalars(
        select(VariantRow)
        .where(VariantRow.run_id == run_id, next_run.is_waiting(claim.moment))
        .order_by(VariantRow.deaths + VariantRow.attempts, VariantRow.index)
    ).all()
    if not waiting:
        return None
    chosen = next_run.chosen(waiting, claim.size_of(row_of(session, run_id).base_model))
    holds = session.execute(
        update(VariantRow)
        .where(VariantRow.id.in_([variant.id for variant in chosen]))
        .values(
            status=RunStatus.RUNNING,
            token=VariantRow.token + 1,
            steps=0,
            **leases.hold(claim.worker, claim.moment, claim.at),
        )
        .returning(VariantRow.id, VariantRow.token)
    )
    tokens = dict(holds.all())
    session.execute(
        update(RunRow)
        .where(RunRow.id == run_id)
        .values(status=RunStatus.RUNNING, started_at=func.coalesce(RunRow.started_at, claim.at))
    )
    return Batch(run_id, chosen, tuple(VariantLease(v.id, tokens[v.id]) for v in chosen))

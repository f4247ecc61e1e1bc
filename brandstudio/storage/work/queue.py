"""The queue in rows: who is next, what of it is drawn together, and what becomes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.brand import Brand
from brandstudio.domain.lease import Moment, wait_after
from brandstudio.domain.ranking import Ranked
from brandstudio.domain.run import UNFINISHED, RunFailure, RunStatus, UpscaledImage, VariantRecord
from brandstudio.storage.tables import RunRow, VariantRow
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


@dataclass(frozen=True, slots=True)
class DrawnImage:
    """An image that lies in the store, ready to be recorded."""

    sha256: str
    described: Mapping[str, str]
    upscaled: UpscaledImage | None
    steps: int
    drawing_s: float


def is_idle(session: Session) -> bool:
    """Whether nothing at all waits or is being drawn; asked often, so it locks nothing."""
    waits = and_(RunRow.status == RunStatus.QUEUED, RunRow.paused_at.is_(None))
    return not session.scalar(
        select(exists().where(or_(RunRow.status == RunStatus.RUNNING, waits)))
    )


def claim(session: Session, asked: Claim) -> Task | None:
    """Hold what is next: a run to rank, else a batch of the run whose person was served least."""
    return _claim_ranking(session, asked) or _claim_batch(session, asked)


def keep(
    session: Session, run_id: int, held: VariantLease, drawn: DrawnImage, at: datetime
) -> bool:
    """Record that a variant is drawn; False when the lease was lost, and then nothing is."""
    leases.lock(session, [run_id])
    variant_id = session.scalar(
        update(VariantRow)
        .where(leases.mine([held]))
        .values(
            sha256=drawn.sha256,
            described=dict(drawn.described),
            status=RunStatus.SUCCEEDED,
            drawn_at=at,
            drawing_s=drawn.drawing_s,
            enlarged=asdict(drawn.upscaled) if drawn.upscaled else None,
            enlarged_sha256=drawn.upscaled.sha256 if drawn.upscaled else None,
            steps=drawn.steps,
            **leases.FREE,
            error_kind=None,
            error_message=None,
        )
        .returning(VariantRow.id)
    )
    return variant_id is not None


def give_up(
    session: Session, run_id: int, held: VariantLease, failure: RunFailure, steps: int, at: datetime
) -> None:
    """Record why a variant has no image, if its lease holds; a run without any image fails."""
    leases.lock(session, [run_id])
    given_up = session.scalar(
        update(VariantRow)
        .where(leases.mine([held]))
        .values(
            status=RunStatus.FAILED,
            steps=steps,
            scores={},
            parts={},
            rank=None,
            **leases.FREE,
            error_kind=failure.kind,
            error_message=failure.message,
        )
        .returning(VariantRow.id)
    )
    others = exists().where(VariantRow.run_id == run_id, VariantRow.status != RunStatus.FAILED)
    if given_up is not None and not session.scalar(select(others)):
        leases.end(session, run_id, RunStatus.FAILED, at, failure)


def keep_ranking(
    session: Session,
    ranking: Ranking,
    scores: Mapping[int, Mapping[str, float]],
    ranked: Iterable[Ranked],
    at: datetime,
) -> bool:
    """Record scores and ranks and finish the run; False when the lease was lost."""
    leases.lock(session, [ranking.run_id])
    finished = session.scalar(
        update(RunRow)
        .where(_is_held(ranking))
        .values(status=RunStatus.SUCCEEDED, finished_at=at, **leases.FREE)
        .returning(RunRow.id)
    )
    if finished is None:
        return False
    for place in ranked:
        session.execute(
            update(VariantRow)
            .where(VariantRow.id == place.key)
            .values(
                scores=dict(scores[place.key]),
                parts=dict(place.parts) | {"total": place.total},
                rank=place.rank,
            )
        )
    return True


def try_later(
    session: Session,
    task: Task,
    failure: RunFailure,
    trace: str | None,
    moment: Moment,
    at: datetime,
) -> None:
    """Let a task wait that failed for a reason that may pass; after three waits the run fails."""
    leases.lock(session, [task.run_id])
    attempts = _attempts(session, task)
    if attempts is None:
        return
    wait_s = wait_after(attempts + 1)
    if wait_s is None:
        leases.end(session, task.run_id, RunStatus.FAILED, at, failure, trace)
        return
    waits = {"attempts": attempts + 1, "run_after": moment.s + wait_s, "lease_clock": moment.clock}
    _put_back(session, task, waits, failure)
    leases.settle(session, at)


def fail(
    session: Session, task: Task, failure: RunFailure, trace: str | None, at: datetime
) -> None:
    """End the run of a task that only a person can mend, if the task is still held."""
    leases.lock(session, [task.run_id])
    if _attempts(session, task) is not None:
        leases.end(session, task.run_id, RunStatus.FAILED, at, failure, trace)


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


def _is_held(ranking: Ranking) -> ColumnElement[bool]:
    return and_(
        RunRow.id == ranking.run_id,
        RunRow.token == ranking.token,
        RunRow.worker.is_not(None),
        RunRow.status.in_(UNFINISHED),
    )


def _attempts(session: Session, task: Task) -> int | None:
    """How often a task has failed before; None when it is no longer held."""
    if isinstance(task, Ranking):
        return session.scalar(select(RunRow.attempts).where(_is_held(task)))
    return session.scalar(select(func.max(VariantRow.attempts)).where(leases.mine(task.holds)))


def _put_back(session: Session, task: Task, values: Mapping[str, Any], failure: RunFailure) -> None:
    free = leases.FREE
    if isinstance(task, Ranking):
        session.execute(update(RunRow).where(_is_held(task)).values(**values, **free))
        return
    session.execute(
        update(VariantRow)
        .where(leases.mine(task.holds))
        .values(
            **values,
            **free,
            status=RunStatus.QUEUED,
            steps=0,
            error_kind=failure.kind,
            error_message=failure.message,
        )
    )

"""The queue in rows: runs are held by one worker, images and scores kept as they come."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Update, and_, func, or_, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.brand import Brand
from brandstudio.domain.ranking import Ranked
from brandstudio.domain.run import Enlarged, Failure, RunStatus, VariantRecord
from brandstudio.storage.runs import brand_of, row_of, variants_of
from brandstudio.storage.tables import RunRow, VariantRow


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that one worker holds, and what is still to be drawn of it."""

    run_id: int
    base_model: str
    brand: Brand
    variants: tuple[VariantRecord, ...]


def claim(session: Session, worker: str, at: datetime, stale_before: datetime) -> int | None:
    """Hold the oldest run that waits, or whose worker stopped beating, and return its id."""
    free = or_(
        RunRow.status == RunStatus.QUEUED,
        and_(RunRow.status == RunStatus.RUNNING, RunRow.heartbeat_at < stale_before),
    )
    oldest = select(RunRow.id).where(free).order_by(RunRow.id).limit(1).scalar_subquery()
    return session.scalar(_hold(worker, at).where(RunRow.id == oldest).returning(RunRow.id))


def claim_this(session: Session, run_id: int, worker: str, at: datetime) -> bool:
    """Hold one certain run if it still waits."""
    hold = _hold(worker, at).where(RunRow.id == run_id, RunRow.status == RunStatus.QUEUED)
    return session.scalar(hold.returning(RunRow.id)) is not None


def claimed(session: Session, run_id: int) -> Claimed:
    """What a worker needs to carry out a run it holds."""
    row = row_of(session, run_id)
    return Claimed(
        run_id=run_id,
        base_model=row.base_model,
        brand=brand_of(session, run_id),
        variants=variants_of(session, run_id),
    )


def attempts(session: Session, run_id: int) -> int:
    """How often a worker has started this run."""
    return row_of(session, run_id).attempts


def beat(session: Session, run_id: int, worker: str, at: datetime, steps_done: int | None) -> bool:
    """Record that the worker lives and how far it is; False when it must stop.

    It must stop when the run was cancelled or is held by another worker.
    """
    values = {"heartbeat_at": at} | ({} if steps_done is None else {"steps_done": steps_done})
    mine = (
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.worker == worker, RunRow.status == RunStatus.RUNNING)
        .values(values)
        .returning(RunRow.cancel_requested_at)
    )
    row = session.execute(mine).one_or_none()
    return row is not None and row[0] is None


def keep_image(
    session: Session,
    variant_id: int,
    sha256: str,
    described: Mapping[str, str],
    enlarged: Enlarged | None,
    at: datetime,
) -> None:
    """Record that a variant is drawn."""
    session.execute(
        update(VariantRow)
        .where(VariantRow.id == variant_id)
        .values(
            sha256=sha256,
            described=dict(described),
            status=RunStatus.SUCCEEDED,
            drawn_at=at,
            enlarged=asdict(enlarged) if enlarged else None,
        )
    )


def keep_scores(
    session: Session, scores: Mapping[int, Mapping[str, float]], ranked: Iterable[Ranked]
) -> None:
    """Record scores and ranks of a run's variants, by variant id."""
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


def finish(
    session: Session,
    run_id: int,
    status: RunStatus,
    at: datetime,
    failure: Failure | None = None,
    traceback: str | None = None,
    *,
    worker: str | None = None,
) -> None:
    """End a run that this worker still holds; variants that were not drawn take its status.

    Nothing happens when another worker has taken the run over meanwhile.
    """
    ended = session.scalar(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.worker == worker)
        .values(
            status=status,
            finished_at=at,
            worker=None,
            error_kind=failure.kind if failure else None,
            error_message=failure.message if failure else None,
            error_hint=failure.hint if failure else None,
            error_traceback=traceback,
        )
        .returning(RunRow.id)
    )
    if ended is None:
        return
    session.execute(
        update(VariantRow)
        .where(VariantRow.run_id == run_id, VariantRow.status != RunStatus.SUCCEEDED)
        .values(status=status)
    )


def release(session: Session, run_id: int, worker: str) -> None:
    """Give a held run back to the queue, as if this worker had never taken it."""
    session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.worker == worker, RunRow.status == RunStatus.RUNNING)
        .values(status=RunStatus.QUEUED, worker=None, attempts=RunRow.attempts - 1)
    )


def held(session: Session) -> tuple[tuple[int, str], ...]:
    """Every run that is being carried out, with the name of its worker."""
    rows = session.execute(
        select(RunRow.id, RunRow.worker).where(RunRow.status == RunStatus.RUNNING)
    )
    return tuple((run_id, worker) for run_id, worker in rows if worker)


def let_go(session: Session, run_id: int, worker: str) -> None:
    """Give back the run of a worker that died; the attempt counts."""
    session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.worker == worker, RunRow.status == RunStatus.RUNNING)
        .values(status=RunStatus.QUEUED, worker=None)
    )


def request_cancel(session: Session, run_id: int, at: datetime) -> None:
    """Ask the worker to stop; a run that nobody holds ends at once."""
    row = row_of(session, run_id)
    row.cancel_requested_at = at
    session.flush()
    if row.status is RunStatus.QUEUED:
        finish(session, run_id, RunStatus.CANCELLED, at)


def queue_again(session: Session, run_id: int) -> None:
    """Let a run that ended early wait again; what is drawn stays."""
    row = row_of(session, run_id)
    row.status, row.attempts = RunStatus.QUEUED, 0
    row.started_at = row.finished_at = row.cancel_requested_at = None
    row.error_kind = row.error_message = row.error_hint = row.error_traceback = None
    session.execute(
        update(VariantRow)
        .where(VariantRow.run_id == run_id, VariantRow.status != RunStatus.SUCCEEDED)
        .values(status=RunStatus.QUEUED)
    )


def recent_pace(session: Session, base_model: str) -> list[tuple[float, int]]:
    """Seconds taken and steps made by the last finished runs of a base model."""
    rows = session.execute(
        select(RunRow.started_at, RunRow.finished_at, RunRow.steps_total)
        .where(
            RunRow.base_model == base_model,
            RunRow.status == RunStatus.SUCCEEDED,
            RunRow.attempts == 1,
        )
        .order_by(RunRow.id.desc())
        .limit(5)
    )
    return [((end - start).total_seconds(), steps) for start, end, steps in rows if start and end]


def _hold(worker: str, at: datetime) -> Update:
    return update(RunRow).values(
        status=RunStatus.RUNNING,
        worker=worker,
        heartbeat_at=at,
        started_at=func.coalesce(RunRow.started_at, at),
        attempts=RunRow.attempts + 1,
    )

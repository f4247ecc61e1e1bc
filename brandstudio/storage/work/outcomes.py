"""What becomes of a task that a worker holds: kept, given up, tried later, or failed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.lease import Moment, wait_after
from brandstudio.domain.ranking import Ranked
from brandstudio.domain.run import UNFINISHED, RunFailure, RunStatus, UpscaledImage
from brandstudio.storage.tables.runs import RunRow, VariantRow
from brandstudio.storage.work import leases
from brandstudio.storage.work.leases import VariantLease
from brandstudio.storage.work.queue import Ranking, Task


@dataclass(frozen=True, slots=True)
class DrawnImage:
    """An image that lies in the store, ready to be recorded."""

    sha256: str
    described: Mapping[str, str]
    upscaled: UpscaledImage | None
    steps: int
    drawing_s: float


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

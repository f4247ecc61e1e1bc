"""What monitors ask for, counted in the rows at the moment they ask: the worker is elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from brandstudio.domain.run import RunStatus
from brandstudio.storage.tables.base import UtcDateTime
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.runs import RunRow, VariantRow

_LAST_RUNS, _LAST_IMAGES = 50, 100
PACE_OVER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts, ages in seconds and paces at one moment."""

    queue_length: int
    queue_oldest_s: float
    variants: Mapping[str, int]
    reviews: Mapping[str, int]
    decisions: Mapping[str, int]
    failures: Mapping[str, int]
    images_per_minute: float
    stage_s: Mapping[str, float]


def answers(session: Session) -> None:
    """Do nothing if the database answers, else DatabaseError."""
    session.execute(select(1))


def oldest_waiting_s(session: Session, now: datetime) -> float:
    """How long the oldest image has waited that a worker could draw now; paused runs do not.

    A run that was queued again, or resumed, has waited since then.
    """
    waits_since = func.coalesce(RunRow.heartbeat_at, RunRow.created_at, type_=UtcDateTime())
    oldest = session.scalar(
        select(func.min(waits_since, type_=UtcDateTime()))
        .join(VariantRow, VariantRow.run_id == RunRow.id)
        .where(VariantRow.status == RunStatus.QUEUED, RunRow.paused_at.is_(None))
    )
    return max((now - oldest).total_seconds(), 0.0) if oldest else 0.0


def figures(session: Session, now: datetime) -> Figures:
    """All figures at that moment."""
    variants = _count_by(session, VariantRow.status)
    drawn = select(func.count()).where(VariantRow.drawn_at >= now - PACE_OVER)
    recent = session.scalar(drawn) or 0
    return Figures(
        queue_length=variants.get(RunStatus.QUEUED.value, 0),
        queue_oldest_s=oldest_waiting_s(session, now),
        variants=variants,
        reviews=_count_by(session, VariantRow.review),
        decisions=_count_by(session, DecisionRow.verdict),
        failures=_failures(session),
        images_per_minute=recent / (PACE_OVER.total_seconds() / 60),
        stage_s=_stages(session),
    )


def _count_by(session: Session, column: InstrumentedAttribute[object]) -> dict[str, int]:
    rows = session.execute(select(column, func.count()).group_by(column))
    return {str(value): count for value, count in rows}


def _failures(session: Session) -> dict[str, int]:
    failures: dict[str, int] = {}
    for column in (RunRow.error_kind, VariantRow.error_kind):
        has_failed: ColumnElement[bool] = column.is_not(None)
        for kind, count in session.execute(
            select(column, func.count()).where(has_failed).group_by(column)
        ):
            failures[str(kind)] = failures.get(str(kind), 0) + count
    return failures


def _stages(session: Session) -> dict[str, float]:
    """Mean seconds of what happened lately: waiting for a worker, drawing an image, a whole run."""
    runs = session.execute(
        select(RunRow.created_at, RunRow.started_at, RunRow.finished_at)
        .where(RunRow.status == RunStatus.SUCCEEDED)
        .order_by(RunRow.id.desc())
        .limit(_LAST_RUNS)
    )
    whole = [(created, start, end) for created, start, end in runs if start and end]
    images = session.scalars(
        select(VariantRow.drawing_s)
        .where(VariantRow.drawing_s.is_not(None))
        .order_by(VariantRow.drawn_at.desc())
        .limit(_LAST_IMAGES)
    )
    durations = {
        "wait": [(start - created).total_seconds() for created, start, _ in whole],
        "draw": [seconds for seconds in images if seconds is not None],
        "run": [(end - start).total_seconds() for _, start, end in whole],
    }
    return {stage: _mean(seconds) for stage, seconds in durations.items() if seconds}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def newest(session: Session) -> datetime | None:
    """The latest moment anything was recorded: no clock may show less."""
    moments = (
        session.scalar(select(func.max(RunRow.created_at))),
        session.scalar(select(func.max(DecisionRow.decided_at))),
    )
    return max((moment for moment in moments if moment), default=None)

"""How much is asked for and how fast it goes: what caps, quotas and estimates are made from."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from brandstudio.domain.run import UNFINISHED, RunStatus
from brandstudio.storage.tables.runs import RunRow, VariantRow

_PACE_OF = 100


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is still to be drawn over all runs."""

    images: int
    steps: int


def backlog(session: Session) -> Backlog:
    """Images that wait or are being drawn, and the steps they still need."""
    images = session.scalar(
        select(func.count())
        .select_from(VariantRow)
        .where(VariantRow.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]))
    )
    planned = session.scalar(
        select(func.coalesce(func.sum(RunRow.steps_total), 0)).where(RunRow.status.in_(UNFINISHED))
    )
    done = session.scalar(
        select(func.coalesce(func.sum(VariantRow.steps), 0))
        .join(RunRow, RunRow.id == VariantRow.run_id)
        .where(RunRow.status.in_(UNFINISHED))
    )
    return Backlog(images or 0, int(planned or 0) - int(done or 0))


def asked_since(session: Session, person_id: int, since: datetime) -> int:
    """How many images a person has asked for since then; what was cancelled undrawn is free."""
    images = session.scalar(
        select(func.count())
        .select_from(VariantRow)
        .join(RunRow, RunRow.id == VariantRow.run_id)
        .where(
            RunRow.creator_id == person_id,
            RunRow.created_at >= since,
            VariantRow.status != RunStatus.CANCELLED,
        )
    )
    return images or 0


def recent_pace(session: Session, base_model: str) -> list[tuple[float, int]]:
    """Seconds and steps of the last images of a base model that were drawn here."""
    rows = session.execute(
        select(VariantRow.drawing_s, VariantRow.steps)
        .join(RunRow, RunRow.id == VariantRow.run_id)
        .where(RunRow.base_model == base_model, VariantRow.drawing_s.is_not(None))
        .order_by(VariantRow.id.desc())
        .limit(_PACE_OF)
    )
    return [(seconds, steps) for seconds, steps in rows if seconds]

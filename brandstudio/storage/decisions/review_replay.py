"""The review status of every variant beside the log of decisions; read page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from brandstudio.domain.review import ReviewStatus, Verdict
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.runs import VariantRow


@dataclass(frozen=True, slots=True)
class StoredReview:
    """One variant as stored, and its verdicts, oldest first."""

    variant_id: int
    status: ReviewStatus
    version: int
    verdicts: Sequence[Verdict]


def page(session: Session, after: int, limit: int) -> list[StoredReview]:
    """The next variants by their ids; those nobody said anything about have no verdicts."""
    ids = (
        select(VariantRow.id).where(VariantRow.id > after).order_by(VariantRow.id).limit(limit)
    ).subquery()
    rows = session.execute(
        select(VariantRow.id, VariantRow.review, VariantRow.review_version, DecisionRow.verdict)
        .join(ids, ids.c.id == VariantRow.id)
        .outerjoin(DecisionRow, DecisionRow.variant_id == VariantRow.id)
        .order_by(VariantRow.id, DecisionRow.expected_version)
    )
    return [
        StoredReview(*stored, _verdicts(row[3] for row in log))
        for stored, log in groupby(rows, key=lambda row: (row[0], row[1], row[2]))
    ]


def correct(session: Session, variant_id: int, status: ReviewStatus, version: int) -> None:
    """Store what the log says of one variant."""
    session.execute(
        update(VariantRow)
        .where(VariantRow.id == variant_id)
        .values(review=status, review_version=version)
    )


def _verdicts(said: Iterable[Verdict | None]) -> tuple[Verdict, ...]:
    return tuple(verdict for verdict in said if verdict is not None)

"""Decisions and where variants stand, in rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.people import Person
from brandstudio.domain.review import Decision, ReviewStatus, Verdict
from brandstudio.domain.run import VariantRecord
from brandstudio.errors import NotFoundError, ReviewClosedError
from brandstudio.storage.runs import variant_record
from brandstudio.storage.tables import DecisionRow, RunRow, VariantRow


@dataclass(frozen=True, slots=True)
class UnderReview:
    """What must be known of a variant before a verdict on it."""

    variant_id: int
    run_id: int
    maker_id: int
    status: ReviewStatus
    sha256: str


def under_review(session: Session, variant_id: int) -> UnderReview:
    """The variant's standing; NotFoundError when it does not exist or is not drawn yet."""
    row = session.execute(
        select(VariantRow, RunRow.creator_id)
        .join(RunRow, RunRow.id == VariantRow.run_id)
        .where(VariantRow.id == variant_id)
    ).one_or_none()
    sha256 = row[0].sha256 if row else None
    if row is None or sha256 is None:
        raise NotFoundError("drawn variant", variant_id)
    variant, maker_id = row
    return UnderReview(variant.id, variant.run_id, maker_id, variant.review, sha256)


def record(
    session: Session,
    subject: UnderReview,
    verdict: Verdict,
    status: ReviewStatus,
    *,
    person: Person,
    comment: str,
    at: datetime,
) -> Decision:
    """Append the decision and move the variant, or ReviewClosedError if it moved meanwhile."""
    moved = (
        update(VariantRow)
        .where(VariantRow.id == subject.variant_id, VariantRow.review == subject.status)
        .values(review=status)
        .returning(VariantRow.id)
    )
    if session.scalar(moved) is None:
        raise ReviewClosedError(subject.variant_id, "decided by someone else")
    row = DecisionRow(
        variant_id=subject.variant_id,
        verdict=verdict,
        reviewer_id=person.id,
        reviewer=person.name,
        comment=comment,
        sha256=subject.sha256,
        decided_at=at,
    )
    session.add(row)
    session.flush()
    return _decision(row)


def decisions_of(session: Session, variant_id: int) -> tuple[Decision, ...]:
    """Everything that was ever said about a variant, oldest first."""
    rows = session.scalars(
        select(DecisionRow).where(DecisionRow.variant_id == variant_id).order_by(DecisionRow.id)
    )
    return tuple(_decision(row) for row in rows)


def standing(
    session: Session,
    status: ReviewStatus,
    *,
    brand: str = "",
    run_id: int | None = None,
    limit: int = 200,
) -> tuple[VariantRecord, ...]:
    """Variants of that review status: oldest run first, best rank first."""
    query = select(VariantRow).join(RunRow, RunRow.id == VariantRow.run_id)
    query = query.where(VariantRow.review == status)
    if brand:
        query = query.where(RunRow.brand == brand)
    if run_id is not None:
        query = query.where(VariantRow.run_id == run_id)
    order = query.order_by(VariantRow.run_id, VariantRow.rank.is_(None), VariantRow.rank)
    return tuple(variant_record(row) for row in session.scalars(order.limit(limit)))


def count(session: Session, status: ReviewStatus) -> int:
    """How many variants have that review status."""
    return session.scalar(select(func.count()).where(VariantRow.review == status)) or 0


def _decision(row: DecisionRow) -> Decision:
    return Decision(
        id=row.id,
        variant_id=row.variant_id,
        verdict=row.verdict,
        reviewer=row.reviewer,
        comment=row.comment,
        sha256=row.sha256,
        decided_at=row.decided_at,
    )

"""Decisions and where variants stand, in rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.decision_chain import FIELDS, GENESIS, digest, moment
from brandstudio.domain.people import Role
from brandstudio.domain.review import BY_MAKER, TAKES_BACK, Ask, Decision, ReviewStatus
from brandstudio.domain.run import VariantRecord
from brandstudio.errors import NotFoundError
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.runs import BrandVersionRow, RunRow, VariantRow
from brandstudio.storage.work.run_records import variant_record
from brandstudio.storage.work.runs import makers, of_brands

_CHAIN = tuple(getattr(DecisionRow, name) for name in (*FIELDS, "own_work", "prev_hash", "hash"))


@dataclass(frozen=True, slots=True)
class UnderReview:
    """What must be known of a variant before a verdict on it."""

    variant_id: int
    run_id: int
    brand: str
    makers: frozenset[int]
    status: ReviewStatus
    version: int
    sha256: str
    brand_digest: str


def under_review(session: Session, variant_id: int) -> UnderReview:
    """The variant's review; NotFoundError when it does not exist or is not drawn yet."""
    row = session.execute(
        select(
            VariantRow.id,
            VariantRow.run_id,
            VariantRow.brand,
            VariantRow.review,
            VariantRow.review_version,
            VariantRow.sha256,
            BrandVersionRow.digest,
        )
        .join(RunRow, RunRow.id == VariantRow.run_id)
        .join(BrandVersionRow, BrandVersionRow.id == RunRow.brand_version_id)
        .where(VariantRow.id == variant_id)
    ).one_or_none()
    if row is None or row.sha256 is None:
        raise NotFoundError("drawn variant", variant_id)
    return UnderReview(
        variant_id=row.id,
        run_id=row.run_id,
        brand=row.brand,
        makers=makers(session, [row.run_id])[row.run_id],
        status=row.review,
        version=row.review_version,
        sha256=row.sha256,
        brand_digest=row.digest,
    )


def answered(session: Session, request_id: str) -> Decision | None:
    """The decision that a request already led to, or None."""
    return _one(session, _decisions().where(DecisionRow.request_id == request_id))


def all_answered(
    session: Session, request_ids: Sequence[str], brands: frozenset[str] | None
) -> dict[str, Decision]:
    """The decisions of those brands that these requests already led to, by request id."""
    every = _decisions().join(VariantRow, VariantRow.id == DecisionRow.variant_id)
    matching = every.where(DecisionRow.request_id.in_(request_ids))
    query = matching.where(*of_brands(VariantRow.brand, brands))
    decisions = (Decision(**row) for row in session.execute(query).mappings())
    return {decision.request_id: decision for decision in decisions}


def last_on(session: Session, variant_id: int) -> Decision | None:
    """The newest decision on a variant, or None."""
    own = _decisions().where(DecisionRow.variant_id == variant_id)
    return _one(session, own.order_by(DecisionRow.expected_version.desc()).limit(1))


def move(session: Session, subject: UnderReview, status: ReviewStatus) -> bool:
    """Move the variant if it still stands as it was read; False when someone was faster."""
    moved = (
        update(VariantRow)
        .where(VariantRow.id == subject.variant_id, VariantRow.review_version == subject.version)
        .values(review=status, review_version=subject.version + 1)
        .returning(VariantRow.id)
    )
    return session.scalar(moved) is not None


def append(
    session: Session, ask: Ask, subject: UnderReview, role: Role | None, at: datetime
) -> Decision:
    """Put the decision, made in that role, at the end of the chain; inside `Database.writing`."""
    last_id, prev_hash = session.execute(
        select(DecisionRow.id, DecisionRow.hash).order_by(DecisionRow.id.desc()).limit(1)
    ).one_or_none() or (0, GENESIS)
    before = last_on(session, subject.variant_id) if ask.verdict in TAKES_BACK else None
    row: dict[str, Any] = {
        "id": last_id + 1,
        "request_id": ask.request_id,
        "variant_id": subject.variant_id,
        "expected_version": subject.version,
        "verdict": ask.verdict,
        "reviewer_id": ask.person.id,
        "reviewer": ask.person.name,
        "reviewer_role": role.value if role else "",
        "comment": ask.comment,
        "sha256": subject.sha256,
        "brand_digest": subject.brand_digest,
        "supersedes_id": before.id if before else None,
        "own_work": ask.verdict not in BY_MAKER and ask.person.id in subject.makers,
        "decided_at": at,
        "prev_hash": prev_hash,
    }
    row["hash"] = digest(row | {"decided_at": moment(at)}, prev_hash)
    session.execute(insert(DecisionRow).values(**row))
    return Decision(**row)


def decisions_of(session: Session, variant_id: int) -> tuple[Decision, ...]:
    """Everything that was ever said about a variant, oldest first."""
    own = _decisions().where(DecisionRow.variant_id == variant_id)
    return tuple(
        Decision(**row)
        for row in session.execute(own.order_by(DecisionRow.expected_version)).mappings()
    )


def head(session: Session) -> str:
    """The hash of the newest decision; of no decision, what the first one follows."""
    return (
        session.scalar(select(DecisionRow.hash).order_by(DecisionRow.id.desc()).limit(1)) or GENESIS
    )


def chained(session: Session, after: int, limit: int) -> list[Mapping[str, Any]]:
    """The next decisions in the order of their ids, as the chain writes them."""
    page = select(*_CHAIN).where(DecisionRow.id > after).order_by(DecisionRow.id).limit(limit)
    return [
        {**row, "decided_at": moment(row["decided_at"])} for row in session.execute(page).mappings()
    ]


def with_status(
    session: Session,
    status: ReviewStatus,
    *,
    brands: frozenset[str] | None,
    brand: str = "",
    run_id: int | None = None,
    limit: int = 200,
) -> tuple[VariantRecord, ...]:
    """Variants of that review status in those brands: oldest run first, best rank first."""
    query = select(VariantRow).where(
        VariantRow.review == status, *of_brands(VariantRow.brand, brands)
    )
    if brand:
        query = query.where(VariantRow.brand == brand)
    if run_id is not None:
        query = query.where(VariantRow.run_id == run_id)
    order = query.order_by(VariantRow.run_id, VariantRow.rank.is_(None), VariantRow.rank)
    return tuple(variant_record(row) for row in session.scalars(order.limit(limit)))


def count(session: Session, status: ReviewStatus, brands: frozenset[str] | None) -> int:
    """How many variants of those brands have that review status."""
    of_them = VariantRow.review == status, *of_brands(VariantRow.brand, brands)
    return session.scalar(select(func.count()).where(*of_them)) or 0


def _decisions() -> Select[*tuple[Any, ...]]:
    return select(*_CHAIN)


def _one(session: Session, query: Select[*tuple[Any, ...]]) -> Decision | None:
    row = session.execute(query).mappings().one_or_none()
    return Decision(**row) if row else None

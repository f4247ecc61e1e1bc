"""Decisions and the activity beside them: append-only, held by triggers."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.review import Verdict
from brandstudio.storage.tables.base import Base


class ActivityRow(Base, kw_only=True):
    """Append-only, held by triggers: what happened besides decisions, with the names of then."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("activity_at", "at"),
        Index("activity_of_brand", "brand", "id"),
        Index("activity_of_actor", "actor", "id"),
        Index("activity_of_event", "event", "id"),
    )

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    at: Mapped[datetime]
    event: Mapped[Event]
    actor_id: Mapped[int | None] = mapped_column(default=None)
    actor: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    brand: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]]


class DecisionRow(Base, kw_only=True):
    """Append-only by triggers; each hash covers the row before (domain/decision_chain.py)."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("request_id", name="decision_once_per_request"),
        UniqueConstraint("variant_id", "expected_version", name="decision_once_per_version"),
        UniqueConstraint("prev_hash", name="decision_follows_one"),
        UniqueConstraint("hash", name="decision_hash_once"),
        Index("decisions_at", "decided_at"),
        Index("decisions_of_reviewer", "reviewer", "id"),
        Index("decisions_of_brand", "brand_digest", "id"),
    )

    # Its place in the chain, given under the write lock: a sequence would leave gaps.
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    request_id: Mapped[str] = mapped_column(String(120))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id", ondelete="RESTRICT"))
    expected_version: Mapped[int]
    verdict: Mapped[Verdict]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    reviewer: Mapped[str] = mapped_column(String(64))
    reviewer_role: Mapped[str] = mapped_column(String(24))
    comment: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    brand_digest: Mapped[str] = mapped_column(String(64))
    supersedes_id: Mapped[int | None] = mapped_column(
        ForeignKey("decisions.id", ondelete="RESTRICT"), default=None
    )
    own_work: Mapped[bool] = mapped_column(default=False)
    decided_at: Mapped[datetime]
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

"""Runs and variants, and the brand version each run was planned with."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column

from brandstudio.domain.review import ReviewStatus
from brandstudio.domain.run import RunStatus
from brandstudio.storage.tables.base import Base, Big


class BrandVersionRow(Base, kw_only=True):
    """The very brand a run used, kept even when brand.yaml moves on."""

    __tablename__ = "brand_versions"
    __table_args__ = (UniqueConstraint("brand", "digest", name="brand_version_once"),)

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    brand: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]
    first_used_at: Mapped[datetime]


class Leased(MappedAsDataclass, kw_only=True):
    """What a worker holds for a while: a variant to draw, a run to rank.

    `token` grows with every holder, so that whoever lost the lease cannot finish any more;
    `lease_until` and `run_after` are seconds on the clock that `lease_clock` names; `heartbeat_at`
    is when somebody last held it, or let it wait again.
    """

    worker: Mapped[str | None] = mapped_column(String(80), default=None)
    lease_clock: Mapped[str | None] = mapped_column(String(64), default=None)
    lease_until: Mapped[float | None] = mapped_column(default=None)
    heartbeat_at: Mapped[datetime | None] = mapped_column(default=None)
    token: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[float | None] = mapped_column(default=None)


class RunRow(Leased, Base, kw_only=True):
    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("creator_id", "idempotency_key", name="run_submitted_once"),
        Index("runs_to_claim", "status", "id"),
        Index("runs_of_brand", "brand", "id"),
        Index("runs_of_person", "creator_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    creator_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    creator: Mapped[str] = mapped_column(String(64))
    idempotency_key: Mapped[str | None] = mapped_column(String(80), default=None)
    form_digest: Mapped[str | None] = mapped_column(String(64), default=None)
    name: Mapped[str] = mapped_column(String(80))
    brand: Mapped[str] = mapped_column(String(64))
    brand_version_id: Mapped[int] = mapped_column(
        ForeignKey("brand_versions.id", ondelete="RESTRICT")
    )
    base_model: Mapped[str] = mapped_column(String(64))
    brief: Mapped[dict[str, Any]]
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.QUEUED)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    priority: Mapped[int] = mapped_column(default=1)
    estimated_s: Mapped[float]
    steps_total: Mapped[int]
    cancel_requested_at: Mapped[datetime | None] = mapped_column(default=None)
    paused_at: Mapped[datetime | None] = mapped_column(default=None)
    error_kind: Mapped[str | None] = mapped_column(String(80), default=None)
    error_message: Mapped[str | None] = mapped_column(Text, default=None)
    error_hint: Mapped[str | None] = mapped_column(Text, default=None)
    error_traceback: Mapped[str | None] = mapped_column(Text, default=None)


class RunMakerRow(Base, kw_only=True):
    """Further makers of a run: they cannot decide on its variants either."""

    __tablename__ = "run_makers"

    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)


class VariantRow(Leased, Base, kw_only=True):
    __tablename__ = "variants"
    __table_args__ = (
        UniqueConstraint("run_id", "index", name="variant_once_in_run"),
        CheckConstraint("rank >= 1", name="variant_rank_from_one"),
        CheckConstraint(
            "status != 'succeeded' OR sha256 IS NOT NULL", name="variant_drawn_has_image"
        ),
        Index("variants_to_review", "review", "run_id"),
        Index("variants_to_review_of_brand", "brand", "review", "run_id"),
        Index("variants_to_draw", "status", "run_id"),
        Index("variants_drawn", "drawn_at"),
    )

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="RESTRICT"), index=True)
    # The run's: a brand's queue is one stretch of an index, however many runs others have.
    brand: Mapped[str] = mapped_column(String(64))
    index: Mapped[int]
    arm: Mapped[str] = mapped_column(String(255))
    levels: Mapped[dict[str, Any]]
    seed: Mapped[int] = mapped_column(Big)
    layout: Mapped[str] = mapped_column(String(64))
    pattern: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]]
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.QUEUED)
    sha256: Mapped[str | None] = mapped_column(String(64), default=None, index=True)
    described: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    enlarged: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    # Also inside `enlarged`; here it can be looked up among a million.
    enlarged_sha256: Mapped[str | None] = mapped_column(String(64), default=None, index=True)
    scores: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    parts: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    rank: Mapped[int | None] = mapped_column(default=None)
    review: Mapped[ReviewStatus] = mapped_column(default=ReviewStatus.NEW)
    review_version: Mapped[int] = mapped_column(default=0)
    drawn_at: Mapped[datetime | None] = mapped_column(default=None)
    drawing_s: Mapped[float | None] = mapped_column(default=None)
    steps: Mapped[int] = mapped_column(default=0)
    error_kind: Mapped[str | None] = mapped_column(String(80), default=None)
    error_message: Mapped[str | None] = mapped_column(Text, default=None)

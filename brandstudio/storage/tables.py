"""Tables hold constraints, not behaviour; rows stay inside storage/."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.lease import WorkerState
from brandstudio.domain.people import Role
from brandstudio.domain.review import ReviewStatus, Verdict
from brandstudio.domain.run import RunStatus


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as naive UTC because SQLite forgets time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite's INTEGER holds 63 bits; PostgreSQL's 31.
Big = BigInteger().with_variant(Integer, "sqlite")


def _text_enum(kind: type[StrEnum]) -> Enum:
    return Enum(
        kind,
        native_enum=False,
        length=24,
        create_constraint=True,
        name=f"{kind.__name__.lower()}_known",
        values_callable=_values,
    )


def _values(members: type[StrEnum]) -> list[str]:
    return [member.value for member in members]


class Base(MappedAsDataclass, DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime(),
        Role: _text_enum(Role),
        Event: Enum(Event, native_enum=False, length=40, values_callable=_values),
        RunStatus: _text_enum(RunStatus),
        WorkerState: _text_enum(WorkerState),
        ReviewStatus: _text_enum(ReviewStatus),
        Verdict: _text_enum(Verdict),
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


class UserRow(Base, kw_only=True):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    # Whom an identity provider knows them as: "issuer subject".
    identity: Mapped[str | None] = mapped_column(String(400), unique=True, default=None)
    password_hash: Mapped[str | None] = mapped_column(String(255), default=None)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)
    memberships: Mapped[list["MembershipRow"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", default_factory=list
    )


class MembershipRow(Base, kw_only=True):
    """The role of a person in a brand, or in every brand ("*")."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role != 'administrator' OR brand = '*'", name="administrator_everywhere"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, init=False)
    brand: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[Role]


class SessionRow(Base, kw_only=True):
    __tablename__ = "sessions"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(160), default="")


class SignInLinkRow(Base, kw_only=True):
    """A one-time link: it makes a person with these roles, or gives one a new password."""

    __tablename__ = "sign_in_links"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)
    made_by: Mapped[str] = mapped_column(String(64), default="")
    # The name the new person gets; empty lets them choose.
    name: Mapped[str] = mapped_column(String(64), default="")
    roles: Mapped[dict[str, Any]]
    # Whose password it sets; None makes a new person.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), default=None)


class SignInAttemptRow(Base, kw_only=True):
    """A failed attempt to sign in, for as long as it counts against its account and address."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("sign_in_attempts_of", "key", "at"),)

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class ApiTokenRow(Base, kw_only=True):
    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    prefix: Mapped[str] = mapped_column(String(16))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    scopes: Mapped[list[Any]]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


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


class WorkerRow(Base, kw_only=True):
    """A process that draws, and how it fares; `beat` and `moved` are seconds on `clock`."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    host: Mapped[str] = mapped_column(String(40))
    pid: Mapped[int]
    boot_id: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(80))
    state: Mapped[WorkerState]
    since: Mapped[datetime]
    restarts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    clock: Mapped[str] = mapped_column(String(64))
    beat_s: Mapped[float]
    moved_s: Mapped[float]
    patience_s: Mapped[float]


class DecisionRow(Base, kw_only=True):
    """Append-only, held by triggers; each row's hash covers the one before (domain/audit.py)."""

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


class PackRow(Base, kw_only=True):
    __tablename__ = "packs"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    creator_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    creator: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    brand: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime]
    variant_ids: Mapped[list[Any]]
    placements: Mapped[list[Any]]
    file_name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(Big)
    rendition_count: Mapped[int]
    problems: Mapped[list[Any]]

"""People, their roles, sessions, links and tokens."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from brandstudio.domain.people import Role
from brandstudio.storage.tables.base import Base


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

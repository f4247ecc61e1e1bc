"""People, their sessions and their tokens, in rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.people import ApiToken, Person, Role, Scope
from brandstudio.errors import NotFoundError
from brandstudio.storage.tables import (
    ApiTokenRow,
    MembershipRow,
    SessionRow,
    SignInLinkRow,
    UserRow,
)


def person(row: UserRow) -> Person:
    """The value of a row."""
    return Person(id=row.id, name=row.name, roles={m.brand: m.role for m in row.memberships})


def add(
    session: Session,
    name: str,
    roles: Mapping[str, Role],
    password_hash: str | None,
    at: datetime,
) -> Person:
    """Insert a person; the name must be free."""
    row = UserRow(
        name=name,
        password_hash=password_hash,
        created_at=at,
        memberships=[MembershipRow(brand=brand, role=role) for brand, role in roles.items()],
    )
    session.add(row)
    session.flush()
    return person(row)


def find(session: Session, name: str) -> Person | None:
    """The person of that name who may still sign in, or None."""
    row = _active(session, name)
    return person(row) if row else None


def password_hash(session: Session, name: str) -> str | None:
    """The stored hash of an active person, or None."""
    row = _active(session, name)
    return row.password_hash if row else None


def name_taken(session: Session, name: str) -> bool:
    """Whether anyone, disabled or not, has this name."""
    return session.scalar(select(UserRow.id).where(UserRow.name == name)) is not None


def count_able(session: Session) -> int:
    """How many people can sign in with a password."""
    able = select(func.count()).where(
        UserRow.password_hash.is_not(None), UserRow.disabled_at.is_(None)
    )
    return session.scalar(able.select_from(UserRow)) or 0


def all_active(session: Session) -> tuple[Person, ...]:
    """Everyone who may sign in, by name."""
    rows = session.scalars(
        select(UserRow).where(UserRow.disabled_at.is_(None)).order_by(UserRow.name)
    )
    return tuple(person(row) for row in rows)


def change(
    session: Session,
    user_id: int,
    *,
    password_hash: str | None = None,
    disabled_at: datetime | None = None,
) -> Person:
    """Change what is given; every session of the person ends, so that the change holds at once."""
    row = _row(session, user_id)
    row.password_hash = password_hash or row.password_hash
    row.disabled_at = disabled_at or row.disabled_at
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
    if disabled_at:
        revoke_all(session, user_id, disabled_at)
    return person(row)


def set_role(session: Session, user_id: int, brand: str, role: Role | None) -> Person:
    """Give a person that role in the brand, or none; every session of theirs ends."""
    row = _row(session, user_id)
    row.memberships = [m for m in row.memberships if m.brand != brand]
    session.flush()
    if role is not None:
        row.memberships.append(MembershipRow(brand=brand, role=role))
    session.flush()
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))
    return person(row)


def count_administrators(session: Session) -> int:
    """How many people who can sign in run the studio."""
    able = (
        select(func.count())
        .select_from(UserRow)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .where(
            MembershipRow.role == Role.ADMINISTRATOR,
            UserRow.disabled_at.is_(None),
            UserRow.password_hash.is_not(None) | UserRow.identity.is_not(None),
        )
    )
    return session.scalar(able) or 0


def open_session(
    session: Session, token_sha256: str, user_id: int, at: datetime, expires_at: datetime
) -> None:
    """Record a session and drop those that ended."""
    session.execute(delete(SessionRow).where(SessionRow.expires_at < at))
    session.add(
        SessionRow(
            token_sha256=token_sha256,
            user_id=user_id,
            created_at=at,
            expires_at=expires_at,
            last_seen_at=at,
        )
    )


def of_session(session: Session, token_sha256: str, at: datetime) -> Person | None:
    """Whose session this is, or None when it ended or its person is disabled."""
    row = session.scalar(
        select(UserRow)
        .join(SessionRow, SessionRow.user_id == UserRow.id)
        .where(
            SessionRow.token_sha256 == token_sha256,
            SessionRow.expires_at > at,
            UserRow.disabled_at.is_(None),
        )
    )
    return person(row) if row else None


def close_session(session: Session, token_sha256: str) -> None:
    """End one session."""
    session.execute(delete(SessionRow).where(SessionRow.token_sha256 == token_sha256))


def add_link(
    session: Session,
    token_sha256: str,
    roles: Mapping[str, Role],
    at: datetime,
    expires_at: datetime,
) -> None:
    """Record a one-time sign-in link; earlier ones stop working."""
    session.execute(delete(SignInLinkRow).where(SignInLinkRow.used_at.is_(None)))
    session.add(
        SignInLinkRow(
            token_sha256=token_sha256, roles=dict(roles), created_at=at, expires_at=expires_at
        )
    )


def link_is_open(session: Session, token_sha256: str, at: datetime) -> bool:
    """Whether the link exists, is unused and has not expired."""
    row = session.get(SignInLinkRow, token_sha256)
    return row is not None and row.used_at is None and row.expires_at > at


def use_link(session: Session, token_sha256: str, at: datetime) -> bool:
    """Mark the link as used; False when it is unknown, used or expired."""
    used = (
        update(SignInLinkRow)
        .where(
            SignInLinkRow.token_sha256 == token_sha256,
            SignInLinkRow.used_at.is_(None),
            SignInLinkRow.expires_at > at,
        )
        .values(used_at=at)
        .returning(SignInLinkRow.token_sha256)
    )
    return session.scalar(used) is not None


def add_api_token(
    session: Session, user_id: int, name: str, prefix: str, token_sha256: str, at: datetime
) -> None:
    """Record an API token by its hash."""
    session.add(
        ApiTokenRow(
            user_id=user_id,
            name=name,
            prefix=prefix,
            token_sha256=token_sha256,
            scopes=sorted(Scope),
            created_at=at,
        )
    )


def of_api_token(session: Session, token_sha256: str) -> Person | None:
    """Whose API token this is, or None."""
    row = session.scalar(
        select(UserRow)
        .join(ApiTokenRow, ApiTokenRow.user_id == UserRow.id)
        .where(
            ApiTokenRow.token_sha256 == token_sha256,
            ApiTokenRow.revoked_at.is_(None),
            UserRow.disabled_at.is_(None),
        )
    )
    return person(row) if row else None


def api_tokens(session: Session, user_id: int) -> tuple[ApiToken, ...]:
    """A person's tokens that still work, newest first."""
    rows: Sequence[ApiTokenRow] = session.scalars(
        select(ApiTokenRow)
        .where(ApiTokenRow.user_id == user_id, ApiTokenRow.revoked_at.is_(None))
        .order_by(ApiTokenRow.id.desc())
    ).all()
    return tuple(
        ApiToken(
            id=row.id,
            name=row.name,
            prefix=row.prefix,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    )


def api_token_used_since(session: Session, token_sha256: str, since: datetime) -> bool:
    """Whether a token's last use was recorded after that moment."""
    used = select(ApiTokenRow.id).where(
        ApiTokenRow.token_sha256 == token_sha256, ApiTokenRow.last_used_at > since
    )
    return session.scalar(used) is not None


def touch_api_token(session: Session, token_sha256: str, at: datetime) -> None:
    """Remember when a token was last used."""
    session.execute(
        update(ApiTokenRow).where(ApiTokenRow.token_sha256 == token_sha256).values(last_used_at=at)
    )


def revoke_api_token(session: Session, token_id: int, user_id: int, at: datetime) -> None:
    """Stop one token of a person from working, or NotFoundError."""
    revoked = (
        update(ApiTokenRow)
        .where(ApiTokenRow.id == token_id, ApiTokenRow.user_id == user_id)
        .values(revoked_at=at)
        .returning(ApiTokenRow.id)
    )
    if session.scalar(revoked) is None:
        raise NotFoundError("API token", token_id)


def revoke_all(session: Session, user_id: int, at: datetime) -> None:
    """Stop every token of a person from working."""
    session.execute(
        update(ApiTokenRow)
        .where(ApiTokenRow.user_id == user_id, ApiTokenRow.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def _row(session: Session, user_id: int) -> UserRow:
    row = session.get(UserRow, user_id)
    if row is None:
        raise NotFoundError("person", user_id)
    return row


def _active(session: Session, name: str) -> UserRow | None:
    return session.scalar(
        select(UserRow).where(UserRow.name == name, UserRow.disabled_at.is_(None))
    )

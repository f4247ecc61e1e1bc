"""API tokens, in rows."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from brandstudio.domain.people import ApiToken, Person, Scope
from brandstudio.storage.people.users import person
from brandstudio.storage.tables.people import ApiTokenRow, UserRow


def add(
    session: Session,
    user_id: int,
    *,
    name: str,
    prefix: str,
    token_sha256: str,
    scopes: Iterable[Scope],
    at: datetime,
    expires_at: datetime | None,
) -> None:
    """Record a token by its hash."""
    session.add(
        ApiTokenRow(
            user_id=user_id,
            name=name,
            prefix=prefix,
            token_sha256=token_sha256,
            scopes=sorted(scopes),
            created_at=at,
            expires_at=expires_at,
        )
    )


def find(session: Session, token_sha256: str, at: datetime) -> tuple[Person, ApiToken] | None:
    """The token that works at that moment and whose it is, their scopes its own; or None."""
    pair = session.execute(
        select(UserRow, ApiTokenRow)
        .join(ApiTokenRow, ApiTokenRow.user_id == UserRow.id)
        .where(
            ApiTokenRow.token_sha256 == token_sha256,
            ApiTokenRow.revoked_at.is_(None),
            ApiTokenRow.expires_at.is_(None) | (ApiTokenRow.expires_at > at),
            UserRow.disabled_at.is_(None),
        )
    ).one_or_none()
    if pair is None:
        return None
    user, row = pair
    token = _value(row, user.name)
    return person(user, token.scopes), token


def all_of(session: Session, user_id: int | None = None) -> tuple[ApiToken, ...]:
    """Tokens that were not revoked, of one person or of everybody, the newest first."""
    rows = (
        select(ApiTokenRow, UserRow.name)
        .join(UserRow, ApiTokenRow.user_id == UserRow.id)
        .where(ApiTokenRow.revoked_at.is_(None))
        .order_by(ApiTokenRow.id.desc())
    )
    if user_id is not None:
        rows = rows.where(ApiTokenRow.user_id == user_id)
    return tuple(_value(row, owner) for row, owner in session.execute(rows))


def touch(session: Session, token_id: int, at: datetime) -> None:
    """Remember when a token was last used."""
    session.execute(update(ApiTokenRow).where(ApiTokenRow.id == token_id).values(last_used_at=at))


def revoke(session: Session, token_id: int, at: datetime) -> None:
    """Stop a token from working."""
    session.execute(update(ApiTokenRow).where(ApiTokenRow.id == token_id).values(revoked_at=at))


def revoke_all(session: Session, user_id: int, at: datetime) -> None:
    """Stop every token of a person from working."""
    session.execute(
        update(ApiTokenRow)
        .where(ApiTokenRow.user_id == user_id, ApiTokenRow.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def _value(row: ApiTokenRow, owner: str) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        expires_at=row.expires_at,
        owner=owner,
    )

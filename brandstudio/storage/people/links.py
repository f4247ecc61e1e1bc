"""One-time sign-in links, in rows."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.accounts import LinkKind, SignInLink
from brandstudio.domain.people import Role
from brandstudio.storage.tables.people import SignInLinkRow

ID_LENGTH = 16


def add(session: Session, token_sha256: str, link: SignInLink) -> None:
    """Record a link by its token's hash, of which the link's id is the beginning."""
    session.add(
        SignInLinkRow(
            token_sha256=token_sha256,
            made_by=link.made_by,
            name=link.name,
            roles=dict(link.roles),
            user_id=link.user_id,
            created_at=link.made_at,
            expires_at=link.expires_at,
        )
    )


def find_open(session: Session, token_sha256: str, at: datetime) -> SignInLink | None:
    """The link, or None when it is unknown, used or expired."""
    row = session.get(SignInLinkRow, token_sha256)
    return _value(row) if row and row.used_at is None and row.expires_at > at else None


def use(session: Session, token_sha256: str, at: datetime) -> bool:
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


def all_open(session: Session, at: datetime) -> tuple[SignInLink, ...]:
    """Every link that still works, the newest first."""
    rows = session.scalars(
        select(SignInLinkRow)
        .where(SignInLinkRow.used_at.is_(None), SignInLinkRow.expires_at > at)
        .order_by(SignInLinkRow.created_at.desc(), SignInLinkRow.token_sha256)
    )
    return tuple(_value(row) for row in rows)


def withdraw_of(
    session: Session, at: datetime, *, maker: str | None = None, user_id: int | None = None
) -> tuple[SignInLink, ...]:
    """Drop the open links that someone made, and those that set a person's password."""
    gone = tuple(
        link
        for link in all_open(session, at)
        if (maker is not None and link.made_by == maker)
        or (user_id is not None and link.user_id == user_id)
    )
    withdraw(session, gone)
    return gone


def withdraw(session: Session, links: Iterable[SignInLink]) -> None:
    """Drop links that nobody used."""
    session.execute(
        delete(SignInLinkRow).where(
            SignInLinkRow.used_at.is_(None),
            func.substr(SignInLinkRow.token_sha256, 1, ID_LENGTH).in_([link.id for link in links]),
        )
    )


def _value(row: SignInLinkRow) -> SignInLink:
    return SignInLink(
        id=row.token_sha256[:ID_LENGTH],
        kind=_kind(row),
        name=row.name,
        roles={brand: Role(role) for brand, role in row.roles.items()},
        made_by=row.made_by,
        made_at=row.created_at,
        expires_at=row.expires_at,
        user_id=row.user_id,
    )


def _kind(row: SignInLinkRow) -> LinkKind:
    # Nobody made the first administrator's.
    if row.user_id is not None:
        return LinkKind.PASSWORD
    return LinkKind.INVITATION if row.made_by else LinkKind.FIRST_ADMINISTRATOR

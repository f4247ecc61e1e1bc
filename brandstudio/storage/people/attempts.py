"""Failed attempts to sign in, in rows that every web process of the studio reads."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from brandstudio.storage.tables.people import SignInAttemptRow


def forget(session: Session, until: datetime) -> None:
    """Drop what counts no more."""
    session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.at <= until))


def times(session: Session, key: str) -> list[datetime]:
    """When attempts under this key were made, oldest first."""
    made = select(SignInAttemptRow.at).where(SignInAttemptRow.key == key)
    return list(session.scalars(made.order_by(SignInAttemptRow.at)))


def add(session: Session, key: str, at: datetime) -> None:
    """Record one attempt."""
    session.add(SignInAttemptRow(key=key, at=at))


def clear(session: Session, key: str) -> None:
    """Forget all attempts under this key."""
    session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.key == key))


def clear_newest(session: Session, key: str) -> None:
    """Forget the newest attempt under this key."""
    newest = (
        select(SignInAttemptRow.id)
        .where(SignInAttemptRow.key == key)
        .order_by(SignInAttemptRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.id == newest))

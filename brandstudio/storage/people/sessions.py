"""Browsers that are signed in, in rows."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from brandstudio.domain.accounts import OpenSession, Origin
from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.people import Person
from brandstudio.storage.people.users import person
from brandstudio.storage.tables.decisions import ActivityRow, DecisionRow
from brandstudio.storage.tables.people import SessionRow, UserRow

ID_LENGTH = 16
ADDRESS_LENGTH, BROWSER_LENGTH = 64, 160


def open_session(
    session: Session,
    token_sha256: str,
    user_id: int,
    origin: Origin,
    *,
    at: datetime,
    expires_at: datetime,
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
            address=origin.address[:ADDRESS_LENGTH],
            browser=origin.browser[:BROWSER_LENGTH],
        )
    )


def find(session: Session, token_sha256: str) -> tuple[Person, OpenSession] | None:
    """The session and whose it is, or None when there is none or its person is disabled."""
    row = session.get(SessionRow, token_sha256)
    user = session.get(UserRow, row.user_id) if row else None
    if row is None or user is None or user.disabled_at:
        return None
    return person(user), _value(row)


def touch(session: Session, token_sha256: str, at: datetime) -> None:
    """Remember that the session is in use."""
    session.execute(
        update(SessionRow).where(SessionRow.token_sha256 == token_sha256).values(last_seen_at=at)
    )


def of_person(session: Session, user_id: int) -> tuple[OpenSession, ...]:
    """A person's sessions, the one last used first."""
    rows = session.scalars(
        select(SessionRow)
        .where(SessionRow.user_id == user_id)
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.token_sha256)
    )
    return tuple(_value(row) for row in rows)


def everybodys(session: Session) -> tuple[tuple[Person, OpenSession], ...]:
    """The sessions of everybody who may sign in, the one last used first."""
    rows = session.execute(
        select(UserRow, SessionRow)
        .join(SessionRow, SessionRow.user_id == UserRow.id)
        .where(UserRow.disabled_at.is_(None))
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.token_sha256)
    )
    return tuple((person(row[0]), _value(row[1])) for row in rows)


def last_seen(session: Session) -> dict[int, datetime]:
    """When each person last used a session, or did something that is on record.

    A session that ended leaves no row; its beginning and its end stay in the log.
    """
    used = select(func.max(SessionRow.last_seen_at)).where(SessionRow.user_id == UserRow.id)
    # Somebody else typed a wrong password then.
    actions = (ActivityRow.actor == UserRow.name) & (ActivityRow.event != Event.SIGN_IN_REFUSED)
    did = select(ActivityRow.at).where(actions).order_by(ActivityRow.id.desc()).limit(1)
    decisions = select(DecisionRow.decided_at).where(DecisionRow.reviewer == UserRow.name)
    decided = decisions.order_by(DecisionRow.id.desc()).limit(1)
    moments = (one.scalar_subquery() for one in (used, did, decided))
    times_of = {
        row[0]: [at for at in row[1:] if at]
        for row in session.execute(select(UserRow.id, *moments))
    }
    return {user_id: max(times) for user_id, times in times_of.items() if times}


def end(session: Session, token_sha256: str) -> None:
    """End one session."""
    session.execute(delete(SessionRow).where(SessionRow.token_sha256 == token_sha256))


def end_named(session: Session, user_id: int, session_id: str) -> bool:
    """End the session of a person that has this id; whether there was one."""
    named = _of(user_id) & (func.substr(SessionRow.token_sha256, 1, ID_LENGTH) == session_id)
    return _deleted(session, named) > 0


def end_all(session: Session, user_id: int, *, but: str = "") -> int:
    """End the sessions of a person, except the one of the token with that hash; how many."""
    return _deleted(session, _of(user_id) & (SessionRow.token_sha256 != but))


def end_everybodys(session: Session, *, but: str = "") -> int:
    """End every session there is, except the one of the token with that hash; how many."""
    return _deleted(session, SessionRow.token_sha256 != but)


def _of(user_id: int) -> ColumnElement[bool]:
    return SessionRow.user_id == user_id


def _deleted(session: Session, which: ColumnElement[bool]) -> int:
    gone = delete(SessionRow).where(which).returning(SessionRow.user_id)
    return len(session.scalars(gone).all())


def _value(row: SessionRow) -> OpenSession:
    return OpenSession(
        id=row.token_sha256[:ID_LENGTH],
        since=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        origin=Origin(address=row.address, browser=row.browser),
    )

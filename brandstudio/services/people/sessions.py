"""Browsers that are signed in: how a session starts, how long it stands, what ends it."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from brandstudio.domain.access import STUDIO, Action, require
from brandstudio.domain.accounts import OpenSession, Origin
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.people import Person
from brandstudio.errors import NotFoundError, SignInError, StudioError
from brandstudio.services.people import attempts, passwords
from brandstudio.services.studio import Studio, token_digest
from brandstudio.services.transaction import acting
from brandstudio.storage.decisions import audit_log
from brandstudio.storage.people import sessions, users

log = logging.getLogger(__name__)
NOTED_EVERY = timedelta(minutes=1)  # a write for every request would slow every request
_CLOCKS_DIFFER = timedelta(minutes=2)
_NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class CheckedPassword:
    """The hash that a password was held against, and a newer one if it shall take its place.

    Comparing takes a while: whoever changes the password just then does so to end such sessions.
    """

    stored: str | None
    newer: str | None


def sign_in(studio: Studio, name: str, password: str, origin: Origin = _NOWHERE) -> str:
    """A session token for a right name, in whatever capitals, and password.

    SignInError says the same for either wrong.
    """
    attempts.begin(studio, name, origin.address)
    with studio.database.reading() as session:
        name = users.name_as_kept(session, name)
        person, stored = users.find(session, name), users.password_hash(session, name)
    right, newer = passwords.verify(studio, password, stored)
    if person is None or not right:
        raise _refused(studio, name, person, origin)
    try:
        token = open_for(
            studio, person, origin, how="password", password=CheckedPassword(stored, newer)
        )
    except SignInError as error:
        raise _refused(studio, name, person, origin) from error
    attempts.forget(studio, name, origin.address)
    return token


def open_for(
    studio: Studio,
    person: Person,
    origin: Origin,
    *,
    how: str,
    password: CheckedPassword | None = None,
) -> str:
    """The token of a new session of someone who has proven who they are, or SignInError."""
    token, now = studio.draw_token(), studio.now()
    expires_at = now + timedelta(hours=studio.settings.session_hours)
    done = Note(Event.SIGNED_IN, person.name, detail={"how": how, **_told(origin)})
    with acting(studio, person) as act:
        if password and users.password_hash(act.session, act.person.name) != password.stored:
            raise SignInError("The password was changed a moment ago")
        if password and password.newer:
            users.set_password(act.session, act.person.id, password.newer)
        sessions.open_session(
            act.session, token_digest(token), act.person.id, origin, at=now, expires_at=expires_at
        )
        act.note(done, now)
    return token


def person_of_session(studio: Studio, token: str | None) -> Person | None:
    """Who is signed in with this session token, or None; remembers to the minute that it is used.

    A progress stream asks again and again, so who watches a run stays signed in until it is done.
    """
    holder = _open(studio, token or "")
    if holder is None:
        return None
    person, opened = holder
    now = studio.now()
    if now - opened.last_seen_at >= NOTED_EVERY:
        with if_possible(), studio.database.writing() as session:
            sessions.touch(session, token_digest(token or ""), now)
    return person


def is_open(studio: Studio, token: str) -> bool:
    """Whether somebody is signed in with this session token; asking is no use of it."""
    return _open(studio, token) is not None


def sign_out(studio: Studio, token: str) -> None:
    """End a session."""
    digest = token_digest(token)
    with studio.database.writing() as session:
        holder = sessions.find(session, digest)
        sessions.end(session, digest)
        if holder:
            audit_log.note(session, holder[0], Note(Event.SIGNED_OUT, holder[0].name), studio.now())


def own(studio: Studio, *, person: Person, token: str = "") -> tuple[OpenSession, ...]:
    """Where one is signed in; the session of `token` is the current one and comes first."""
    require(person, Action.OWN_ACCOUNT, STUDIO)
    current = token_digest(token)[: sessions.ID_LENGTH]
    opened = _standing(studio, person.id)
    marked = (replace(one, is_current=one.id == current) for one in opened)
    return tuple(sorted(marked, key=lambda one: not one.is_current))


def of_person(studio: Studio, user_id: int, *, person: Person) -> tuple[OpenSession, ...]:
    """Where someone else is signed in."""
    require(person, Action.MANAGE_PEOPLE, STUDIO)
    return _standing(studio, user_id)


def everybodys(
    studio: Studio, *, person: Person, token: str = ""
) -> tuple[tuple[Person, OpenSession], ...]:
    """Who is signed in, and where; the session of `token` is the current one."""
    require(person, Action.MANAGE_PEOPLE, STUDIO)
    current, now = token_digest(token)[: sessions.ID_LENGTH], studio.now()
    with studio.database.reading() as session:
        every = sessions.everybodys(session)
    return tuple(
        (someone, replace(opened, is_current=opened.id == current))
        for someone, opened in every
        if _stands(studio, opened, now)
    )


def end(studio: Studio, user_id: int, session_id: str, *, person: Person) -> None:
    """End a session of anybody."""
    _end(studio, user_id, session_id, person, Action.MANAGE_PEOPLE)


def end_own(studio: Studio, session_id: str, *, person: Person) -> None:
    """End a session of one's own."""
    _end(studio, person.id, session_id, person, Action.OWN_ACCOUNT)


def end_all(studio: Studio, user_id: int, *, person: Person, but: str = "") -> int:
    """End every session of somebody, but for that of the token `but`; how many."""
    return _end_all(studio, user_id, person, Action.MANAGE_PEOPLE, but)


def end_all_own(studio: Studio, *, person: Person, but: str = "") -> int:
    """End every session of one's own, but for that of the token `but`; how many."""
    return _end_all(studio, person.id, person, Action.OWN_ACCOUNT, but)


def end_everybodys(studio: Studio, *, person: Person, but: str = "") -> int:
    """Sign everybody out everywhere, but for the session of the token `but`; how many ended."""
    require(person, Action.MANAGE_PEOPLE, STUDIO)
    with acting(studio, person, Action.MANAGE_PEOPLE) as act:
        ended = sessions.end_everybodys(act.session, but=token_digest(but))
        done = Note(Event.SESSION_ENDED, "everybody", detail={"sessions": str(ended)})
        if ended:
            act.note(done)
    return ended


@contextmanager
def if_possible() -> Generator[None, None, None]:
    """Ignore a storage failure: reading must not fail because the disk is full."""
    try:
        yield
    except StudioError as error:
        log.warning("the last use was not recorded: %s", type(error).__name__)


def _open(studio: Studio, token: str) -> tuple[Person, OpenSession] | None:
    """The session of this token and whose it is, while it holds."""
    if not token:
        return None
    with studio.database.reading() as session:
        found = sessions.find(session, token_digest(token))
    return found if found and _stands(studio, found[1], studio.now()) else None


def _stands(studio: Studio, opened: OpenSession, now: datetime) -> bool:
    """Whether a session still holds.

    A clock that was set back would let it live longer than it may, so time that runs backwards
    ends it too; the clocks of several machines may differ a little.
    """
    idle = timedelta(minutes=studio.settings.session_idle_minutes)
    return now < opened.expires_at and -_CLOCKS_DIFFER <= now - opened.last_seen_at < idle


def _standing(studio: Studio, user_id: int) -> tuple[OpenSession, ...]:
    now = studio.now()
    with studio.database.reading() as session:
        opened = sessions.of_person(session, user_id)
    return tuple(one for one in opened if _stands(studio, one, now))


def _end(studio: Studio, user_id: int, session_id: str, person: Person, action: Action) -> None:
    require(person, action, STUDIO)
    with acting(studio, person, action) as act:
        someone = users.kept(act.session, user_id).person
        if not sessions.end_named(act.session, user_id, session_id):
            raise NotFoundError("session", session_id)
        act.note(Note(Event.SESSION_ENDED, someone.name))


def _end_all(studio: Studio, user_id: int, person: Person, action: Action, but: str) -> int:
    require(person, action, STUDIO)
    with acting(studio, person, action) as act:
        someone = users.kept(act.session, user_id).person
        ended = sessions.end_all(act.session, user_id, but=token_digest(but))
        done = Note(Event.SESSION_ENDED, someone.name, detail={"sessions": str(ended)})
        if ended:
            act.note(done)
    return ended


def _refused(studio: Studio, name: str, person: Person | None, origin: Origin) -> SignInError:
    """The error that says the same for a wrong name and a wrong password, after a note of it."""
    with studio.database.writing() as session:
        is_known = person is not None or users.is_known(session, name)
        reason = "wrong password" if person else "disabled" if is_known else "unknown name"
        who = person or (name if is_known else attempts.NOBODY)
        subject = name if is_known else ""
        done = Note(Event.SIGN_IN_REFUSED, subject, detail={"reason": reason, **_told(origin)})
        audit_log.note(session, who, done, studio.now())
    return SignInError("This name and password do not go together")


def _told(origin: Origin) -> dict[str, str]:
    said = {"address": origin.address, "browser": origin.browser}
    return {key: value for key, value in said.items() if value}

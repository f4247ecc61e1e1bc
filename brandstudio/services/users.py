"""What people do about people: sign in and out, passwords, tokens, roles."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

from pwdlib import PasswordHash

from brandstudio.domain.access import STUDIO, Action, require
from brandstudio.domain.people import EVERY_BRAND, ApiToken, Person, Role
from brandstudio.errors import BriefError, ForbiddenError, Problem, SignInError
from brandstudio.services.studio import Studio, token_digest
from brandstudio.storage import users

OPERATOR = "operator"
MIN_PASSWORD, MAX_PASSWORD = 10, 200
_RUNS_ALL: Mapping[str, Role] = {EVERY_BRAND: Role.ADMINISTRATOR}
_LINK_HOURS = 24
_TOUCH_EVERY = timedelta(minutes=1)  # a write for every API call would slow every call
_NAME = re.compile(r"[^\W_][\w .@'-]{0,62}[\w.]")


def operator(studio: Studio) -> Person:
    """Who acts when someone works on the machine's own terminal; nobody signs in by this name."""
    with studio.database.writing() as session:
        known = users.find(session, OPERATOR)
        return known or users.add(session, OPERATOR, _RUNS_ALL, None, studio.now())


def named(studio: Studio, name: str) -> Person:
    """The person of that name, for the machine's operator acting on their behalf."""
    with studio.database.reading() as session:
        person = users.find(session, name)
        known = [someone.name for someone in users.all_active(session)]
    if person is None:
        raise SignInError(f"There is nobody called '{name[:64]}'; there are: {', '.join(known)}")
    return person


def add(
    studio: Studio, name: str, roles: Mapping[str, Role], password: str, *, by: Person
) -> Person:
    """Add someone who signs in with a password, with a role for each brand, or for every one."""
    require(by, Action.MANAGE_PEOPLE, STUDIO)
    _check(name, password)
    password_hash = studio.passwords.hash(password)
    with studio.database.writing() as session:
        if users.name_taken(session, name):
            raise BriefError([Problem("name", f"'{name}' is already taken; choose another")])
        return users.add(session, name, roles, password_hash, studio.now())


def everyone(studio: Studio, *, person: Person) -> tuple[Person, ...]:
    """Everyone who may sign in."""
    require(person, Action.MANAGE_PEOPLE, STUDIO)
    with studio.database.reading() as session:
        return tuple(p for p in users.all_active(session) if p.name != OPERATOR)


def set_role(
    studio: Studio, user_id: int, brand: str, role: Role | None, *, person: Person
) -> Person:
    """Give someone a role in a brand, or none; their sessions end, so that it holds at once."""
    _require_other_account(person, user_id, "change your own role")
    with studio.database.writing() as session:
        return users.set_role(session, user_id, brand, role)


def disable(studio: Studio, user_id: int, *, person: Person) -> None:
    """Let someone sign in no more; what they made and decided stays under their name."""
    _require_other_account(person, user_id, "disable your own account")
    with studio.database.writing() as session:
        users.change(session, user_id, disabled_at=studio.now())


def new_link(studio: Studio) -> str | None:
    """A token for a one-time sign-in link while nobody can sign in yet, else None."""
    with studio.database.writing() as session:
        if users.count_able(session):
            return None
        token = studio.draw_token()
        expires_at = studio.now() + timedelta(hours=_LINK_HOURS)
        users.add_link(session, token_digest(token), _RUNS_ALL, studio.now(), expires_at)
        return token


def link_is_open(studio: Studio, token: str) -> bool:
    """Whether a one-time link still works."""
    with studio.database.reading() as session:
        return users.link_is_open(session, token_digest(token), studio.now())


def sign_in_with_link(studio: Studio, token: str, *, name: str, password: str) -> str:
    """Make the first administrator by the one-time link; returns a session token."""
    _check(name, password)
    password_hash = studio.passwords.hash(password)
    with studio.database.writing() as session:
        if not users.use_link(session, token_digest(token), studio.now()):
            raise SignInError("This sign-in link was used already or has expired")
        if users.name_taken(session, name):
            raise BriefError([Problem("name", f"'{name}' is already taken; choose another")])
        person = users.add(session, name, _RUNS_ALL, password_hash, studio.now())
    return _open_session(studio, person)


def sign_in(studio: Studio, name: str, password: str) -> str:
    """A session token for a right name and password; SignInError says the same for either wrong."""
    with studio.database.reading() as session:
        person, stored = users.find(session, name), users.password_hash(session, name)
    # An unknown name costs the same time as a wrong password, so that names cannot be guessed.
    right = studio.passwords.verify(password[:MAX_PASSWORD], stored or _decoy(studio.passwords))
    if person is None or stored is None or not right:
        raise SignInError("This name and password do not go together")
    return _open_session(studio, person)


def sign_out(studio: Studio, token: str) -> None:
    """End a session."""
    with studio.database.writing() as session:
        users.close_session(session, token_digest(token))


def person_of_session(studio: Studio, token: str | None) -> Person | None:
    """Who is signed in with this session token, or None."""
    if not token:
        return None
    with studio.database.reading() as session:
        return users.of_session(session, token_digest(token), studio.now())


def set_password(studio: Studio, *, person: Person, current: str, new: str) -> None:
    """Change one's own password; every session of the person ends."""
    with studio.database.reading() as session:
        stored = users.password_hash(session, person.name)
    if not stored or not studio.passwords.verify(current[:MAX_PASSWORD], stored):
        raise SignInError("The current password is not right")
    _check(person.name, new)
    password_hash = studio.passwords.hash(new)
    with studio.database.writing() as session:
        users.change(session, person.id, password_hash=password_hash)


def reset_password(studio: Studio, name: str, new: str, *, by: Person) -> None:
    """Give someone who forgot theirs a new password; every session of theirs ends."""
    require(by, Action.MANAGE_PEOPLE, STUDIO)
    _check(name, new)
    someone = named(studio, name)
    password_hash = studio.passwords.hash(new)
    with studio.database.writing() as session:
        users.change(session, someone.id, password_hash=password_hash)


def create_api_token(studio: Studio, *, person: Person, name: str) -> str:
    """A token for the REST API that acts as this person; shown once, kept only as a hash."""
    if not name.strip() or len(name) > 80:
        raise BriefError([Problem("name", "say in 1 to 80 characters what the token is for")])
    token = f"bst_{studio.draw_token()}"
    with studio.database.writing() as session:
        users.add_api_token(
            session, person.id, name.strip(), token[:10], token_digest(token), studio.now()
        )
    return token


def api_tokens(studio: Studio, *, person: Person) -> tuple[ApiToken, ...]:
    """One's own tokens that still work."""
    with studio.database.reading() as session:
        return users.api_tokens(session, person.id)


def revoke_api_token(studio: Studio, token_id: int, *, person: Person) -> None:
    """Stop one's own token from working."""
    with studio.database.writing() as session:
        users.revoke_api_token(session, token_id, person.id, studio.now())


def person_of_api_token(studio: Studio, token: str) -> Person | None:
    """Whose API token this is, or None; remembers to the minute that it was used."""
    digest, now = token_digest(token), studio.now()
    with studio.database.reading() as session:
        person = users.of_api_token(session, digest)
        is_fresh = users.api_token_used_since(session, digest, now - _TOUCH_EVERY)
    if person is not None and not is_fresh:
        with studio.database.writing() as session:
            users.touch_api_token(session, digest, now)
    return person


def _open_session(studio: Studio, person: Person) -> str:
    token, now = studio.draw_token(), studio.now()
    expires_at = now + timedelta(hours=studio.settings.session_hours)
    with studio.database.writing() as session:
        users.open_session(session, token_digest(token), person.id, now, expires_at)
    return token


def _require_other_account(person: Person, user_id: int, what: str) -> None:
    require(person, Action.MANAGE_PEOPLE, STUDIO)
    if person.id == user_id:
        raise ForbiddenError(f"You cannot {what}")


def _check(name: str, password: str) -> None:
    problems: list[Problem] = []
    if not _NAME.fullmatch(name) or name == OPERATOR:
        problems.append(
            Problem(
                "name", "use 2 to 64 letters, digits, spaces or . - ' @, starting with a letter"
            )
        )
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        problems.append(
            Problem(
                "password", f"use {MIN_PASSWORD} to {MAX_PASSWORD} characters; a sentence is fine"
            )
        )
    if problems:
        raise BriefError(problems)


@lru_cache(maxsize=8)
def _decoy(passwords: PasswordHash) -> str:
    return passwords.hash("nobody has this password")

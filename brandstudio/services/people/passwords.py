"""Passwords: hashed, verified, changed and reset."""

from functools import lru_cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

from brandstudio.domain.access import STUDIO, Action, require
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.audit_log.people_events import link_withdrawn
from brandstudio.domain.passwords import is_possible, password_problems
from brandstudio.domain.people import Person
from brandstudio.errors import BriefError, SignInError
from brandstudio.services.people import attempts
from brandstudio.services.studio import Studio
from brandstudio.services.transaction import acting
from brandstudio.storage.people import links, sessions, users

AT_ONCE = 4
"""Hashes at one time. Each takes 64 MB, and strangers can ask for it."""
_HASHING = BoundedSemaphore(AT_ONCE)


def brands_of(studio: Studio, person: Person) -> tuple[str, ...]:
    """The names of the brands that the person works for, which no password may consist of."""
    return tuple(brand.name for brand in studio.catalogue_for(person).brands.values())


def hashed(studio: Studio, password: str) -> str:
    """What is stored of a password."""
    with _HASHING:
        return studio.passwords.hash(password)


def verify(studio: Studio, password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether it is the stored one, and a newer hash if today's are made with more effort.

    Nobody's password costs the same time as a wrong one, so that names cannot be guessed; what
    cannot be anybody's costs none.
    """
    if not is_possible(password):
        return False, None
    reference = stored or _decoy(studio.passwords)
    with _HASHING:
        right, newer = studio.passwords.verify_and_update(password, reference)
    return right and stored is not None, newer


def change(studio: Studio, *, person: Person, current: str, new: str) -> None:
    """Change one's own password; every session of the person ends."""
    require(person, Action.OWN_ACCOUNT, STUDIO)
    attempts.begin(studio, person.name)
    with studio.database.reading() as session:
        stored = users.password_hash(session, person.name)
    if not verify(studio, current, stored)[0]:
        raise SignInError("The current password is not right")
    attempts.forget(studio, person.name)
    _set(studio, person, new, by=person, proven=stored)


def reset(studio: Studio, name: str, new: str, *, by: Person) -> None:
    """Give someone who forgot theirs a new password; sessions and password links of theirs end."""
    require(by, Action.MANAGE_PEOPLE, STUDIO)
    with studio.database.reading() as session:
        someone = users.find(session, name)
    if someone is None:
        raise SignInError(f"There is nobody called '{name[:64]}' who may sign in")
    _set(studio, someone, new, by=by)


def _set(
    studio: Studio, someone: Person, new: str, *, by: Person, proven: str | None = None
) -> None:
    """Store it, unless the one that was `proven` was changed by somebody else meanwhile."""
    problems = password_problems(someone.name, new, brands_of(studio, someone))
    if problems:
        raise BriefError(problems)
    password_hash, now = hashed(studio, new), studio.now()
    with acting(studio, by) as act:
        is_self = act.person.id == someone.id
        act.require(Action.OWN_ACCOUNT if is_self else Action.MANAGE_PEOPLE, STUDIO)
        if proven and users.password_hash(act.session, someone.name) != proven:
            raise SignInError("The current password is not right")
        users.set_password(act.session, someone.id, password_hash)
        sessions.end_all(act.session, someone.id)
        act.note(Note(Event.PASSWORD_CHANGED, someone.name), now)
        for link in links.withdraw_of(act.session, now, user_id=someone.id):
            act.note(link_withdrawn(link), now)


@lru_cache(maxsize=8)
def _decoy(hasher: PasswordHash) -> str:
    return hasher.hash("nobody has this password")

"""Passwords: what makes a good one, and how one is changed."""

import re
from functools import lru_cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

from brandstudio.domain.access import STUDIO, Action, require
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.audit_log.people_events import link_withdrawn
from brandstudio.domain.people import Person
from brandstudio.errors import BriefError, Problem, SignInError
from brandstudio.services.people import attempts
from brandstudio.services.studio import Studio
from brandstudio.storage.decisions import audit_log
from brandstudio.storage.people import links, sessions, users

MIN_PASSWORD, MAX_PASSWORD = 10, 200
AT_ONCE = 4
"""Hashes at one time. Each takes 64 MB, and strangers can ask for it."""
_turn = BoundedSemaphore(AT_ONCE)
_LEAST_OF_ONE_S_OWN = 5
_COMMON = """
1q2w3e4r5t6y 1qaz2wsx3edc zaq12wsxcde3 q1w2e3r4t5 qwertyuiop asdfghjkl zxcvbnm qazwsxedc
qwertz qwerty azerty asdfgh 1q2w3e4r 1qaz2wsx zaq12wsx 1234567890 0987654321 123456789
987654321 12345678 1234567 123456 12345 1234 123 abcdef abc
password passwort passw0rd p4ssw0rd p4ssword motdepasse contrasena wachtwoord kennwort
welcome willkommen letmein iloveyou ichliebedich sunshine princess football baseball
basketball superman batman starwars trustno1 whatever computer internet monkey dragon
master michael jennifer jordan shadow liverpool arsenal chelsea summer winter spring autumn
january february october november december monday friday administrator admin changeme
default secret system server test guest user login hello brand studio marketing campaign
correcthorsebatterystaple
"""


def check(name: str, password: str, brands: tuple[str, ...] = ()) -> list[Problem]:
    """What is wrong with a new password of that person, who works for brands of these names."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        said = f"use {MIN_PASSWORD} to {MAX_PASSWORD} characters; a sentence is fine"
        return [Problem("password", said)]
    if not _is_possible(password):
        return [Problem("password", "use characters that can be typed")]
    if _is_easy(password, (name, *name.split(), *brands)):
        said = "too easy to guess: use more than common words, your name or the brand's"
        return [Problem("password", said)]
    return []


def brands_of(studio: Studio, person: Person) -> tuple[str, ...]:
    """The names of the brands that the person works for, which no password may consist of."""
    return tuple(brand.name for brand in studio.catalogue_for(person).brands.values())


def hashed(studio: Studio, password: str) -> str:
    """What is stored of a password."""
    with _turn:
        return studio.passwords.hash(password)


def verify(studio: Studio, password: str, stored: str | None) -> tuple[bool, str | None]:
    """Whether it is the stored one, and a newer hash if today's are made with more effort.

    Nobody's password costs the same time as a wrong one, so that names cannot be guessed; what
    cannot be anybody's costs none.
    """
    if not _is_possible(password):
        return False, None
    known = stored or _decoy(studio.passwords)
    with _turn:
        right, newer = studio.passwords.verify_and_update(password, known)
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
    problems = check(someone.name, new, brands_of(studio, someone))
    if problems:
        raise BriefError(problems)
    password_hash, now = hashed(studio, new), studio.now()
    with studio.database.writing() as session:
        actor = users.as_of_now(session, by)
        own = actor.id == someone.id
        require(actor, Action.OWN_ACCOUNT if own else Action.MANAGE_PEOPLE, STUDIO)
        if proven and users.password_hash(session, someone.name) != proven:
            raise SignInError("The current password is not right")
        users.set_password(session, someone.id, password_hash)
        sessions.end_all(session, someone.id)
        audit_log.note(session, by, Note(Event.PASSWORD_CHANGED, someone.name), now)
        for link in links.withdraw_of(session, now, user_id=someone.id):
            audit_log.note(session, by, link_withdrawn(link), now)


def _is_possible(password: str) -> bool:
    """Whether anybody can have it: hashing a megabyte would cost time for nothing."""
    if not 1 <= len(password) <= MAX_PASSWORD:
        return False
    # What was no UTF-8 arrives with U+FFFD in its place, or as half of a surrogate pair.
    return not any(c in "\0\ufffd" or "\ud800" <= c <= "\udfff" for c in password)


def _is_easy(password: str, own: tuple[str, ...]) -> bool:
    """Whether little is left without common words and the person's own."""
    left = _plain(password)
    words = {*_COMMON.split(), *(plain for word in own if len(plain := _plain(word)) >= 3)}
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return len(set(left)) < _LEAST_OF_ONE_S_OWN


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


@lru_cache(maxsize=8)
def _decoy(hasher: PasswordHash) -> str:
    return hasher.hash("nobody has this password")

"""People: list, add, disable, remove, and their roles by brand."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from brandstudio.domain.access import STUDIO, Action, Thing, require, require_scope
from brandstudio.domain.accounts import Account
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.audit_log.people_events import (
    link_withdrawn,
    person_added,
    person_removed,
    role_changed,
)
from brandstudio.domain.names import taken_name
from brandstudio.domain.people import EVERY_BRAND, OPERATOR, Person, Role
from brandstudio.errors import (
    BriefError,
    ForbiddenError,
    LastAdministratorError,
    NotFoundError,
    Problem,
    SignInError,
)
from brandstudio.services.people import passwords
from brandstudio.services.people.names import check_new, check_roles
from brandstudio.services.studio import Studio
from brandstudio.services.transaction import Act, acting
from brandstudio.storage.decisions import audit_log
from brandstudio.storage.people import links, revocation, sessions, users
from brandstudio.storage.people.users import StoredUser

RUNS_ALL: Mapping[str, Role] = {EVERY_BRAND: Role.ADMINISTRATOR}


def operator(studio: Studio) -> Person:
    """Who acts when someone works on the machine's own terminal; nobody signs in by this name."""
    with studio.database.writing() as session:
        known = users.find(session, OPERATOR)
        return known or users.add(session, OPERATOR, RUNS_ALL, None, studio.now())


class NobodyError(SignInError):
    """A command names somebody who is not there."""

    hint = "Check the name; 'brandstudio users list' shows who there is."

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is nobody called '{name[:64]}'; there are: {', '.join(known)}")


def named(studio: Studio, name: str) -> Person:
    """The person of that name who may sign in, or NobodyError naming those who may.

    For the machine's own terminal: nobody else may know who there is.
    """
    with studio.database.reading() as session:
        person = users.find(session, name)
        names = [someone.name for someone in users.all_active(session)]
    if person is None:
        raise NobodyError(name, names)
    return person


def act_as(studio: Studio, name: str, *, doing: str, account: str) -> Person:
    """The person of that name, for whoever changes something in it at the machine's terminal.

    It is on record that it was not they themselves, and by which account of the machine.
    """
    by, person = operator(studio), named(studio, name)
    detail = {"command": doing, "account": account}
    with acting(studio, person) as act:
        done = Note(Event.ACTED_AS, act.person.name, detail=detail)
        audit_log.note(act.session, by, done, studio.now())
        return act.person


def found(studio: Studio, name: str) -> Person | None:
    """The person of that name who may sign in, or None."""
    if name == OPERATOR:
        return None
    with studio.database.reading() as session:
        return users.find(session, name)


def add(
    studio: Studio, name: str, roles: Mapping[str, Role], password: str | None, *, by: Person
) -> Person:
    """Add someone, with a role for each brand, or for every one.

    Without a password they sign in where the organisation signs in, or by an invitation.
    """
    require(by, Action.MANAGE_PEOPLE, STUDIO)
    check_roles(studio, roles, by)
    check_new(studio, name, password, roles)
    password_hash = None if password is None else passwords.hashed(studio, password)
    with acting(studio, by, Action.MANAGE_PEOPLE) as act:
        if users.name_taken(act.session, name):
            raise BriefError([taken_name(name)])
        person = users.add(act.session, name, roles, password_hash, studio.now())
        for note in person_added(person):
            act.note(note)
    return person


def everyone(studio: Studio, *, person: Person) -> tuple[Account, ...]:
    """Everyone, also who was disabled; for a brand's owner those with a role in a brand of theirs.

    Of people's roles a brand's owner sees those in their own brands and those in every brand.
    """
    require_scope(person, Action.MANAGE_MEMBERS)
    if person.owned_brands == frozenset():
        require(person, Action.MANAGE_PEOPLE, STUDIO)
    with studio.database.reading() as session:
        people, seen = users.all_kept(session), sessions.last_seen(session)
    pairs = [(stored, _seen_by(person, stored.person)) for stored in people]
    return tuple(
        Account(
            person=someone,
            created_at=stored.created_at,
            disabled_at=stored.disabled_at,
            last_seen_at=seen.get(someone.id),
            has_password=stored.password_hash is not None,
            has_identity=stored.identity is not None,
            is_removed=stored.is_removed,
        )
        for stored, someone in pairs
        if someone is not None
    )


def set_role(
    studio: Studio, user_id: int, brand: str, role: Role | None, *, person: Person
) -> bool:
    """Give someone a role in a brand, or none; False if that is what they had.

    Their sessions end, so that it holds at once. An administrator gives any role; a brand's owner
    those of their own brand. Nobody changes their own.
    """
    if person.id == user_id:
        raise ForbiddenError("You cannot change your own role")
    now = studio.now()
    with acting(studio, person) as act:
        require_may_give(act.person, brand)
        if role is not None:
            check_roles(studio, {brand: role}, act.person)
        before = _known_to(act.person, users.kept(act.session, user_id))
        if before.roles.get(brand) == role:
            return _unchanged(before, brand, role)
        users.set_role(act.session, user_id, brand, role)
        _require_administrator_left(act, before)
        sessions.end_all(act.session, user_id)
        act.note(role_changed(before, brand, role), now)
        for link in links.withdraw_of(act.session, now, maker=before.name):
            act.note(link_withdrawn(link), now)
    return True


def disable(studio: Studio, user_id: int, *, person: Person) -> bool:
    """Let someone sign in no more; False if they could not. What they did stays, by their name."""
    if person.id == user_id:
        raise ForbiddenError("You cannot disable your own account")
    now = studio.now()
    with acting(studio, person, Action.MANAGE_PEOPLE) as act:
        stored = users.kept(act.session, user_id)
        someone = _known_to(act.person, stored)
        if stored.disabled_at:
            return False
        users.set_disabled(act.session, user_id, now)
        _require_administrator_left(act, someone)
        act.note(Note(Event.PERSON_DISABLED, someone.name), now)
        _take_back(act, someone, now)
    return True


def enable(studio: Studio, user_id: int, *, person: Person) -> bool:
    """Let someone sign in again, with the password and roles they had; False if they can.

    Their tokens stay revoked. Who was removed comes back without a role and without a password.
    """
    with acting(studio, person, Action.MANAGE_PEOPLE) as act:
        stored = users.kept(act.session, user_id)
        someone = _known_to(act.person, stored)
        if not stored.disabled_at:
            return False
        users.set_disabled(act.session, user_id, None)
        act.note(Note(Event.PERSON_ENABLED, someone.name))
    return True


def remove(studio: Studio, user_id: int, *, person: Person) -> None:
    """Let go of someone who left for good: no role, password, session, token or link is kept.

    What they made and decided stays under their name, which nobody else gets.
    """
    if person.id == user_id:
        raise ForbiddenError("You cannot remove your own account")
    now = studio.now()
    with acting(studio, person, Action.MANAGE_PEOPLE) as act:
        stored = users.kept(act.session, user_id)
        someone = _known_to(act.person, stored)
        if stored.is_removed:
            raise NotFoundError("person", user_id)
        users.leave_nothing(act.session, user_id, now)
        _require_administrator_left(act, someone)
        _take_back(act, someone, now)
        for note in person_removed(someone):
            act.note(note, now)


def able(studio: Studio) -> bool:
    """Whether anybody can sign in."""
    with studio.database.reading() as session:
        return bool(able_of(studio, users.all_kept(session)))


def able_of(studio: Studio, people: Iterable[StoredUser]) -> list[StoredUser]:
    """Those who can prove who they are, by a password or elsewhere."""
    is_elsewhere = bool(studio.settings.proxy_header)
    return [
        stored
        for stored in people
        if stored.disabled_at is None
        and stored.person.name != OPERATOR
        and (stored.password_hash or stored.identity or is_elsewhere)
    ]


def require_may_give(person: Person, brand: str) -> None:
    """Do nothing for who may give roles in this brand, or in every one; else refuse."""
    if person.is_administrator or brand == EVERY_BRAND:
        require(person, Action.MANAGE_PEOPLE, STUDIO)
    else:
        require(person, Action.MANAGE_MEMBERS, Thing("brand", brand, brand))


def _known_to(actor: Person, stored: StoredUser) -> Person:
    """Whose role or account the actor may change, or NotFoundError as if there were nobody."""
    someone = _seen_by(actor, stored.person)
    if someone is None:
        raise NotFoundError("person", stored.person.id)
    if someone.is_administrator and not actor.is_administrator:
        raise ForbiddenError(f"Only an administrator may change what {someone.name} may do")
    return someone


def _seen_by(viewer: Person, someone: Person) -> Person | None:
    """The person with the roles that the viewer may see; None when they may see none."""
    if someone.name == OPERATOR:
        return None
    owned = viewer.owned_brands
    if viewer.is_administrator or owned is None:
        return someone
    roles = {b: role for b, role in someone.roles.items() if b == EVERY_BRAND or b in owned}
    return replace(someone, roles=roles) if roles else None


def _administrators(studio: Studio, people: Iterable[StoredUser]) -> list[StoredUser]:
    return [kept for kept in able_of(studio, people) if kept.person.is_administrator]


def _require_administrator_left(act: Act, before: Person) -> None:
    """Do nothing, or LastAdministratorError for who was the last administrator until now."""
    if before.is_administrator and not _administrators(act.studio, users.all_kept(act.session)):
        raise LastAdministratorError(before.name)


def _take_back(act: Act, someone: Person, at: datetime) -> None:
    """Revoke the tokens and withdraw the links of who may sign in no more."""
    for link in revocation.take_back(act.session, someone, at):
        act.note(link_withdrawn(link), at)


def _unchanged(someone: Person, brand: str, role: Role | None) -> bool:
    """False for a role that someone has already; none at all is a mistake in the brand."""
    if role is None:
        where = "every brand" if brand == EVERY_BRAND else brand
        raise BriefError([Problem("role", f"{someone.name} has no role in {where}")])
    return False

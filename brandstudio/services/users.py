"""People: who there is, with which role in which brand, and who may sign in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from brandstudio.domain.access import STUDIO, Action, Thing, require, require_scope
from brandstudio.domain.accounts import Account, SignInLink
from brandstudio.domain.activity import Event, Note
from brandstudio.domain.people import EVERY_BRAND, OPERATOR, Person, Role
from brandstudio.errors import (
    BriefError,
    ForbiddenError,
    LastAdministratorError,
    NotFoundError,
    Problem,
    SignInError,
)
from brandstudio.services import passwords
from brandstudio.services.studio import Studio
from brandstudio.storage import activity, links, sessions, tokens, users
from brandstudio.storage.users import Kept

RUNS_ALL: Mapping[str, Role] = {EVERY_BRAND: Role.ADMINISTRATOR}
_NAME = re.compile(r"[^\W_][\w .@'-]{0,62}[\w.]")


def operator(studio: Studio) -> Person:
    """Who acts when someone works on the machine's own terminal; nobody signs in by this name."""
    with studio.database.writing() as session:
        known = users.find(session, OPERATOR)
        return known or users.add(session, OPERATOR, RUNS_ALL, None, studio.now())


def named(studio: Studio, name: str) -> Person:
    """The person of that name, for the machine's operator acting on their behalf."""
    with studio.database.reading() as session:
        person = users.find(session, name)
        known = [someone.name for someone in users.all_active(session)]
    if person is None:
        raise SignInError(f"There is nobody called '{name[:64]}'; there are: {', '.join(known)}")
    return person


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
    with studio.database.writing() as session:
        require(users.as_of_now(session, by), Action.MANAGE_PEOPLE, STUDIO)
        if users.name_taken(session, name):
            raise BriefError([taken(name)])
        person = users.add(session, name, roles, password_hash, studio.now())
        activity.note(session, by, added(person), studio.now())
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
    shown = [(kept, _seen_by(person, kept.person)) for kept in people]
    return tuple(
        Account(
            person=someone,
            created_at=kept.created_at,
            disabled_at=kept.disabled_at,
            last_seen_at=seen.get(someone.id),
            has_password=kept.password_hash is not None,
            has_identity=kept.identity is not None,
        )
        for kept, someone in shown
        if someone is not None
    )


def set_role(
    studio: Studio, user_id: int, brand: str, role: Role | None, *, person: Person
) -> Person:
    """Give someone a role in a brand, or none; their sessions end, so that it holds at once.

    An administrator gives any; a brand's owner those of their own brand. Nobody changes their own.
    """
    if person.id == user_id:
        raise ForbiddenError("You cannot change your own role")
    now = studio.now()
    with studio.database.writing() as session:
        actor = users.as_of_now(session, person)
        require_may_give(actor, brand)
        if role is not None:
            check_roles(studio, {brand: role}, actor)
        before = _known_to(actor, users.kept(session, user_id))
        after = users.set_role(session, user_id, brand, role)
        if before.is_administrator and not _administrators(studio, users.all_kept(session)):
            raise LastAdministratorError(before.name)
        sessions.end_all(session, user_id)
        activity.note(session, person, _role_note(before, brand, role), now)
        for link in links.withdraw_of(session, before.name, now):
            activity.note(session, person, withdrawn(link), now)
    return after


def disable(studio: Studio, user_id: int, *, person: Person) -> None:
    """Let someone sign in no more; what they made and decided stays under their name."""
    if person.id == user_id:
        raise ForbiddenError("You cannot disable your own account")
    now = studio.now()
    with studio.database.writing() as session:
        actor = users.as_of_now(session, person)
        require(actor, Action.MANAGE_PEOPLE, STUDIO)
        someone = _known_to(actor, users.kept(session, user_id))
        users.set_disabled(session, user_id, now)
        if someone.is_administrator and not _administrators(studio, users.all_kept(session)):
            raise LastAdministratorError(someone.name)
        sessions.end_all(session, user_id)
        tokens.revoke_all(session, user_id, now)
        activity.note(session, person, Note(Event.PERSON_DISABLED, someone.name), now)
        for link in links.withdraw_of(session, someone.name, now, user_id):
            activity.note(session, person, withdrawn(link), now)


def enable(studio: Studio, user_id: int, *, person: Person) -> None:
    """Let someone sign in again, with the password and roles they had; not with their tokens."""
    with studio.database.writing() as session:
        actor = users.as_of_now(session, person)
        require(actor, Action.MANAGE_PEOPLE, STUDIO)
        someone = _known_to(actor, users.kept(session, user_id))
        users.set_disabled(session, user_id, None)
        activity.note(session, person, Note(Event.PERSON_ENABLED, someone.name), studio.now())


def able(studio: Studio) -> int:
    """How many people can sign in."""
    with studio.database.reading() as session:
        return len(_able(studio, users.all_kept(session)))


def require_may_give(person: Person, brand: str) -> None:
    """Do nothing for who may give roles in this brand, or in every one; else refuse."""
    if person.is_administrator or brand == EVERY_BRAND:
        require(person, Action.MANAGE_PEOPLE, STUDIO)
    else:
        require(person, Action.MANAGE_MEMBERS, Thing("brand", brand, brand))


def check_roles(studio: Studio, roles: Mapping[str, Role], by: Person) -> None:
    """Do nothing if there are such roles in such brands, or an error that says what is wrong."""
    for brand, role in roles.items():
        if brand != EVERY_BRAND:
            studio.catalogue_for(by).brand(brand)
            if role is Role.ADMINISTRATOR:
                said = "administrators run every brand; choose another role"
                raise BriefError([Problem("role", said)])


def check_new(studio: Studio, name: str, password: str | None, roles: Mapping[str, Role]) -> None:
    """Do nothing if someone can be added so, or BriefError with everything that is wrong."""
    problems = [] if password is None else _password_problems(studio, name, password, roles)
    if problem := name_problem(name):
        problems.insert(0, problem)
    if problems:
        raise BriefError(problems)


def name_problem(name: str) -> Problem | None:
    """What keeps anyone from having this name, or None."""
    if _NAME.fullmatch(name) and name.casefold() != OPERATOR:
        return None
    said = "use 2 to 64 letters, digits, spaces or . - ' @, starting with a letter"
    return Problem("name", said)


def taken(name: str) -> Problem:
    """That someone else has the name, or one like it."""
    return Problem("name", f"'{name}' or a name that looks like it is taken; choose another")


def added(person: Person) -> Note:
    """That there is a new person, with which roles."""
    roles = {_where(brand): role.in_words for brand, role in person.roles.items()}
    return Note(Event.PERSON_ADDED, person.name, _brand_of(person.roles), roles)


def withdrawn(link: SignInLink) -> Note:
    """That a link stopped working before anyone used it."""
    detail = {"kind": link.kind.value, "made by": link.made_by}
    return Note(Event.LINK_WITHDRAWN, link.name, _brand_of(link.roles), detail)


def _password_problems(
    studio: Studio, name: str, password: str, roles: Mapping[str, Role]
) -> list[Problem]:
    newcomer = Person(id=0, name=name, roles=roles)
    return passwords.check(name, password, passwords.brands_of(studio, newcomer))


def _known_to(actor: Person, kept: Kept) -> Person:
    """Whose role or account the actor may change, or NotFoundError as if there were nobody."""
    someone = _seen_by(actor, kept.person)
    if someone is None:
        raise NotFoundError("person", kept.person.id)
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
    shown = {b: role for b, role in someone.roles.items() if b == EVERY_BRAND or b in owned}
    return replace(someone, roles=shown) if shown else None


def _administrators(studio: Studio, people: Iterable[Kept]) -> list[Kept]:
    return [kept for kept in _able(studio, people) if kept.person.is_administrator]


def _able(studio: Studio, people: Iterable[Kept]) -> list[Kept]:
    """Those who can prove who they are, by a password or elsewhere."""
    is_elsewhere = bool(studio.settings.proxy_header)
    return [
        kept
        for kept in people
        if kept.disabled_at is None
        and kept.person.name != OPERATOR
        and (kept.password_hash or kept.identity or is_elsewhere)
    ]


def _role_note(someone: Person, brand: str, role: Role | None) -> Note:
    before, where = someone.roles.get(brand), {"where": _where(brand)}
    before_in_words = before.in_words if before else "none"
    if role is None:
        detail = where | {"role": before_in_words}
        return Note(Event.ROLE_TAKEN, someone.name, _brand_of({brand: role}), detail)
    detail = where | {"role": role.in_words, "before": before_in_words}
    return Note(Event.ROLE_GIVEN, someone.name, _brand_of({brand: role}), detail)


def _where(brand: str) -> str:
    return "every brand" if brand == EVERY_BRAND else brand


def _brand_of(roles: Mapping[str, object]) -> str:
    """The one brand that it is about; empty when it is about several, or the studio."""
    brands = [brand for brand in roles if brand != EVERY_BRAND]
    return brands[0] if len(brands) == len(roles) == 1 else ""

"""Links that work once: for the first administrator, the invited, and a forgotten password."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from brandstudio.domain.access import STUDIO, Action, require, require_scope
from brandstudio.domain.accounts import LinkKind, Origin, SignInLink
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.audit_log.people_events import (
    link_made,
    link_used,
    link_withdrawn,
    person_added,
)
from brandstudio.domain.names import name_problem, taken_name
from brandstudio.domain.passwords import password_problems
from brandstudio.domain.people import EVERY_BRAND, OPERATOR, Person, Role
from brandstudio.errors import BriefError, NotFoundError, Problem, SignInError
from brandstudio.services.people import passwords
from brandstudio.services.people.names import check_new, check_roles
from brandstudio.services.people.sessions import open_for
from brandstudio.services.people.users import RUNS_ALL, able, able_of, require_may_give
from brandstudio.services.studio import Studio, token_digest
from brandstudio.services.transaction import acting
from brandstudio.storage.decisions import audit_log
from brandstudio.storage.people import links, sessions, users

LIFETIME: Mapping[LinkKind, timedelta] = {
    LinkKind.FIRST_ADMINISTRATOR: timedelta(hours=24),
    LinkKind.INVITATION: timedelta(days=7),
    LinkKind.PASSWORD: timedelta(hours=24),
}
_NOWHERE = Origin()


class LinkClosedError(SignInError):
    """A link was used, has expired, was withdrawn or never existed."""

    hint = "Ask whoever sent it for a new one, or sign in if you have an account."

    def __init__(self) -> None:
        super().__init__("This sign-in link was used already or has expired")


def first(studio: Studio) -> str | None:
    """The token of a link for the first administrator while nobody can sign in yet, else None."""
    if able(studio):
        return None
    token, link = _drawn(studio, LinkKind.FIRST_ADMINISTRATOR, roles=RUNS_ALL)
    with studio.database.writing() as session:
        earlier = [one for one in links.all_open(session, link.made_at) if one.kind is link.kind]
        links.withdraw(session, earlier)
        links.add(session, token_digest(token), link)
    return token


def invite(studio: Studio, name: str, roles: Mapping[str, Role], *, person: Person) -> str:
    """The token of a link that makes a new person with these roles, within a week.

    With an empty name they choose it themselves. A brand's owner invites into their own brand.
    """
    _check_invitation(studio, name, roles, person)
    token, link = _drawn(studio, LinkKind.INVITATION, person.name, name=name, roles=roles)
    with acting(studio, person) as act:
        _require_may_invite(act.person, roles)
        if users.name_taken(act.session, name):
            raise BriefError([taken_name(name)])
        links.add(act.session, token_digest(token), link)
        act.note(link_made(link), link.made_at)
    return token


def for_password(studio: Studio, user_id: int, *, person: Person) -> str:
    """The token of a link with which someone sets a new password, within a day."""
    require(person, Action.MANAGE_PEOPLE, STUDIO)
    with acting(studio, person, Action.MANAGE_PEOPLE) as act:
        account = users.kept(act.session, user_id)
        if account.disabled_at or account.person.name == OPERATOR:
            raise NotFoundError("person who may sign in", account.person.name)
        token, link = _drawn(
            studio, LinkKind.PASSWORD, person.name, name=account.person.name, user_id=user_id
        )
        earlier = [
            one for one in links.all_open(act.session, link.made_at) if one.user_id == user_id
        ]
        links.withdraw(act.session, earlier)
        links.add(act.session, token_digest(token), link)
        act.note(link_made(link), link.made_at)
    return token


def all_open(studio: Studio, *, person: Person) -> tuple[SignInLink, ...]:
    """The links that nobody has used yet; for a brand's owner the invitations into their brands."""
    _require_sees_links(person)
    with studio.database.reading() as session:
        known = links.all_open(session, studio.now())
    return tuple(link for link in known if _is_for(person, link))


def withdraw(studio: Studio, link_id: str, *, person: Person) -> None:
    """Let a link work no more; one that was used a moment ago is not open any more."""
    _require_sees_links(person)
    now = studio.now()
    with acting(studio, person) as act:
        _require_sees_links(act.person)
        visible = (one for one in links.all_open(act.session, now) if _is_for(act.person, one))
        link = next((one for one in visible if one.id == link_id), None)
        if link is None:
            raise NotFoundError("open link", link_id)
        links.withdraw(act.session, [link])
        act.note(link_withdrawn(link), now)


def find(studio: Studio, token: str) -> SignInLink | None:
    """The link of this token while it works, for whoever holds it."""
    with studio.database.reading() as session:
        return links.find_open(session, token_digest(token), studio.now())


def use(studio: Studio, token: str, *, name: str, password: str, origin: Origin = _NOWHERE) -> str:
    """Do what the link is for, with the password its holder chose; returns a session token.

    The link's own name counts for more than the one that is given. A wrong form leaves it open.
    """
    link = find(studio, token)
    if link is None:
        raise LinkClosedError
    name = link.name or name
    if link.user_id is None:
        check_new(studio, name, password, link.roles)
        person = _let_in(studio, token, link, name, passwords.hashed(studio, password))
    else:
        person = _set_password(studio, token, link, link.user_id, password)
    return open_for(studio, person, origin, how=f"{link.kind} link")


def use_for_identity(studio: Studio, token: str, *, name: str, identity: str) -> Person:
    """Let in whom an identity provider vouches for, as the link's person or with its roles."""
    link = find(studio, token)
    if link is None or link.kind is LinkKind.FIRST_ADMINISTRATOR:
        raise LinkClosedError
    if link.user_id is not None:
        return _connect(studio, token, link, link.user_id, identity)
    name = link.name or name
    check_new(studio, name, None, link.roles)
    return _let_in(studio, token, link, name, None, identity)


def _let_in(
    studio: Studio,
    token: str,
    link: SignInLink,
    name: str,
    password_hash: str | None,
    identity: str | None = None,
) -> Person:
    is_first, now = link.kind is LinkKind.FIRST_ADMINISTRATOR, studio.now()
    with studio.database.writing() as session:
        if is_first and able_of(studio, users.all_kept(session)):
            raise LinkClosedError
        if not links.use(session, token_digest(token), now):
            raise LinkClosedError
        if users.name_taken(session, name):
            raise BriefError([taken_name(name)])
        person = users.add(session, name, link.roles, password_hash, now, identity=identity)
        audit_log.note(session, person, link_used(link), now)
        for note in person_added(person):
            audit_log.note(session, person, note, now)
    return person


def _connect(studio: Studio, token: str, link: SignInLink, user_id: int, identity: str) -> Person:
    """Tie an existing person to their identity at the provider."""
    now = studio.now()
    with studio.database.writing() as session:
        if not links.use(session, token_digest(token), now):
            raise LinkClosedError
        users.set_identity(session, user_id, identity)
        sessions.end_all(session, user_id)
        person = users.kept(session, user_id).person
        audit_log.note(session, person, link_used(link), now)
    return person


def _set_password(
    studio: Studio, token: str, link: SignInLink, user_id: int, password: str
) -> Person:
    with studio.database.reading() as session:
        person = users.kept(session, user_id).person
    problems = password_problems(person.name, password, passwords.brands_of(studio, person))
    if problems:
        raise BriefError(problems)
    password_hash, now = passwords.hashed(studio, password), studio.now()
    with studio.database.writing() as session:
        if not links.use(session, token_digest(token), now):
            raise LinkClosedError
        users.set_password(session, user_id, password_hash)
        sessions.end_all(session, user_id)
        audit_log.note(session, person, link_used(link), now)
        audit_log.note(session, person, Note(Event.PASSWORD_CHANGED, person.name), now)
    return person


def _drawn(
    studio: Studio,
    kind: LinkKind,
    made_by: str = "",
    *,
    name: str = "",
    roles: Mapping[str, Role] = MappingProxyType({}),
    user_id: int | None = None,
) -> tuple[str, SignInLink]:
    token, now = studio.draw_token(), studio.now()
    link = SignInLink(
        id=token_digest(token)[: links.ID_LENGTH],
        kind=kind,
        name=name,
        roles=roles,
        made_by=made_by,
        made_at=now,
        expires_at=now + LIFETIME[kind],
        user_id=user_id,
    )
    return token, link


def _check_invitation(studio: Studio, name: str, roles: Mapping[str, Role], person: Person) -> None:
    if not roles:
        raise BriefError([Problem("role", "choose at least one role")])
    _require_may_invite(person, roles)
    check_roles(studio, roles, person)
    problem = name_problem(name) if name else None
    if problem:
        raise BriefError([problem])


def _require_may_invite(person: Person, roles: Mapping[str, Role]) -> None:
    for brand in roles:
        require_may_give(person, brand)


def _require_sees_links(person: Person) -> None:
    require_scope(person, Action.MANAGE_MEMBERS)
    if person.owned_brands == frozenset():
        require(person, Action.MANAGE_PEOPLE, STUDIO)


def _is_for(person: Person, link: SignInLink) -> bool:
    """Whether the person may see and withdraw the link."""
    if person.is_administrator:
        return True
    owned = person.owned_brands
    into = frozenset(link.roles)
    is_theirs = EVERY_BRAND not in into if owned is None else into <= owned
    return link.kind is LinkKind.INVITATION and is_theirs

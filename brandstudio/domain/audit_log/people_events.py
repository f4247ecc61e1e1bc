"""What is recorded about people, their roles and the links that let them in.

Whoever answers for a brand reads what names that brand, so what concerns several is noted for each.
"""

from collections.abc import Iterator, Mapping

from brandstudio.domain.accounts import SignInLink
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.people import EVERY_BRAND, Person, Role


def person_added(person: Person) -> Iterator[Note]:
    """The notes on a new person and their roles."""
    yield _about(Event.PERSON_ADDED, person.name, person.roles)
    if len(person.roles) > 1:
        for brand, role in person.roles.items():
            yield _role(Event.ROLE_GIVEN, person.name, brand, {"role": role.in_words})


def person_removed(person: Person) -> Iterator[Note]:
    """The notes on a person removed for good and the roles they had."""
    if len(person.roles) > 1:
        for brand, role in person.roles.items():
            yield _role(Event.ROLE_TAKEN, person.name, brand, {"role": role.in_words})
    yield _about(Event.PERSON_REMOVED, person.name, person.roles)


def role_changed(someone: Person, brand: str, role: Role | None) -> Note:
    """The note on a role given, changed or taken away, with the one before."""
    held = someone.roles.get(brand)
    before = held.in_words if held else "none"
    if role is None:
        return _role(Event.ROLE_TAKEN, someone.name, brand, {"role": before})
    facts = {"role": role.in_words, "before": before}
    return _role(Event.ROLE_GIVEN, someone.name, brand, facts)


def link_made(link: SignInLink) -> Note:
    """The note on a new sign-in link."""
    return _about(Event.LINK_MADE, link.name, link.roles, _named(link))


def link_used(link: SignInLink) -> Note:
    """The note on a sign-in link that was used."""
    return _about(Event.LINK_USED, link.name, link.roles, _named(link))


def link_withdrawn(link: SignInLink) -> Note:
    """The note on a sign-in link withdrawn before its use."""
    facts = {**_named(link), "made by": link.made_by}
    return _about(Event.LINK_WITHDRAWN, link.name, link.roles, facts)


def _named(link: SignInLink) -> Mapping[str, str]:
    return {"kind": link.kind.value, "link": link.id}


def _role(event: Event, name: str, brand: str, facts: Mapping[str, str]) -> Note:
    return Note(event, name, _slug(brand), {"where": _where(brand), **facts})


def _about(
    event: Event, name: str, roles: Mapping[str, Role], facts: Mapping[str, str] = {}
) -> Note:
    """The note with its roles: one as brand and role, several as one line of text."""
    if len(roles) == 1:
        [(brand, role)] = roles.items()
        return _role(event, name, brand, {**facts, "role": role.in_words})
    listing = ", ".join(f"{role.in_words} of {_where(brand)}" for brand, role in roles.items())
    return Note(event, name, detail={**facts, "roles": listing} if listing else facts)


def _where(brand: str) -> str:
    return "every brand" if brand == EVERY_BRAND else brand


def _slug(brand: str) -> str:
    return "" if brand == EVERY_BRAND else brand

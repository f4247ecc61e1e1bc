"""Who may do what to which thing: one table, one function, for pages, REST and command line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any, TypeVar

from brandstudio.domain.people import EVERY_BRAND, Person, Role, Scope
from brandstudio.errors import ForbiddenError, NotFoundError

F = TypeVar("F", bound=Callable[..., Any])
NEEDS = "__needs__"


class Beyond(StrEnum):
    """Operations that need no permission: open to all, or only at the machine's terminal."""

    NO_SIGN_IN = "no sign-in"
    MACHINE_ACCOUNT = "the machine's own account"


class Action(StrEnum):
    """What can be done, in the words of the message that refuses it."""

    VIEW = "see runs and assets"
    CREATE_RUN = "create runs"
    CANCEL_RUN = "cancel this run"
    PAUSE_RUN = "pause this run"
    RETRY_RUN = "start this run again"
    SUBMIT_FOR_REVIEW = "submit variants for review"
    DECIDE = "decide on variants"
    BUILD_PACK = "build packs"
    MANAGE_MEMBERS = "give roles"
    SEE_ACTIVITY = "read the audit log"
    MANAGE_PEOPLE = "manage people"
    SEE_SETTINGS = "see the settings"
    SEE_WORKERS = "see the workers"
    MONITOR = "see how the studio fares"
    OWN_ACCOUNT = "see or change your own account"
    SIGNED_IN = "be signed in"


class Who(Enum):
    """Whether being a maker of the thing is required, excluded, or irrelevant."""

    ANYONE = auto()
    MAKERS = auto()
    """Whoever made the thing; a brand owner and an administrator stand in for them."""
    OTHERS = auto()
    """Anyone but its makers: four eyes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action asks for: a role at least, a scope of the token, and of whom."""

    least: Role | None
    """None for anyone who is signed in, with or without a role."""
    scope: Scope | None
    """None for any token: what it does says nothing of what is stored."""
    who: Who = Who.ANYONE


RULES: Mapping[Action, Rule] = {
    Action.VIEW: Rule(Role.CREATOR, Scope.READ),
    Action.CREATE_RUN: Rule(Role.CREATOR, Scope.CREATE),
    Action.CANCEL_RUN: Rule(Role.CREATOR, Scope.CREATE, Who.MAKERS),
    Action.PAUSE_RUN: Rule(Role.CREATOR, Scope.CREATE, Who.MAKERS),
    Action.RETRY_RUN: Rule(Role.CREATOR, Scope.CREATE, Who.MAKERS),
    Action.SUBMIT_FOR_REVIEW: Rule(Role.CREATOR, Scope.CREATE, Who.MAKERS),
    Action.BUILD_PACK: Rule(Role.CREATOR, Scope.PACK),
    Action.DECIDE: Rule(Role.REVIEWER, Scope.REVIEW, Who.OTHERS),
    Action.MANAGE_MEMBERS: Rule(Role.BRAND_OWNER, Scope.ADMINISTER),
    Action.SEE_ACTIVITY: Rule(Role.BRAND_OWNER, Scope.ADMINISTER),
    Action.MANAGE_PEOPLE: Rule(Role.ADMINISTRATOR, Scope.ADMINISTER),
    Action.SEE_SETTINGS: Rule(Role.ADMINISTRATOR, Scope.ADMINISTER),
    Action.SEE_WORKERS: Rule(Role.ADMINISTRATOR, Scope.MONITOR),
    Action.MONITOR: Rule(Role.ADMINISTRATOR, Scope.MONITOR),
    Action.OWN_ACCOUNT: Rule(None, Scope.ADMINISTER),
    Action.SIGNED_IN: Rule(None, None),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """What is acted on: its kind and name, whose brand it is, and who made it.

    `kind` and `name` are those of the NotFoundError that its absence would raise, so that a
    stranger to the brand cannot tell one from the other.
    """

    kind: str
    name: object
    brand: str
    makers: frozenset[int] = frozenset()
    allow_self_review: bool = False


STUDIO = Thing("studio", "", EVERY_BRAND)
"""The studio itself: its people, workers and settings."""


def require(person: Person, action: Action, thing: Thing) -> Role | None:
    """The role in which the person may do this; None where no role is asked for.

    Raises NotFoundError for a thing of a brand that is not the person's, as if it did not exist,
    and ForbiddenError for what only others may do.
    """
    require_known(person, thing)
    rule, role = RULES[action], person.role_in(thing.brand)
    if rule.least and not (role and role.covers(rule.least)):
        raise ForbiddenError(f"{person.name} {_is_a(role)} and may not {action}")
    require_scope(person, action)
    is_maker = person.id in thing.makers
    stands_in = role is not None and role.covers(Role.BRAND_OWNER)
    if rule.who is Who.MAKERS and not (is_maker or stands_in):
        raise ForbiddenError(f"Only who made this run, or a brand owner, may {action}")
    if rule.who is Who.OTHERS and is_maker and not thing.allow_self_review:
        raise ForbiddenError("Someone else must decide on your own run")
    return role


def require_known(person: Person, thing: Thing) -> None:
    """Raise NotFoundError for a thing of a brand that is not the person's.

    Asked before anything else is read of it, so that not even the time it takes gives it away.
    """
    if thing is not STUDIO and person.role_in(thing.brand) is None:
        raise NotFoundError(thing.kind, thing.name)


def may(person: Person, action: Action, thing: Thing) -> bool:
    """Whether the person may do this."""
    try:
        require(person, action, thing)
    except (ForbiddenError, NotFoundError):
        return False
    return True


def needs(what: Action | Beyond) -> Callable[[F], F]:
    """Declare what a page's event, a REST call or a command asks of who calls it.

    The services decide; the declaration is what the tests hold their answers against, and what
    docs/authorisation.md is made from.
    """

    def declared(handler: F) -> F:
        setattr(handler, NEEDS, what)
        return handler

    return declared


def require_scope(person: Person, action: Action) -> None:
    """Before a list that holds only what the person may see: whether the token may list at all."""
    scope = RULES[action].scope
    if scope and scope not in person.scopes:
        raise ForbiddenError(f"This API token has no scope '{scope}' and may not {action}")


def _is_a(role: Role | None) -> str:
    # To whoever has no role in a brand, what is the brand's does not exist, and an administrator
    # may do everything.
    return f"is a {role.in_words}" if role else "has no role in every brand"

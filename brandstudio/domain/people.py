"""People: who may do what."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from brandstudio.errors import ForbiddenError


class Role(StrEnum):
    """What a person is here for."""

    CREATOR = "creator"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What can be done, in the words of the message that refuses it."""

    CREATE_RUN = "create runs"
    CANCEL_RUN = "cancel this run"
    PAUSE_RUN = "pause this run"
    SUBMIT_FOR_REVIEW = "submit variants for review"
    DECIDE = "decide on variants"
    BUILD_PACK = "build packs"
    VIEW = "see runs and assets"
    MANAGE_PEOPLE = "manage people"
    SEE_WORKERS = "see the workers"


_EVERYONE = frozenset(Role)
MAY = {
    Action.VIEW: _EVERYONE,
    Action.CREATE_RUN: _EVERYONE,
    Action.CANCEL_RUN: _EVERYONE,
    Action.PAUSE_RUN: _EVERYONE,
    Action.SUBMIT_FOR_REVIEW: _EVERYONE,
    Action.BUILD_PACK: _EVERYONE,
    Action.DECIDE: frozenset({Role.REVIEWER, Role.ADMINISTRATOR}),
    Action.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
    Action.SEE_WORKERS: frozenset({Role.ADMINISTRATOR}),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who is signed in, or whom the machine's operator acts for."""

    id: int
    name: str
    role: Role


def require(person: Person, action: Action) -> None:
    """Do nothing if the person may do this, else raise ForbiddenError."""
    if person.role not in MAY[action]:
        raise ForbiddenError(f"{person.name} is a {person.role} and may not {action}")


def require_maker(person: Person, maker_id: int, action: Action) -> None:
    """Only who made a run, or an administrator, may do this to it."""
    require(person, action)
    if person.id != maker_id and person.role is not Role.ADMINISTRATOR:
        raise ForbiddenError(f"Only who made this run may {action}")


def require_other(person: Person, maker_id: int, *, allow_self_review: bool) -> None:
    """Nobody decides on a run of their own, unless the brand allows it."""
    if person.id == maker_id and not allow_self_review:
        raise ForbiddenError("Someone else must decide on your own run")


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token for the REST API, as its owner sees it; the secret is shown once and not kept."""

    id: int
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None

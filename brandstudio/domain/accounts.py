"""Accounts: who may sign in, where they are signed in, and the links that let people in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from brandstudio.domain.people import Person, Role


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its network address, and what the browser calls itself."""

    address: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A person as those who manage people see them; `person` holds the roles the viewer may see."""

    person: Person
    created_at: datetime
    disabled_at: datetime | None
    last_seen_at: datetime | None
    """When they last used a session, or did something that is on record."""
    has_password: bool
    has_identity: bool
    """Whether an identity provider knows them."""
    is_removed: bool = False
    """Whether they left for good: nothing is kept that could let them in, only what they did."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is signed in; `id` names it and is no secret."""

    id: str
    since: datetime
    last_seen_at: datetime
    expires_at: datetime
    origin: Origin
    is_current: bool = False


class LinkKind(StrEnum):
    """What a sign-in link is for."""

    FIRST_ADMINISTRATOR = "first administrator"
    INVITATION = "invitation"
    PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A link that works once; `id` names it and is no secret."""

    id: str
    kind: LinkKind
    name: str
    """Whom it is for; empty lets them choose their name."""
    roles: Mapping[str, Role]
    made_by: str
    made_at: datetime
    expires_at: datetime
    user_id: int | None = None
    """Whose password it sets; None makes a new person."""

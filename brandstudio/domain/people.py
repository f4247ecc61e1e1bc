"""People: who they are, what they are here for, and for which brand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

EVERY_BRAND = "*"
"""In place of a brand's slug: all brands there are, and those to come."""

OPERATOR = "operator"
"""Whoever works on the machine's own terminal; nobody signs in by this name."""


class Role(StrEnum):
    """What a person is here for; each may do what those before it may."""

    CREATOR = "creator"
    REVIEWER = "reviewer"
    BRAND_OWNER = "brand_owner"
    ADMINISTRATOR = "administrator"

    @property
    def in_words(self) -> str:
        """The role as people say it: `brand owner`."""
        return self.value.replace("_", " ")

    def covers(self, least: "Role") -> bool:
        """Whether it may do what `least` may."""
        return _ORDER.index(self) >= _ORDER.index(least)


_ORDER = tuple(Role)


class Scope(StrEnum):
    """What an API token may be used for; its owner's roles limit it further."""

    READ = "read"
    CREATE = "create"
    REVIEW = "review"
    PACK = "pack"
    MONITOR = "monitor"
    ADMINISTER = "administer"


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who is signed in, or whom the machine's operator acts for.

    `roles` has a role for each brand the person works for, and may have one for `EVERY_BRAND`;
    `scopes` is what the credential of the moment allows, which for a browser is everything.
    """

    id: int
    name: str
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role], hash=False)
    scopes: frozenset[Scope] = ALL_SCOPES

    def role_in(self, brand: str) -> Role | None:
        """The highest role the person has in the brand, or None for a stranger to it."""
        held = (self.roles.get(brand), self.roles.get(EVERY_BRAND))
        return max((role for role in held if role), key=_ORDER.index, default=None)

    @property
    def highest_role(self) -> Role | None:
        """The highest role in any brand; None for someone who has not been given one yet."""
        return max(self.roles.values(), key=_ORDER.index, default=None)

    @property
    def is_administrator(self) -> bool:
        """Whether the person runs the studio."""
        return self.role_in(EVERY_BRAND) is Role.ADMINISTRATOR

    @property
    def brands(self) -> frozenset[str] | None:
        """The slugs of the brands the person works for; None for every brand."""
        return None if EVERY_BRAND in self.roles else frozenset(self.roles)

    @property
    def owned_brands(self) -> frozenset[str] | None:
        """The slugs of the brands in which the person gives roles; None for every brand."""
        owned = frozenset(b for b, role in self.roles.items() if role.covers(Role.BRAND_OWNER))
        return None if EVERY_BRAND in owned else owned


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token for the REST API, as its owner sees it; the secret is shown once and not kept."""

    id: int
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    scopes: frozenset[Scope] = ALL_SCOPES
    expires_at: datetime | None = None
    owner: str = ""

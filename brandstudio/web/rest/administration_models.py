"""The shapes of the JSON of administration."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from brandstudio.domain.accounts import LinkKind
from brandstudio.domain.audit_log.entries import Kind, Source
from brandstudio.domain.people import Role, Scope
from brandstudio.services.operations.settings_report import Origin
from brandstudio.web.rest.models import Asked


class LogEntryBody(BaseModel):
    """One thing that happened."""

    source: Source
    number: int = Field(description="Its place among what happened, or among the decisions")
    at: datetime
    event: str
    kind: Kind
    actor: str
    subject: str
    brand: str = Field(description="Empty for what concerns no brand, or several")
    detail: dict[str, str]
    sentence: str = Field(description="What happened, as one would tell it")


class LogBody(BaseModel):
    """Some of the audit log, newest first; `next_before` asks for the page after it."""

    entries: list[LogEntryBody]
    next_before: str


class SettingBody(BaseModel):
    """One setting; the value of a secret is `set`, and of what is not set empty."""

    variable: str
    value: str
    origin: Origin
    meaning: str
    is_secret: bool


class VersionBody(BaseModel):
    """A part of the installation; `version` is empty for one that is not installed."""

    name: str
    version: str


class SettingsBody(BaseModel):
    """Every setting and the versions of what is installed; no secret."""

    settings: list[SettingBody]
    versions: list[VersionBody]


class LightBody(BaseModel):
    """One thing that must work."""

    name: str
    is_green: bool
    said: str


class HealthBody(BaseModel):
    """How the studio fares, as /readyz says it; with this address red lights are a success too."""

    ready: bool
    lights: list[LightBody]


class PersonBody(BaseModel):
    """Someone who may sign in, or might before; `roles` are those that you may see, by brand."""

    id: int
    name: str
    roles: dict[str, Role] = Field(description="By the brand's slug; `*` stands for every brand")
    is_disabled: bool
    is_removed: bool = Field(description="Left for good: only the name is kept, on what they did")
    is_you: bool
    has_password: bool
    created_at: datetime
    last_seen_at: datetime | None = Field(
        description="In a session, or by something that is on record"
    )


class PeopleBody(BaseModel):
    """Everyone whom you may see, by name."""

    people: list[PersonBody]


class RoleRequest(Asked):
    """A role for someone in a brand; without one they lose the one they had."""

    brand: str = Field(max_length=64, description="A slug, or `*` for every brand")
    role: Role | None


class InvitationRequest(Asked):
    """Whom to let in, with which role for each brand; without a name they choose theirs."""

    name: str = Field(default="", max_length=64)
    roles: dict[Annotated[str, Field(max_length=64)], Role] = Field(min_length=1, max_length=64)


class LinkMade(BaseModel):
    """A link that works once. It is shown this once and not kept."""

    url: str
    expires_at: datetime


class LinkBody(BaseModel):
    """A link that nobody has used yet; not the link itself, which only its holder has."""

    id: str
    kind: LinkKind
    name: str = Field(description="Whom it is for; empty lets them choose their name")
    roles: dict[str, Role]
    made_by: str
    made_at: datetime
    expires_at: datetime


class LinksBody(BaseModel):
    """Links that still work."""

    links: list[LinkBody]


class SessionBody(BaseModel):
    """A browser that is signed in."""

    id: str
    person: str
    person_id: int
    address: str
    browser: str
    since: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool = Field(description="Whether it is the one that asks")


class SessionsBody(BaseModel):
    """Who is signed in, the one last seen first."""

    sessions: list[SessionBody]


class SessionsEnded(BaseModel):
    """How many browsers were signed out."""

    ended: int


class TokenBody(BaseModel):
    """An API token; of its secret only how it begins."""

    id: int
    name: str
    owner: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    is_expired: bool


class TokensBody(BaseModel):
    """Everybody's tokens that were not revoked, the newest first."""

    tokens: list[TokenBody]

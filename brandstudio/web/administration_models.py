"""The shapes of the JSON of administration."""

from datetime import datetime

from pydantic import BaseModel, Field

from brandstudio.domain.timeline import Kind, Source
from brandstudio.services.overview import Origin


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

"""Administration over REST: people, the audit log, the settings, how the studio fares."""

from fastapi import APIRouter

from brandstudio.domain.access import STUDIO, Action, needs, require
from brandstudio.services.operations import health, settings_report
from brandstudio.services.operations.settings_report import SettingOrigin
from brandstudio.services.studio import Studio
from brandstudio.web.rest import audit_log, links, people, sessions, tokens
from brandstudio.web.rest.body import Body
from brandstudio.web.rest.parameters import CurrentPerson
from brandstudio.web.rest.part import ADMINISTRATION, part
from brandstudio.web.routing import joined


class SettingBody(Body):
    """One setting; the value of a secret is `set`, and of what is not set empty."""

    variable: str
    value: str
    origin: SettingOrigin
    meaning: str
    is_secret: bool


class VersionBody(Body):
    """A part of the installation; `version` is empty for one that is not installed."""

    name: str
    version: str


class SettingsBody(Body):
    """Every setting and the versions of what is installed; no secret."""

    settings: list[SettingBody]
    versions: list[VersionBody]


class LightBody(Body):
    """One thing that must work."""

    name: str
    is_green: bool
    said: str


class HealthBody(Body):
    """How the studio fares, as /readyz says it; with this address red lights are a success too."""

    ready: bool
    lights: list[LightBody]


def router(studio: Studio) -> APIRouter:
    """All routes below /api/v1/administration."""
    return joined(
        people.router(studio),
        links.router(studio),
        sessions.router(studio),
        tokens.router(studio),
        audit_log.router(studio),
        _installation(studio),
    )


def _installation(studio: Studio) -> APIRouter:
    routes = part("Installation", ADMINISTRATION)

    @routes.get("/settings")
    @needs(Action.SEE_SETTINGS)
    def settings(person: CurrentPerson) -> SettingsBody:
        """Every setting with its value, its origin and its meaning, and what is installed."""
        return SettingsBody.of(
            settings=settings_report.settings(studio, person=person),
            versions=settings_report.versions(studio, person=person),
        )

    @routes.get("/health")
    @needs(Action.MONITOR)
    def fares(person: CurrentPerson) -> HealthBody:
        """The lights of /readyz."""
        require(person, Action.MONITOR, STUDIO)
        lights = health.lights(studio)
        return HealthBody.of(ready=all(light.is_green for light in lights), lights=lights)

    return routes

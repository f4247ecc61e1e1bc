"""Administration over REST: people, the audit log, the settings, how the studio fares."""

from typing import Annotated

from fastapi import APIRouter, Depends

from brandstudio.domain.access import STUDIO, Action, needs, require
from brandstudio.domain.people import Person
from brandstudio.services.operations import health, settings_report
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import person_of
from brandstudio.web.rest import audit_log, people
from brandstudio.web.rest.administration_models import (
    HealthBody,
    LightBody,
    SettingBody,
    SettingsBody,
    VersionBody,
)

Asking = Annotated[Person, Depends(person_of)]


def router(studio: Studio) -> APIRouter:
    """All routes below /api/v1/administration."""
    routes = APIRouter(prefix="/administration")
    routes.include_router(people.router(studio))
    routes.include_router(audit_log.router(studio))
    routes.include_router(_installation(studio))
    return routes


def _installation(studio: Studio) -> APIRouter:
    routes = APIRouter(tags=["Installation"])

    @routes.get("/settings")
    @needs(Action.SEE_SETTINGS)
    def settings(person: Asking) -> SettingsBody:
        """Every setting with its value, its origin and its meaning, and what is installed."""
        found = settings_report.settings(studio, person=person)
        installed = settings_report.versions(studio, person=person)
        return SettingsBody(
            settings=[SettingBody.model_validate(one, from_attributes=True) for one in found],
            versions=[VersionBody.model_validate(one, from_attributes=True) for one in installed],
        )

    @routes.get("/health")
    @needs(Action.MONITOR)
    def fares(person: Asking) -> HealthBody:
        """The lights of /readyz."""
        require(person, Action.MONITOR, STUDIO)
        lights = health.lights(studio)
        return HealthBody(
            ready=all(light.is_green for light in lights),
            lights=[LightBody.model_validate(light, from_attributes=True) for light in lights],
        )

    return routes

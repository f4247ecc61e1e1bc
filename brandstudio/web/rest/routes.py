"""The REST API: the same services as the pages, for programs and for the pages' own elements."""

from fastapi import APIRouter

from brandstudio.services.studio import Studio
from brandstudio.web.failures import FailureBody
from brandstudio.web.rest import (
    account,
    administration,
    packs,
    planning,
    reviews,
    run_events,
    runs,
    uploads,
    variants,
    workers,
)

PREFIX = "/api/v1"
_FAILURES: dict[int | str, dict[str, object]] = {
    status: {"model": FailureBody} for status in (400, 401, 403, 404, 409, 413, 422, 507)
}


def router(studio: Studio) -> APIRouter:
    """All routes below /api/v1."""
    routes = APIRouter(prefix=PREFIX, responses=_FAILURES)
    routes.include_router(planning.router(studio))
    routes.include_router(uploads.router(studio))
    routes.include_router(runs.router(studio))
    routes.include_router(variants.router(studio))
    routes.include_router(run_events.router(studio))
    routes.include_router(reviews.router(studio))
    routes.include_router(packs.router(studio))
    routes.include_router(workers.router(studio))
    routes.include_router(account.router())
    routes.include_router(administration.router(studio))
    return routes

"""The REST API: the same services as the pages, for programs and for the pages' own elements."""

from fastapi import APIRouter

from brandstudio.services.studio import Studio
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
from brandstudio.web.routing import joined


def router(studio: Studio) -> APIRouter:
    """All routes below /api/v1."""
    return joined(
        planning.router(studio),
        uploads.router(studio),
        runs.router(studio),
        variants.router(studio),
        run_events.router(studio),
        reviews.router(studio),
        packs.router(studio),
        workers.router(studio),
        account.router(),
        administration.router(studio),
    )

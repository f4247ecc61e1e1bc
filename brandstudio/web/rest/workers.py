"""Workers over REST: the processes that draw, and how they fare."""

from datetime import datetime

from fastapi import APIRouter

from brandstudio.domain.access import Action, needs
from brandstudio.domain.lease import WorkerState
from brandstudio.services.studio import Studio
from brandstudio.services.work import workers
from brandstudio.web.rest.body import Body
from brandstudio.web.rest.parameters import CurrentPerson
from brandstudio.web.rest.part import part


class WorkerBody(Body):
    """A process that draws."""

    name: str
    host: str
    pid: int
    device: str
    state: WorkerState
    since: datetime
    restarts: int
    last_error: str


class WorkersBody(Body):
    """Every known process that draws, and what is said of them on the pages."""

    workers: list[WorkerBody]
    said: str


def router(studio: Studio) -> APIRouter:
    """The one route about workers."""
    routes = part("Operations")

    @routes.get("/workers")
    @needs(Action.SEE_WORKERS)
    def every_worker(person: CurrentPerson) -> WorkersBody:
        """The processes that draw and how they fare; for administrators."""
        return WorkersBody.of(
            workers=workers.every(studio, person=person),
            said=workers.said_of_the_generator(studio),
        )

    return routes

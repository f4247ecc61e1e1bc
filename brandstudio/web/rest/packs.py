"""The REST API's packs: building them, seeing them, fetching their ZIPs."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import FileResponse, Response

from brandstudio.domain.access import Action, needs
from brandstudio.domain.people import Person
from brandstudio.services import packs
from brandstudio.services.studio import Studio
from brandstudio.web.gate.fair_threads import FairTurns
from brandstudio.web.gate.middleware import person_of
from brandstudio.web.rest.answers import pack_body
from brandstudio.web.rest.files import download
from brandstudio.web.rest.models import PackBody, PackRequest, PacksBody

PACKS_AT_ONCE = 2
"""How many packs are built at a time, each for another person: one may take minutes."""

Number = Annotated[int, Path(ge=1, lt=2**63)]
Asking = Annotated[Person, Depends(person_of)]


def router(studio: Studio) -> APIRouter:
    """Building a pack and fetching it."""
    routes = APIRouter(tags=["Packs"])
    builders = FairTurns(PACKS_AT_ONCE)

    @routes.get("/packs")
    @needs(Action.VIEW)
    def recent(person: Asking, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> PacksBody:
        """Packs, newest first."""
        found = packs.recent(studio, person=person, limit=limit)
        return PacksBody(packs=[pack_body(pack) for pack in found])

    @routes.post("/packs", status_code=201)
    @needs(Action.BUILD_PACK)
    async def build(asked: PackRequest, person: Asking) -> PackBody:
        """Make every rendition of the variants for the placements and put them into a ZIP.

        The same choice of the same approvals is the same file, whenever it is built. You have one
        pack built at a time; the next ones wait, four at most.
        """
        chosen = partial(packs.build, studio, asked.variants, asked.placements, name=asked.name)
        return pack_body(await builders.take(person, partial(chosen, person=person)))

    @routes.get("/packs/{pack_id}")
    @needs(Action.VIEW)
    def one(pack_id: Number, person: Asking) -> PackBody:
        """One pack."""
        return pack_body(packs.get(studio, pack_id, person=person))

    @routes.head("/packs/{pack_id}/download", include_in_schema=False)
    @routes.get("/packs/{pack_id}/download", response_class=FileResponse)
    @needs(Action.VIEW)
    def fetch(pack_id: Number, request: Request, person: Asking) -> Response:
        """The ZIP; its ETag is the sha256 of its bytes."""
        pack = packs.get(studio, pack_id, person=person)
        file = packs.open_file(studio, pack_id, person=person)
        return download(request, file, "application/zip", pack.sha256, name=pack.file_name)

    return routes

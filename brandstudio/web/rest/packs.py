"""The REST API's packs: building them, seeing them, fetching their ZIPs."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import FileResponse, Response

from brandstudio.domain.access import Action, needs
from brandstudio.services import packs
from brandstudio.services.packs import PackRecord
from brandstudio.services.studio import Studio
from brandstudio.web.gate.fair_threads import FairThreads
from brandstudio.web.rest.body import Body, RequestBody
from brandstudio.web.rest.files import download
from brandstudio.web.rest.parameters import BrandFilter, CurrentPerson, PathId, QueryId
from brandstudio.web.rest.part import part
from brandstudio.web.rest.reviews import MAX_DECISIONS, VariantId
from brandstudio.web.rest.variants import VariantsBody, variants_body

PACKS_AT_ONCE = 2
"""How many packs are built at a time, each for another person: one may take minutes."""


class PackRequest(RequestBody):
    """What goes into a pack: approved variants, and the placements to make them for."""

    variants: list[VariantId] = Field(max_length=MAX_DECISIONS)
    placements: list[str] = Field(max_length=64)
    name: str = Field(default="", max_length=200)


class PackBody(Body):
    """A pack: finished files for ad channels, as one ZIP."""

    id: int
    name: str
    brand: str
    creator: str
    created_at: datetime
    sha256: str
    size_bytes: int
    rendition_count: int
    problems: tuple[str, ...]
    variant_ids: tuple[int, ...]
    placements: tuple[str, ...]
    file_name: str
    download: str


class PacksBody(Body):
    """Packs, newest first."""

    packs: list[PackBody]


def router(studio: Studio) -> APIRouter:
    """Approved variants, and the packs they leave in."""
    routes = part("Packs")
    builders = FairThreads(PACKS_AT_ONCE)

    @routes.get("/assets")
    @needs(Action.VIEW)
    def assets(person: CurrentPerson, brand: BrandFilter = "", run: QueryId = None) -> VariantsBody:
        """Approved variants."""
        approved = packs.assets(studio, person=person, brand=brand, run_id=run)
        return variants_body(studio, approved, person)

    @routes.get("/packs")
    @needs(Action.VIEW)
    def recent(person: CurrentPerson, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> PacksBody:
        """Packs, newest first."""
        page = packs.recent(studio, person=person, limit=limit)
        return PacksBody(packs=[pack_body(pack) for pack in page])

    @routes.post("/packs", status_code=201)
    @needs(Action.BUILD_PACK)
    async def build(request: PackRequest, person: CurrentPerson) -> PackBody:
        """Make every rendition of the variants for the placements and put them into a ZIP.

        The same choice of the same approvals is the same file, whenever it is built. You have one
        pack built at a time; the next ones wait, four at most.
        """
        assemble = partial(
            packs.build, studio, request.variants, request.placements, name=request.name
        )
        return pack_body(await builders.take(person, partial(assemble, person=person)))

    @routes.get("/packs/{pack_id}")
    @needs(Action.VIEW)
    def one(pack_id: PathId, person: CurrentPerson) -> PackBody:
        """One pack."""
        return pack_body(packs.get(studio, pack_id, person=person))

    @routes.head("/packs/{pack_id}/download", include_in_schema=False)
    @routes.get("/packs/{pack_id}/download", response_class=FileResponse)
    @needs(Action.VIEW)
    def fetch(pack_id: PathId, request: Request, person: CurrentPerson) -> Response:
        """The ZIP; its ETag is the sha256 of its bytes."""
        pack = packs.get(studio, pack_id, person=person)
        file = packs.open_file(studio, pack_id, person=person)
        return download(request, file, "application/zip", pack.sha256, name=pack.file_name)

    return routes


def pack_body(pack: PackRecord) -> PackBody:
    """A pack as JSON."""
    return PackBody.of(pack, download=f"/api/v1/packs/{pack.id}/download")

"""The REST API's uploads: images to look at beside a run's variants."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from brandstudio.decoder.errors import ImageRefusedError, Refusal
from brandstudio.domain.access import Action, needs
from brandstudio.domain.people import Person
from brandstudio.services import uploads
from brandstudio.services.studio import Studio
from brandstudio.web.gate.fair_threads import FairTurns
from brandstudio.web.gate.middleware import person_of
from brandstudio.web.rest.answers import upload_body
from brandstudio.web.rest.models import UploadBody

HELPERS_AT_ONCE = 2
"""How many images are opened at a time, each of another person; one may take three quarters of a
gigabyte."""

Number = Annotated[int, Path(ge=1, lt=2**63)]
Asking = Annotated[Person, Depends(person_of)]
_IMAGE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {f"image/{kind}": {} for kind in ("png", "jpeg", "webp")},
    }
}


def router(studio: Studio) -> APIRouter:
    """Uploading an image, looking at it, taking it back."""
    routes = APIRouter(tags=["Uploads"])
    helpers = FairTurns(HELPERS_AT_ONCE)

    @routes.post("/uploads", status_code=201, openapi_extra=_IMAGE)
    @needs(Action.CREATE_RUN)
    async def upload(
        request: Request, person: Asking, name: Annotated[str, Query(max_length=1000)] = ""
    ) -> UploadBody:
        """Upload a PNG, JPEG or WebP of at most 20 MB and 40 megapixels for a brief.

        The body is the file itself. Its pixels alone are kept, upright, in sRGB, at most 1,600
        pixels long. It is yours alone until a brief that names it is submitted; one that no brief
        names goes after a day.
        """
        if not request.headers.get("content-type", "").startswith("image/"):
            raise ImageRefusedError(Refusal.WRONG_KIND)
        content = await request.body()
        store = partial(uploads.store, studio, content, name=name, person=person)
        return upload_body(await helpers.take(person, store))

    @routes.get("/uploads/{upload_id}")
    @needs(Action.VIEW)
    def one(upload_id: Number, person: Asking) -> UploadBody:
        """One of your uploads, or one in a run."""
        return upload_body(uploads.get(studio, upload_id, person=person))

    @routes.delete("/uploads/{upload_id}", status_code=204)
    @needs(Action.CREATE_RUN)
    def remove(upload_id: Number, person: Asking) -> None:
        """Take back an upload of yours that is in no run yet."""
        uploads.remove(studio, upload_id, person=person)

    return routes

"""The REST API's uploads: images to look at beside a run's variants."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import Field

from brandstudio.decoder.errors import ImageRefusedError, Refusal
from brandstudio.domain.access import Action, needs
from brandstudio.domain.upload import Upload
from brandstudio.services import uploads
from brandstudio.services.studio import Studio
from brandstudio.web.gate.fair_threads import FairThreads
from brandstudio.web.rest.body import Body
from brandstudio.web.rest.parameters import CurrentPerson, PathId
from brandstudio.web.rest.part import part

HELPERS_AT_ONCE = 2
"""How many images are opened at a time, each of another person; one may take three quarters of a
gigabyte."""

_IMAGE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {f"image/{kind}": {} for kind in ("png", "jpeg", "webp")},
    }
}


class UploadBody(Body):
    """An uploaded image; put its `id` into the `references` of a brief."""

    id: int
    name: str = Field(description="The file's name, as text to show")
    width_px: int
    height_px: int
    size_bytes: int
    created_at: datetime
    image: str = Field(description="Where the image is: a WebP made from its pixels alone")


def router(studio: Studio) -> APIRouter:
    """Uploading an image, looking at it, taking it back."""
    routes = part("Uploads")
    helpers = FairThreads(HELPERS_AT_ONCE)

    @routes.post("/uploads", status_code=201, openapi_extra=_IMAGE)
    @needs(Action.CREATE_RUN)
    async def upload(
        request: Request, person: CurrentPerson, name: Annotated[str, Query(max_length=1000)] = ""
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
    def one(upload_id: PathId, person: CurrentPerson) -> UploadBody:
        """One of your uploads, or one in a run."""
        return upload_body(uploads.get(studio, upload_id, person=person))

    @routes.delete("/uploads/{upload_id}", status_code=204)
    @needs(Action.CREATE_RUN)
    def remove(upload_id: PathId, person: CurrentPerson) -> None:
        """Take back an upload of yours that is in no run yet."""
        uploads.remove(studio, upload_id, person=person)

    return routes


def upload_body(upload: Upload) -> UploadBody:
    """An uploaded image as JSON."""
    return UploadBody.of(upload, image=f"/uploads/{upload.id}/{upload.sha256}.webp")

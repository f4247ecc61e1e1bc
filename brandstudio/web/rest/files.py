"""Images, brand files and renditions: for signed-in people only, cached by their browser alone."""

import re
import unicodedata
from functools import partial
from hashlib import sha256 as hash_of
from pathlib import Path, PurePath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from starlette.responses import FileResponse, Response

from brandstudio.domain.access import Action, needs
from brandstudio.errors import NotFoundError
from brandstudio.services import images, packs, uploads
from brandstudio.services.studio import Studio
from brandstudio.web.gate.fair_threads import FairThreads
from brandstudio.web.rest.parameters import CurrentPerson, PathId
from brandstudio.web.routing import joined

PREVIEWS_AT_ONCE, PREVIEWS_WAITING = 4, 40
"""How many renditions are drawn at a time to be looked at, each for another person, and how many
of one person's may wait: whoever clicks through all placements asks for so many."""
FOREVER = "private, max-age=31536000, immutable"
WHILE_FRESH = "private, max-age=60"
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".woff2": "font/woff2",
}
_RANGE = rb"(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})"
_RANGES = re.compile(rb"bytes=\s*%b(?:\s*,\s*%b)*\s*" % (_RANGE, _RANGE))
_BOTH_ENDS = re.compile(rb"[0-9]+-[0-9]+")
READING = ["GET", "HEAD"]
Sha256 = Annotated[str, InPath(pattern=r"^[0-9a-f]{64}$")]


def router(studio: Studio) -> APIRouter:
    """The routes that answer with files instead of JSON."""
    return joined(_images(studio), _brand_files(studio), _renditions(studio))


def _images(studio: Studio) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/images/{sha256}.png", methods=READING)
    @needs(Action.VIEW)
    def original(sha256: Sha256, request: Request, person: CurrentPerson) -> Response:
        file = images.original(studio, sha256, person=person)
        return cached_file(request, file, "image/png", sha256, FOREVER)

    @routes.api_route("/images/{sha256}/thumb", methods=READING)
    @needs(Action.VIEW)
    def thumbnail(
        sha256: Sha256,
        request: Request,
        person: CurrentPerson,
        w: Annotated[int, Query(ge=16, le=4096)] = 384,
    ) -> Response:
        file = images.thumbnail(studio, sha256, person=person, width_px=w)
        return cached_file(request, file, "image/webp", file.stem, FOREVER)

    @routes.api_route("/uploads/{upload_id}/{upload_sha256}.webp", methods=READING)
    @needs(Action.VIEW)
    def uploaded(
        upload_id: PathId,
        upload_sha256: Sha256,
        request: Request,
        person: CurrentPerson,
    ) -> Response:
        file = uploads.image(studio, upload_id, upload_sha256, person=person)
        return cached_file(request, file, "image/webp", upload_sha256, FOREVER)

    return routes


def _brand_files(studio: Studio) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/brands/{slug}/{name:path}", methods=READING)
    @needs(Action.VIEW)
    def brand_file(slug: str, name: str, request: Request, person: CurrentPerson) -> Response:
        file, content = images.brand_file(studio, slug, name, person=person)
        kind = TYPES.get(PurePath(file).suffix.lower())
        if kind is None:
            raise NotFoundError("brand file", name[:80])
        tag = hash_of(content).hexdigest()
        headers = _headers(tag, WHILE_FRESH) | _policy(kind)
        return _unchanged(request, tag, WHILE_FRESH) or Response(
            content, media_type=kind, headers=headers
        )

    return routes


def _renditions(studio: Studio) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    previews = FairThreads(PREVIEWS_AT_ONCE, PREVIEWS_WAITING)

    @routes.api_route("/renditions/{variant_id}/{placement}", methods=READING)
    @needs(Action.VIEW)
    async def rendition(
        variant_id: PathId,
        placement: str,
        request: Request,
        person: CurrentPerson,
    ) -> Response:
        draw = partial(packs.preview_rendition, studio, variant_id, placement, person=person)
        content = await previews.take(person, draw)
        kind = f"image/{studio.catalogue.placement(placement).format}"
        tag = hash_of(content).hexdigest()
        return _unchanged(request, tag, WHILE_FRESH) or Response(
            content, media_type=kind, headers=_headers(tag, WHILE_FRESH)
        )

    return routes


def cached_file(request: Request, file: Path, kind: str, tag: str, cache: str) -> Response:
    """The file, or 304 when the browser has it."""
    headers = _headers(tag, cache) | _policy(kind)
    return _unchanged(request, tag, cache) or _file(request, file, kind, headers)


def _policy(kind: str) -> dict[str, str]:
    """An SVG is a document, which may do nothing but show itself."""
    return {"Content-Security-Policy": SVG_POLICY} if kind == "image/svg+xml" else {}


def download(request: Request, file: Path, kind: str, tag: str, *, name: str) -> Response:
    """The file as an attachment under a name that is safe on every system."""
    cache = "private, no-cache"
    headers = _headers(tag, cache) | {"Content-Disposition": attachment(name)}
    return _unchanged(request, tag, cache) or _file(request, file, kind, headers)


def attachment(name: str) -> str:
    """A Content-Disposition for that name: plain ASCII for old clients, UTF-8 for all others."""
    text = "".join(c for c in name if unicodedata.category(c)[0] not in "CZ" or c == " ")
    text = re.sub(r'[/\\:*?"<>|]+', "-", text).strip(" .")[:120] or "download"
    ascii_name = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    ascii_name = re.sub(r"[^A-Za-z0-9 ._-]+", "-", ascii_name).strip(" .-") or "download"
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(text, safe='')}"


def _file(request: Request, file: Path, kind: str, headers: dict[str, str]) -> Response:
    """The file, or the parts of it that are asked for in a way that can be understood.

    The others get all of it, as the standard says; the library would refuse them.
    """
    ranges = [value for name, value in request.headers.raw if name == b"range"]
    if not all(map(_is_range, ranges)):
        request.scope["headers"] = [pair for pair in request.headers.raw if pair[0] != b"range"]
    return FileResponse(file, media_type=kind, headers=headers)


def _is_range(value: bytes) -> bool:
    if not _RANGES.fullmatch(value):
        return False
    pairs = (pair.split(b"-") for pair in _BOTH_ENDS.findall(value))
    return all(int(first) <= int(last) for first, last in pairs)


def _headers(tag: str, cache: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": cache, "X-Content-Type-Options": "nosniff"}


def _unchanged(request: Request, tag: str, cache: str) -> Response | None:
    condition = request.headers.get("if-none-match", "")
    tags = {part.strip().removeprefix("W/") for part in condition.split(",")}
    if f'"{tag}"' not in tags and condition.strip() != "*":
        return None
    return Response(status_code=304, headers=_headers(tag, cache))

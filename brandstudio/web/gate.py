"""The gate in front of everything: who asks, from where, for what, and how much they may send.

Default deny. Without a person only the paths in `OPEN` answer; of Gradio's own routes only those in
`GRADIO_ROUTES` exist for anyone. Every answer, also an error, leaves with the security headers.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs, quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from brandstudio.domain.people import Person
from brandstudio.errors import StudioError
from brandstudio.journal import about
from brandstudio.services import users
from brandstudio.services.studio import Studio
from brandstudio.web.bodies import Bodies, again, taken_in
from brandstudio.web.claims import Claims
from brandstudio.web.failures import (
    answer,
    failure,
    failure_of,
    status_of,
    unexpected,
    wants_page,
)

SESSION_COOKIE = "bs_session"
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

OPEN = re.compile(r"/sign-in|/welcome|/healthz|/favicon\.ico|/static/.+")
"""What answers without a session."""

_HASH = r"[A-Za-z0-9_-]{1,64}"
GRADIO_ROUTES = {
    "GET": re.compile(
        r"/studio(/config|/theme\.css|/gradio_api/theme\.css|/favicon\.ico"
        r"|/assets/[\w.-]+|/static/[\w./-]+|/svelte/[\w./-]+"
        rf"|/gradio_api/(startup-events|queue/data|heartbeat/{_HASH}))"
    ),
    "POST": re.compile(r"/studio/gradio_api/(queue/join|cancel)"),
}
"""Gradio's routes that the pages need; the gate answers 404 for all its others."""

_SESSION_HASH_IN_PATH = re.compile(rf"/studio/gradio_api/heartbeat/({_HASH})")
_ODD_PATH = re.compile(r"//|/\.{1,2}(/|$)|[\\\x00-\x1f\x7f;]|%")
_DROPPED = re.compile(rb"x-forwarded-.*|forwarded|x-gradio-.*|x-original-.*|x-rewrite-url")
_BEARER_PREFIXES = (
    "/api/v1/",
    "/images/",
    "/uploads/",
    "/brands/",
    "/renditions/",
    "/readyz",
    "/metrics",
)

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self'; "
    "worker-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Gradio names these files by their content; every page loads megabytes of them.
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Site:
    """Where the studio is reached: its host names, and whether browsers use https."""

    hosts: frozenset[str]
    is_https: bool

    @classmethod
    def at(cls, link_base: str, public_url: str = "") -> "Site":
        """The site of these addresses; this machine's own names always belong to it."""
        named = {host_name(urlsplit(url).netloc) for url in (link_base, public_url) if url}
        outward = public_url or link_base
        return cls(hosts=LOCAL_HOSTS | named, is_https=outward.startswith("https://"))


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request proves itself with; `is_token` tells an API token from a browser's cookie."""

    secret: str
    is_token: bool


def host_name(netloc: str) -> str:
    """The name in `name:port`, in lower case; `[::1]` keeps its brackets."""
    return re.sub(r":\d*$", "", netloc).lower()


def identify(studio: Studio, credential: Credential | None) -> Person | None:
    """Whose credential this is right now, or None. Roles are read fresh each time."""
    if credential is None:
        return None
    if credential.is_token:
        return users.person_of_api_token(studio, credential.secret)
    return users.person_of_session(studio, credential.secret)


def person_of(connection: HTTPConnection) -> Person:
    """The signed-in person of a request that came through the gate."""
    return cast(Person, connection.state.person)


class Gate:
    """ASGI middleware; the outermost of all."""

    def __init__(
        self, app: ASGIApp, *, studio: Studio, site: Site, pages: frozenset[str], claims: Claims
    ) -> None:
        self.app, self.studio, self.site = app, studio, site
        self.pages, self.claims, self.bodies = pages, claims, Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            outgoing = _Outgoing(send, scope["path"], is_https=self.site.is_https)
            with about(request=secrets.token_hex(6)):
                await self._serve(scope, receive, outgoing)

    async def _serve(self, scope: Scope, receive: Receive, send: "_Outgoing") -> None:
        try:
            refusal = await self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send)
            elif scope["method"] in SAFE_METHODS:
                await self.app(scope, receive, send)
            else:
                await self._serve_with_body(scope, receive, send)
        except StudioError as error:  # such as a database that does not answer
            if not send.has_started:
                told = answer(scope, status_of(error), failure_of(error))
                await told(scope, receive, send)
        except Exception as error:  # the outermost boundary: nothing of a bug reaches the browser
            what = unexpected(error, scope)
            if not send.has_started:
                await answer(scope, 500, what)(scope, receive, send)

    async def _serve_with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.bodies.turn(scope) as refusal:
            if refusal is None:
                receive, refusal = await self._whole_body(scope, receive)
            await (refusal or self.app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        """Why this request goes no further, or None; afterwards `scope` names the person."""
        scope["headers"] = [
            (k, v) for k, v in scope["headers"] if not _DROPPED.fullmatch(k.lower())
        ]
        headers, path = Headers(scope=scope), scope["path"]
        if host_name(headers.get("host", "")) not in self.site.hosts:
            return answer(scope, 400, failure(400, message="This host name is not the studio's"))
        if _ODD_PATH.search(path):
            return answer(scope, 404, failure(404))
        if self.site.is_https and host_name(headers["host"]) not in LOCAL_HOSTS:
            scope["scheme"] = "https"
        credential = credential_of(headers, path)
        person = await to_thread.run_sync(identify, self.studio, credential)
        scope.setdefault("state", {}).update(person=person, credential=credential)
        if person is None and not OPEN.fullmatch(path):
            return _to_sign_in(scope)
        if scope["method"] not in SAFE_METHODS and not (person and _uses_token(credential)):
            foreign = _foreign_origin(headers)
            if foreign:
                return answer(scope, 403, failure(403, message=foreign[0], hint=foreign[1]))
        if path.startswith("/studio") and not self._is_gradio_route(scope):
            return answer(scope, 404, failure(404))
        if person is not None and not self._owns(person, scope):
            return answer(scope, 404, failure(404))
        return None

    def _is_gradio_route(self, scope: Scope) -> bool:
        path, method = scope["path"], scope["method"]
        if path in self.pages:
            return method in {"GET", "HEAD"}
        allowed = GRADIO_ROUTES.get("GET" if method == "HEAD" else method)
        return allowed is not None and allowed.fullmatch(path) is not None

    def _owns(self, person: Person, scope: Scope) -> bool:
        """Whether the Gradio session named in the address is this person's, or nobody's yet."""
        if not scope["path"].startswith("/studio/gradio_api/"):
            return True
        named = _SESSION_HASH_IN_PATH.fullmatch(scope["path"])
        query = parse_qs(scope["query_string"].decode("latin-1"))
        hashes = [named[1]] if named else query.get("session_hash", [])
        return all(self.claims.claim(session, person.id) for session in hashes)

    async def _whole_body(self, scope: Scope, receive: Receive) -> tuple[Receive, Response | None]:
        """The body, read within the limits of its address, ready to be received again."""
        pieces = await taken_in(scope, receive)
        if isinstance(pieces, Response):
            return receive, pieces
        if not self._owns_body(scope, pieces):
            return receive, answer(scope, 404, failure(404))
        return again(pieces, receive), None

    def _owns_body(self, scope: Scope, pieces: list[bytes]) -> bool:
        """As `_owns`, for the Gradio session named in a body; a bad body is Gradio's to refuse."""
        if not scope["path"].startswith("/studio/gradio_api/"):
            return True
        try:
            content: Any = json.loads(b"".join(pieces))
        except (ValueError, RecursionError):
            return False
        session = cast(Mapping[str, Any], content).get("session_hash") if _is_map(content) else None
        return isinstance(session, str) and self.claims.claim(session, scope["state"]["person"].id)


def credential_of(headers: Headers, path: str) -> Credential | None:
    """The API token of a request that carries one, else its session cookie, else None."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and path.startswith(_BEARER_PREFIXES):
        return Credential(token.strip()[:256], is_token=True)
    cookies = HTTPConnection({"type": "http", "headers": headers.raw}).cookies
    cookie = cookies.get(SESSION_COOKIE)
    return Credential(cookie[:256], is_token=False) if cookie else None


def local_path(wanted: str) -> str:
    """`wanted` if it is a path on this site, else the start page: no redirect leads elsewhere."""
    parts = urlsplit(wanted) if re.fullmatch(r"/[\x21-\x5b\x5d-\x7e]*", wanted) else None
    if parts is None or wanted.startswith("//") or parts.scheme or parts.netloc:
        return "/studio/"
    return wanted


def _to_sign_in(scope: Scope) -> Response:
    if not wants_page(scope):
        return answer(scope, 401, failure(401), www_authenticate="Bearer")
    query = scope["query_string"].decode("latin-1")
    wanted = quote(scope["path"] + (f"?{query}" if query else ""), safe="/")
    target = "/sign-in" if wanted in {"/", "/studio/"} else f"/sign-in?next={wanted}"
    return RedirectResponse(target, status_code=303)


def _uses_token(credential: Credential | None) -> bool:
    return credential is not None and credential.is_token


def _foreign_origin(headers: Headers) -> tuple[str, str] | None:
    """Why a changing request cannot have come from our own pages, or None when it did.

    Browsers send Origin with every such request; Sec-Fetch-Site confirms it.
    """
    hint = "Open the studio in its own window; programs use an API token."
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and urlsplit(origin).netloc.lower() != headers["host"].lower():
        return "This request came from another site", hint
    if site not in {None, "same-origin", "none"}:
        return "This request came from another site", hint
    if origin is None and site is None:
        return "This request does not say which page it came from", hint
    return None


def _is_map(content: object) -> bool:
    return isinstance(content, dict)


class _Outgoing:
    """Adds the security headers to whatever is sent."""

    def __init__(self, send: Send, path: str, *, is_https: bool) -> None:
        self.send, self.path, self.is_https = send, path, is_https
        self.has_started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            self._protect(MutableHeaders(scope=message), message["status"])
        await self.send(message)

    def _protect(self, headers: MutableHeaders, status: int) -> None:
        if status == 200 and self.path.startswith("/studio/assets/"):
            headers["Cache-Control"] = _FOREVER
        elif status == 200 and self.path.startswith(("/static/", "/studio/static/")):
            headers["Cache-Control"] = "no-cache"
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if "server" in headers:
            del headers["server"]

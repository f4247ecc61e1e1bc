"""The gate in front of everything: who asks, from where, for what, and how much they may send.

Default deny. Without a person only the paths in `OPEN` answer; of Gradio's own routes only those in
`GRADIO_ROUTES` exist for anyone. Every answer, also an error, leaves with the security headers.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import ip_address
from typing import cast
from urllib.parse import parse_qs, quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from brandstudio.domain.people import Person
from brandstudio.errors import StudioError
from brandstudio.journal import about
from brandstudio.services import sessions, tokens, users
from brandstudio.services.attempts import neighbourhood
from brandstudio.services.studio import Studio
from brandstudio.web.access import HASH, Access, access_to, is_odd
from brandstudio.web.bodies import Turns, again, taken_in
from brandstudio.web.claims import Claims
from brandstudio.web.failures import answer, failure, refusal, unexpected, wants_page
from brandstudio.web.joins import Event, read_event
from brandstudio.web.limits import Buckets, Limits, Streams
from brandstudio.web.protection import Protected
from brandstudio.web.proxy import take_name

SESSION_COOKIE = "bs_session"
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

RequireWanted = Callable[[Event], None]
"""Whether Gradio's pages can use an event; None when they have no such event."""

_SESSION_HASH_IN_PATH = re.compile(rf"/studio/gradio_api/heartbeat/({HASH})")
_DROPPED = re.compile(rb"x-forwarded-.*|forwarded|x-gradio-.*|x-original-.*|x-rewrite-url")
_BEARER_PREFIXES = (
    *("/api/v1/", "/images/", "/uploads/", "/brands/", "/renditions/"),
    *("/readyz", "/metrics"),
)


@dataclass(frozen=True, slots=True)
class Site:
    """Where the studio is reached: its host names, whether browsers use https, and past whom."""

    hosts: frozenset[str]
    is_https: bool
    proxies: frozenset[str] = frozenset()

    @classmethod
    def at(
        cls, link_base: str, public_url: str = "", proxies: frozenset[str] = frozenset()
    ) -> "Site":
        """The site of these addresses; this machine's own names always belong to it."""
        named = {host_name(urlsplit(url).netloc) for url in (link_base, public_url) if url}
        outward = public_url or link_base
        return cls(LOCAL_HOSTS | named, outward.startswith("https://"), proxies)

    @property
    def cookie(self) -> str:
        """The session cookie's name. No other site of the domain can set one that begins so."""
        return f"__Host-{SESSION_COOKIE}" if self.is_https else SESSION_COOKIE


class Proof(Enum):
    """What a request proves itself with."""

    COOKIE = auto()
    API_TOKEN = auto()
    PROXY = auto()
    """The word of a trusted proxy, which is a name and no secret."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A request's proof of who asks."""

    secret: str
    proof: Proof = Proof.COOKIE

    @property
    def is_token(self) -> bool:
        """Whether a program asks, which no other site can make do so."""
        return self.proof is Proof.API_TOKEN


def host_name(netloc: str) -> str:
    """The name in `name:port`, in lower case; `[::1]` keeps its brackets."""
    return re.sub(r":\d*$", "", netloc).lower()


def identify(studio: Studio, credential: Credential | None) -> Person | None:
    """Whose credential this is right now, or None. Roles are read fresh each time."""
    return PERSON_OF[credential.proof](studio, credential.secret) if credential else None


def _by_cookie(studio: Studio, secret: str) -> Person | None:
    return sessions.person_of_session(studio, secret)


PERSON_OF: Mapping[Proof, Callable[[Studio, str], Person | None]] = {
    Proof.COOKIE: _by_cookie,
    Proof.API_TOKEN: tokens.person_of_api_token,
    Proof.PROXY: users.found,
}


def person_of(connection: HTTPConnection) -> Person:
    """The signed-in person of a request that came through the gate."""
    return cast(Person, connection.state.person)


class Gate:
    """ASGI middleware; the outermost of all."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        studio: Studio,
        site: Site,
        pages: frozenset[str],
        require_wanted: RequireWanted,
        limits: Limits,
    ) -> None:
        self.app, self.studio, self.site = app, studio, site
        self.pages, self.require_wanted, self.limits = pages, require_wanted, limits
        self.claims, self.buckets, self.streams = Claims(), Buckets(), Streams()
        self.turns = Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            request = secrets.token_hex(6)
            outgoing = Protected(send, scope["path"], request, is_https=self.site.is_https)
            with about(request=request):
                await self._serve(scope, receive, outgoing)

    async def _serve(self, scope: Scope, receive: Receive, send: Protected) -> None:
        try:
            refused = await self._refusal(scope)
            if refused is not None:
                await refused(scope, receive, send)
            elif scope["method"] in SAFE_METHODS:
                await self._pass_on(scope, receive, send)
            else:
                await self._serve_with_body(scope, receive, send)
        except StudioError as error:  # such as a database that does not answer
            if not send.has_started:
                await refusal(scope, error)(scope, receive, send)
        except Exception as error:  # the outermost boundary: nothing of a bug reaches the browser
            what = unexpected(error, scope)
            if not send.has_started:
                await answer(scope, 500, what)(scope, receive, send)

    async def _serve_with_body(self, scope: Scope, receive: Receive, send: Protected) -> None:
        with self.turns.turn(scope) as refused:
            if refused is None:
                receive, refused = await self._whole_body(scope, receive)
            if refused is not None:
                await refused(scope, receive, send)
            else:
                await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Protected) -> None:
        with self.streams.held(_holder(scope), scope["path"]):
            await self.app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Response | None:
        """Why this request goes no further, or None; afterwards `scope` names the person."""
        vouched = take_name(scope, self.studio.settings.proxy_header, self.site.proxies)
        scope["client"] = _client(scope, self.site.proxies)
        scope["headers"] = [
            (k, v) for k, v in scope["headers"] if not _DROPPED.fullmatch(k.lower())
        ]
        headers, path = Headers(scope=scope), scope["path"]
        if host_name(headers.get("host", "")) not in self.site.hosts:
            return answer(scope, 400, failure(400, message="This host name is not the studio's"))
        if is_odd(path):
            return answer(scope, 404, failure(404))
        if self.site.is_https and host_name(headers["host"]) not in LOCAL_HOSTS:
            scope["scheme"] = "https"
        credential = credential_of(headers, path, self.site.cookie, vouched)
        person = await to_thread.run_sync(identify, self.studio, credential)
        scope.setdefault("state", {}).update(person=person, credential=credential)
        self._count(scope)
        access = access_to(scope["method"], path, self.pages)
        if person is None and access is not Access.OPEN:
            return _to_sign_in(scope)
        if scope["method"] not in SAFE_METHODS and not (person and _uses_token(credential)):
            foreign = _foreign_origin(headers)
            if foreign:
                return answer(scope, 403, failure(403, message=foreign[0], hint=foreign[1]))
        if access is Access.BLOCKED:
            return answer(scope, 404, failure(404))
        if person is not None and not self._owns(person, scope):
            return answer(scope, 404, failure(404))
        return None

    def _count(self, scope: Scope) -> None:
        """Count this request, or TooManyRequestsError when its sender must wait."""
        holder = _holder(scope)
        if scope["state"]["person"] is None:
            self.buckets.take(holder, self.limits.strangers)
            return
        self.buckets.take(holder, self.limits.requests)
        if scope["method"] not in SAFE_METHODS:
            self.buckets.take(f"{holder} changes", self.limits.changes)

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
        refused = self._wrong_event(scope, pieces)
        return again(pieces, receive), refused

    def _wrong_event(self, scope: Scope, pieces: list[bytes]) -> Response | None:
        """Why the event in a body is not one of this person's pages, or None."""
        path: str = scope["path"]
        if not path.startswith("/studio/gradio_api/"):
            return None
        try:
            media_type = Headers(scope=scope).get("content-type", "")
            event = read_event(path, b"".join(pieces), media_type)
            if not self.claims.claim(event.session_hash, scope["state"]["person"].id):
                return answer(scope, 404, failure(404))
            self.require_wanted(event)
        except StudioError as error:
            return refusal(scope, error)
        return None


def credential_of(
    headers: Headers, path: str, cookie_name: str, vouched: str = ""
) -> Credential | None:
    """A request's API token, else whom a proxy vouches for, else its session cookie, else None."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and path.startswith(_BEARER_PREFIXES):
        return Credential(token.strip()[:256], Proof.API_TOKEN)
    if vouched:
        return Credential(vouched, Proof.PROXY)
    cookies = HTTPConnection({"type": "http", "headers": headers.raw}).cookies
    cookie = cookies.get(cookie_name)
    return Credential(cookie[:256]) if cookie else None


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


def _client(scope: Scope, proxies: frozenset[str]) -> tuple[str, int] | None:
    """Who sent this: the other end of the line or, past a proxy of ours, whom the proxy names."""
    client: tuple[str, int] | None = scope.get("client")
    if client is None or client[0] not in proxies:
        return client
    told = Headers(scope=scope).getlist("x-forwarded-for")
    # What stands before the last comma was written by the client itself.
    named = ",".join(told).rpartition(",")[2].strip()
    try:
        return str(ip_address(named)), 0
    except ValueError:
        return client


def _holder(scope: Scope) -> str:
    """Whose request this is, for counting: a person's browsers, their programs, or an address."""
    person, credential = scope["state"]["person"], scope["state"]["credential"]
    if person is None:
        client = scope["client"]
        return f"address {neighbourhood(client[0]) if client else 'unknown'}"
    return f"{'programs' if _uses_token(credential) else 'browsers'} of {person.id}"


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

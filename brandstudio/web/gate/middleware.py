"""The gate in front of everything: who asks, from where, for what, and how much they may send.

Default deny. Without a person only the paths in `OPEN` answer; of Gradio's own routes only those in
`GRADIO_ROUTES` exist for anyone. Every answer, also an error, leaves with the security headers.
"""

import re
import secrets
from dataclasses import dataclass
from functools import partial
from typing import cast
from urllib.parse import parse_qs, quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from brandstudio.domain.people import Person
from brandstudio.errors import StudioError
from brandstudio.logs import about
from brandstudio.services.people.attempts import neighbourhood
from brandstudio.services.studio import Studio
from brandstudio.web.failures import Failure, answer, failure, refusal, unexpected, wants_page
from brandstudio.web.gate.access import HASH, Access, access_to, is_odd
from brandstudio.web.gate.addresses import (
    LOCAL_HOSTS,
    client_of,
    foreign_origin,
    host_name,
    host_of,
)
from brandstudio.web.gate.bodies import LargeBodies, read_body, replayed
from brandstudio.web.gate.credentials import Credential, credential_of, holds, identify
from brandstudio.web.gate.gradio_bodies import Pages, read_event
from brandstudio.web.gate.gradio_sessions import GradioSessions
from brandstudio.web.gate.open_streams import serve_while
from brandstudio.web.gate.rate_limits import Buckets, Limits, Streams
from brandstudio.web.gate.security_headers import Protected
from brandstudio.web.gate.trusted_proxy import take_name

SESSION_COOKIE = "bs_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_SESSION_HASH = re.compile(HASH)
_SESSION_HASH_IN_PATH = re.compile(rf"/studio/gradio_api/heartbeat/({HASH})")
_QUEUE_PATH = "/studio/gradio_api/queue/data"
_UNTRUSTED_HEADERS = re.compile(
    rb"x-forwarded-.*|forwarded|x-gradio-.*|x-original-.*|x-rewrite-url"
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
        hosts = {host_name(urlsplit(url).netloc) for url in (link_base, public_url) if url}
        browser_url = public_url or link_base
        return cls(LOCAL_HOSTS | hosts, browser_url.startswith("https://"), proxies)

    @property
    def cookie(self) -> str:
        """The session cookie's name. No other site of the domain can set one that begins so."""
        return f"__Host-{SESSION_COOKIE}" if self.is_https else SESSION_COOKIE


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
        paths: frozenset[str],
        pages: Pages,
        limits: Limits,
    ) -> None:
        self.app, self.studio, self.site = app, studio, site
        self.paths, self.pages, self.limits = paths, pages, limits
        self.gradio_sessions = GradioSessions(pages.forget)
        self.buckets, self.streams, self.large_bodies = Buckets(), Streams(), LargeBodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            request = secrets.token_hex(6)
            target = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
            outgoing = Protected(send, target, request, is_https=self.site.is_https)
            with about(request=request):
                await self._serve(scope, receive, outgoing)

    async def _serve(self, scope: Scope, receive: Receive, send: Protected) -> None:
        try:
            rejection = await self._rejection(scope)
            if rejection is not None:
                await rejection(scope, receive, send)
            elif scope["method"] in SAFE_METHODS:
                await self._pass_on(scope, receive, send)
            else:
                await self._serve_with_body(scope, receive, send)
        except StudioError as error:  # such as a database that does not answer
            if not send.has_started:
                await refusal(scope, error)(scope, receive, send)
        except Exception as error:  # the outermost boundary: nothing of a bug reaches the browser
            failed = unexpected(error, scope)
            if not send.has_started:
                await answer(scope, 500, failed)(scope, receive, send)

    async def _serve_with_body(self, scope: Scope, receive: Receive, send: Protected) -> None:
        with self.large_bodies.place(scope) as rejection:
            if rejection is None:
                receive, rejection = await self._whole_body(scope, receive)
            if rejection is not None:
                await rejection(scope, receive, send)
            else:
                await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Protected) -> None:
        serve = partial(self.app, scope, receive, send)
        with self.streams.held(_holder(scope), scope["path"]) as is_stream:
            if not (is_stream and scope["path"].startswith("/studio/")):
                await serve()  # a stream of our own asks by itself, and says why it ends
                return
            is_signed_in = partial(holds, self.studio, scope["state"]["credential"])
            if not await serve_while(serve, is_signed_in):
                await send.finish()

    async def _rejection(self, scope: Scope) -> Response | None:
        """Why this request goes no further, or None; afterwards `scope` names the person."""
        proxy_name = self._drop_untrusted(scope)
        headers = Headers(scope=scope)
        rejection = self._misaddressed(scope, headers)
        if rejection is not None:
            return rejection
        if self.site.is_https and host_of(headers) not in LOCAL_HOSTS:
            scope["scheme"] = "https"
        credential = credential_of(headers, scope["path"], self.site.cookie, proxy_name)
        person = await to_thread.run_sync(identify, self.studio, credential)
        scope.setdefault("state", {}).update(person=person, credential=credential)
        self._count(scope)
        return self._barred(scope, headers)

    def _drop_untrusted(self, scope: Scope) -> str:
        """Whom a trusted proxy names; takes out every header that only such a proxy may set."""
        proxy_name = take_name(scope, self.studio.settings.proxy_header, self.site.proxies)
        scope["client"] = client_of(scope, self.site.proxies)
        scope["headers"] = [
            (k, v) for k, v in scope["headers"] if not _UNTRUSTED_HEADERS.fullmatch(k.lower())
        ]
        return proxy_name

    def _misaddressed(self, scope: Scope, headers: Headers) -> Response | None:
        """Why there can be no answer at this address, whoever asks, or None."""
        if host_of(headers) not in self.site.hosts:
            return answer(scope, 400, failure(400, message="This host name is not the studio's"))
        if is_odd(scope["path"]):
            return answer(scope, 404, failure(404))
        if b"%00" in scope["query_string"]:  # no database holds it, and no page sends it
            return answer(scope, 400, failure(400, hint="Check the address."))
        return None

    def _barred(self, scope: Scope, headers: Headers) -> Response | None:
        """Why this person, or nobody, may not ask for this from that page, or None."""
        person, credential = scope["state"]["person"], scope["state"]["credential"]
        access = access_to(scope["method"], scope["path"], self.paths)
        if person is None and access is not Access.OPEN:
            return _to_sign_in(scope)
        if scope["method"] not in SAFE_METHODS and not (person and _uses_token(credential)):
            foreign = foreign_origin(headers, is_https=self.site.is_https)
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
        if in_path := _SESSION_HASH_IN_PATH.fullmatch(scope["path"]):
            return self.gradio_sessions.claim(in_path[1], person.id)
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        hashes = query.get("session_hash", [])
        if scope["path"] == _QUEUE_PATH and not all(map(self.pages.is_awaited, hashes)):
            return False
        is_one = len(hashes) == 1 and _SESSION_HASH.fullmatch(hashes[0])
        return not hashes or (bool(is_one) and self.gradio_sessions.claim(hashes[0], person.id))

    async def _whole_body(self, scope: Scope, receive: Receive) -> tuple[Receive, Response | None]:
        """The body, read within the limits of its address, ready to be received again."""
        pieces = await read_body(scope, receive)
        if isinstance(pieces, Response):
            return receive, pieces
        return replayed(pieces, receive), self._wrong_event(scope, pieces)

    def _wrong_event(self, scope: Scope, pieces: list[bytes]) -> Response | None:
        """Why the event in a body is not one of this person's pages, or None."""
        path: str = scope["path"]
        if not path.startswith("/studio/gradio_api/"):
            return None
        try:
            media_type = Headers(scope=scope).get("content-type", "")
            event = read_event(path, b"".join(pieces), media_type)
            if not self.gradio_sessions.claim(event.session_hash, scope["state"]["person"].id):
                return answer(scope, 404, failure(404))
            self.pages.require_wanted(event)
        except StudioError as error:
            return refusal(scope, error)
        return None


def _to_sign_in(scope: Scope) -> Response:
    if not wants_page(scope):
        return answer(scope, 401, _signed_out(scope), www_authenticate="Bearer")
    query = scope["query_string"].decode("latin-1")
    wanted = quote(scope["path"] + (f"?{query}" if query else ""), safe="/")
    target = "/sign-in" if wanted in {"/", "/studio/"} else f"/sign-in?next={wanted}"
    return RedirectResponse(target, status_code=303)


def _signed_out(scope: Scope) -> Failure:
    """The failure 401; an open page keeps what was typed until its person signs in again."""
    if not scope["path"].startswith("/studio/gradio_api/"):
        return failure(401)
    hint = "Sign in again in a new tab; what is on this page stays, then do this once more."
    return failure(401, message="You were signed out", hint=hint)


def _holder(scope: Scope) -> str:
    """Whose request this is, for counting: a person's browsers, their programs, or an address."""
    person, credential = scope["state"]["person"], scope["state"]["credential"]
    if person is None:
        client = scope["client"]
        return f"address {neighbourhood(client[0]) if client else 'unknown'}"
    return f"{'programs' if _uses_token(credential) else 'browsers'} of {person.id}"


def _uses_token(credential: Credential | None) -> bool:
    return credential is not None and credential.is_token

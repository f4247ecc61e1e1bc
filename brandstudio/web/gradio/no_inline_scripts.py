"""Rewrites Gradio's pages without inline scripts, so that the policy can be script-src 'self'.

Gradio writes its configuration into an inline script. Here the same JSON becomes an inert
`application/json` block, which static/js/gradio/boot.js reads; every other inline script goes.
The frontend's many modules go too, where they are bundled, and the page gets its own script.
"""

import gzip
import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from brandstudio.web.gradio.page_head import gradio_head

_CONFIG = re.compile(
    r"<script>window\.gradio_config = (?P<config>[^<]*);</script>"
    r"<script>window\.gradio_api_info = (?P<api>[^<]*);</script>"
)
_BLOCKS = (
    r'<script type="application/json" id="gradio-config">\g<config></script>'
    r'<script type="application/json" id="gradio-api-info">\g<api></script>'
)
_FRONTEND = re.compile(
    r'<script type="module" crossorigin src="\./assets/index-[\w-]+\.js"></script>\s*'
    r'<link rel="stylesheet" crossorigin href="\./assets/index-[\w-]+\.css">'
)
_BOOT = '<script src="/static/js/gradio/boot.js"></script>'
"""What the bundled frontend begins with."""
_INLINE_SCRIPT = re.compile(
    r"<script(?![^>]*(?:\ssrc=|application/json))[^>]*>.*?</script>\s*", re.DOTALL
)
_FOREIGN_META = re.compile(
    r"<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*/>\s*|<link rel=\"manifest\"[^>]*/>\s*"
)


def strict(page: str, head: str, frontend: str) -> str:
    """The page with its configuration inert, no inline script and this at the end of its head.

    `frontend` loads Gradio's as it was bundled; without it the page keeps its own.
    """
    bare = _FOREIGN_META.sub("", _INLINE_SCRIPT.sub("", _CONFIG.sub(_BLOCKS, page)))
    return _FRONTEND.sub(lambda own: (frontend or _BOOT + own[0]) + head, bare, count=1)


class StrictPages:
    """ASGI middleware that rewrites the pages at the given paths and lets all else through.

    `pages` has what each page's head ends with, by its path.
    """

    def __init__(self, app: ASGIApp, *, pages: Mapping[str, str]) -> None:
        self.app, self.pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self.pages:
            await self.app(scope, receive, send)
            return
        accepted = Headers(scope=scope).get("accept-encoding", "")
        plain = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
        head = self.pages[scope["path"]]
        rewriter = _Rewriter(send, head, accepts_gzip="gzip" in accepted)
        await self.app({**scope, "headers": plain}, receive, rewriter)


class _Rewriter:
    """Holds an uncompressed HTML answer back until it is whole, then sends it rewritten."""

    def __init__(self, send: Send, head: str, *, accepts_gzip: bool) -> None:
        self.send, self.head, self.accepts_gzip = send, head, accepts_gzip
        self.start: Message | None = None
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self.start = message
        elif message["type"] == "http.response.body" and self.start is not None:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self.start)
        else:
            await self.send(message)

    async def _finish(self, start: Message) -> None:
        page = strict(self.body.decode(), self.head, gradio_head()).encode()
        headers = MutableHeaders(scope=start)
        headers["Vary"] = "Accept-Encoding, Cookie"
        if self.accepts_gzip:
            page = gzip.compress(page, 5)
            headers["Content-Encoding"] = "gzip"
        if self.body:  # an answer to HEAD has none, and keeps the length that was told
            headers["Content-Length"] = str(len(page))
        await self.send(start)
        await self.send({"type": "http.response.body", "body": page if self.body else b""})


def _is_page(start: Message) -> bool:
    headers = Headers(raw=list(start["headers"]))
    is_html = headers.get("content-type", "").startswith("text/html")
    return is_html and "content-encoding" not in headers

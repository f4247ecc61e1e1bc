"""The headers that every answer leaves with, also an error, a redirect and a stream."""

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

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
_FOREVER = "max-age=31536000, immutable"
# Of two addresses that begin alike the longer one comes first.
_CACHED = (
    # Named by their content.
    ("/static/bundles/", f"public, {_FOREVER}"),
    ("/studio/assets/", f"public, {_FOREVER}"),
    # Asked for with the hash of its content.
    ("/studio/theme.css?v=", f"private, {_FOREVER}"),
    ("/static/", "no-cache"),
    ("/studio/static/", "no-cache"),
)
"""How long browsers keep what is at these addresses; everything else they do not keep."""


class Protected:
    """A `send` that adds the headers, and knows whether an answer has begun.

    `target` is the path with its query.
    """

    def __init__(self, send: Send, target: str, request: str, *, is_https: bool) -> None:
        self.send, self.target, self.request, self.is_https = send, target, request, is_https
        self.has_started = self.has_ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            self._protect(MutableHeaders(scope=message), message["status"])
        else:
            self.has_ended = not message.get("more_body", False)
        await self.send(message)

    async def finish(self) -> None:
        """End an answer that was cut off in the middle, so that its reader knows."""
        if self.has_started and not self.has_ended:
            await self({"type": "http.response.body"})

    def _protect(self, headers: MutableHeaders, status: int) -> None:
        if status in {200, 304}:
            for prefix, cache_control in _CACHED:
                if self.target.startswith(prefix):
                    headers["Cache-Control"] = cache_control
                    break
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers["X-Request-Id"] = self.request  # what a failure shows as its reference
        if self.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if "server" in headers:
            del headers["server"]

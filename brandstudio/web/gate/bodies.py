"""Reads a request's body within limits of size and time before anything else sees it."""

import re
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from anyio import fail_after
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope

from brandstudio.web.failures import answer, failure

MAX_BODY_BYTES = 1_000_000
MAX_STRANGERS_BYTES = 200_000  # a form to sign in with
MAX_DRAINED_BYTES = 32_000_000
MAX_BODY_WAIT_S = 30
MAX_LARGE_AT_ONCE = 4
"""Of one person: as many as a brief may have references. Each is held in memory until answered."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be sent to an address, and the words for more; empty words are the usual ones."""

    max_bytes: int
    wait_s: float
    too_large: str = ""
    hint: str = ""


ALLOWANCES = {
    ("POST", "/api/v1/uploads"): Allowance(
        max_bytes=20_000_000,
        wait_s=120,
        too_large="This image is larger than 20 MB",
        hint="Save a smaller copy, for example as JPEG, and upload that; nothing was kept.",
    )
}
"""Every address that may be sent more than the usual, by whoever is signed in."""


class LargeBodies:
    """Counts the large bodies that each person has on their way."""

    def __init__(self) -> None:
        self._large: Counter[int] = Counter()

    @contextmanager
    def place(self, scope: Scope) -> Generator[Response | None, None, None]:
        """Hold a place while a request is served, or yield why there is none."""
        if _is_usual(scope):
            yield None
            return
        sender = scope["state"]["person"].id
        self._large[sender] += 1
        try:
            yield _too_many(scope) if self._large[sender] > MAX_LARGE_AT_ONCE else None
        finally:
            self._large -= Counter({sender: 1})


async def read_body(scope: Scope, receive: Receive) -> list[bytes] | Response:
    """All pieces of the body, or why it is refused; half a body is never handed on."""
    allowance = _allowance(scope)
    if _declared_length(scope) > MAX_DRAINED_BYTES:
        return _too_large(scope, allowance)
    try:
        with fail_after(allowance.wait_s):
            return await _pieces(scope, receive, allowance)
    except TimeoutError:
        return answer(scope, 408, failure(408), connection="close")


def replayed(pieces: list[bytes], receive: Receive) -> Receive:
    """The body once more, then whatever the connection says next; empties the list."""
    pieces.reverse()
    return partial(_next, pieces or [b""], receive)


async def _pieces(scope: Scope, receive: Receive, allowance: Allowance) -> list[bytes] | Response:
    # What is too large is still taken in for a while, and thrown away: a client that is cut off in
    # the middle of sending never reads why.
    pieces: list[bytes] = []
    length, more = 0, True
    while more and length <= MAX_DRAINED_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return answer(scope, 400, failure(400, message="The request was cut off"))
        piece = message.get("body", b"")
        length += len(piece)
        if length <= allowance.max_bytes:
            pieces.append(piece)
        else:
            pieces.clear()
        more = message.get("more_body", False)
    return pieces if length <= allowance.max_bytes else _too_large(scope, allowance)


def _allowance(scope: Scope) -> Allowance:
    if scope["state"]["person"] is None:
        return Allowance(MAX_STRANGERS_BYTES, MAX_BODY_WAIT_S)
    usual = Allowance(MAX_BODY_BYTES, MAX_BODY_WAIT_S)
    return ALLOWANCES.get((scope["method"], scope["path"]), usual)


def _is_usual(scope: Scope) -> bool:
    return (scope["method"], scope["path"]) not in ALLOWANCES


def _too_large(scope: Scope, allowance: Allowance) -> Response:
    content = failure(413, message=allowance.too_large, hint=allowance.hint)
    return answer(scope, 413, content, connection="close")


def _too_many(scope: Scope) -> Response:
    message = f"{MAX_LARGE_AT_ONCE} images of yours are on their way already"
    content = failure(429, message=message, hint="Wait until they have arrived, then try again.")
    return answer(scope, 429, content, connection="close")


def _declared_length(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if re.fullmatch(r"[0-9]{1,18}", length) else 0


async def _next(pieces: list[bytes], receive: Receive) -> Message:
    if pieces:
        return {"type": "http.request", "body": pieces.pop(), "more_body": bool(pieces)}
    return await receive()

"""Reads a request's body within limits of size and time before anything else sees it."""

import re
from functools import partial

from anyio import fail_after
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

MAX_BODY_BYTES = 1_000_000
MAX_STRANGERS_BYTES = 200_000  # a form to sign in with
MAX_DRAINED_BYTES = 32_000_000
MAX_BODY_WAIT_S = 30


class BodyTooLargeError(Exception):
    """The body is longer than this sender may send."""


async def whole_body(scope: Scope, receive: Receive, *, limit: int) -> bytes:
    """The whole body. Raises BodyTooLargeError, or TimeoutError when it takes too long to come."""
    if _told_length(scope) > MAX_DRAINED_BYTES:
        raise BodyTooLargeError
    with fail_after(MAX_BODY_WAIT_S):
        return await _read(receive, limit)


def again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever the connection says next."""
    return partial(_again, [body], receive)


def _told_length(scope: Scope) -> int:
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if re.fullmatch(r"[0-9]{1,18}", told) else 0


async def _read(receive: Receive, limit: int) -> bytes:
    # What is too large is still taken in for a while, and thrown away: a client that is cut off in
    # the middle of sending never reads why.
    body, length, more = bytearray(), 0, True
    while more and length <= MAX_DRAINED_BYTES:
        message = await receive()
        length += len(message.get("body", b""))
        if length <= limit:
            body += message.get("body", b"")
        more = message.get("more_body", False)
    if length > limit:
        raise BodyTooLargeError
    return bytes(body)


async def _again(parts: list[bytes], receive: Receive) -> Message:
    if parts:
        return {"type": "http.request", "body": parts.pop(), "more_body": False}
    return await receive()

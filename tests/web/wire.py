"""Requests on the wire itself, many at once: a client library would send them properly, in turn."""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

import anyio
from fastapi import FastAPI

from brandstudio.domain.people import Person
from brandstudio.services.people import sessions
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import SESSION_COOKIE
from tests.conftest import PASSWORD
from tests.web.conftest import ORIGIN

STALL: dict[str, Any] = {}


def pieces(content: bytes, then: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """What a server hears from a client that sends this and then ends, leaves or stalls."""
    yield {"type": "http.request", "body": content, "more_body": then is not None}
    if then is not None:
        yield then


async def asked(
    app: FastAPI,
    studio: Studio,
    person: Person,
    heard: Iterator[Any],
    *,
    path: str,
    kind: str,
    method: str = "POST",
) -> int:
    """The status of the answer to what is heard from the person."""
    secret = sessions.sign_in(studio, person.name, PASSWORD)
    headers = {"host": "127.0.0.1:7860", "origin": ORIGIN, "content-type": kind}
    headers["cookie"] = f"{SESSION_COOKIE}={secret}"
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 7860),
    }
    statuses: list[int] = []

    async def receive() -> Any:
        message = next(heard, {"type": "http.disconnect"})
        return message or await anyio.sleep_forever()

    async def keep(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, keep)
    return statuses[0]


async def together(tasks: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    """All of them at once, for a minute at most."""
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            for task in tasks:
                group.start_soon(task)

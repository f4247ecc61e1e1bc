"""The studio behind a real server on the loopback, and what sends it bytes as they are."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import uvicorn

from brandstudio.domain.people import Person
from brandstudio.services.people import sessions
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.gate.rate_limits import Limits, Rate
from brandstudio.web.server import build_app

PASSWORD = "correct horse battery"
JOIN = "/studio/gradio_api/queue/join"
_UNHURRIED = Rate(per_second=10**6, burst=10**6)
# How often one may ask is no part of what is tried here.
_LIMITS = Limits(requests=_UNHURRIED, changes=_UNHURRIED)


@dataclass(frozen=True, slots=True)
class Live:
    """A running server: its port, and Gradio's pages in it."""

    port: int
    blocks: Any


@dataclass(frozen=True, slots=True)
class Request:
    """One request to send: the recorded one with something wrong about it."""

    path: str
    content: bytes
    media_type: str
    fault: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content: bytes
    ms: float = 0.0


Sender = Callable[[Request], Answer]


def signed_in(studio: Studio, maker: Person, other: Person) -> tuple[str, str]:
    """Whose browser sends the pages' own events, and whose program calls the REST API."""
    return sessions.sign_in(studio, maker.name, PASSWORD), sessions.sign_in(
        studio, other.name, PASSWORD
    )


@contextmanager
def served(studio: Studio) -> Generator[Live]:
    """The whole studio behind a real server."""
    app = build_app(studio, link_base="http://127.0.0.1", limits=_LIMITS)
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup()
            started.set()

    server = Server(uvicorn.Config(app, port=0, log_level="error", ws="none", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(60), "the server did not start"
        yield Live(server.servers[0].sockets[0].getsockname()[1], _blocks_of(app))
    finally:
        server.should_exit = server.force_exit = True
        thread.join(30)


@contextmanager
def sender(port: int, sessions: tuple[str, str]) -> Generator[Sender]:
    """Sends bytes as they are, over one connection that is opened again when it was closed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(request: Request) -> Answer:
        session = sessions[0 if request.path == JOIN else 1]
        headers = {
            "Content-Type": request.media_type,
            "Origin": f"http://127.0.0.1:{port}",
            "Cookie": f"{SESSION_COOKIE}={session}",
        }
        started = time.perf_counter()
        connection.request("POST", request.path, body=request.content, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        elapsed_ms = (time.perf_counter() - started) * 1000
        if answer.will_close:
            connection.close()
        return Answer(answer.status, content, elapsed_ms)

    try:
        yield send
    finally:
        connection.close()


def fault_of(answer: Answer) -> str:
    """What is wrong with an answer; empty when it is as it must be."""
    if answer.status >= 500:
        return f"status {answer.status}"
    try:
        body = json.loads(answer.content)
    except ValueError:
        return f"status {answer.status} is not JSON: {answer.content[:80]!r}"
    if answer.status >= 400 and not _is_failure(body):
        return f"status {answer.status} of another shape: {str(body)[:80]}"
    return ""


def _is_failure(body: Any) -> bool:
    return (
        isinstance(body, dict)
        and set(body) - {"detail"} == {"error"}
        and set(body["error"]) == {"kind", "message", "hint", "reference", "problems"}
        and bool(body["error"]["message"] and body["error"]["hint"])
        and len(body["error"]["problems"]) <= 50
    )


def spread(times_ms: list[float]) -> dict[str, object]:
    """How long answers take: half of them, all but one in a hundred, and the slowest."""
    cuts = quantiles(times_ms, n=100) if len(times_ms) > 1 else [0.0] * 99
    return {
        "answers": len(times_ms),
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "max_ms": round(max(times_ms, default=0.0), 1),
    }


def _blocks_of(app: Any) -> Any:
    mounted = [getattr(route, "app", None) for route in app.routes]
    [gradio] = [inner for inner in mounted if inner is not None and hasattr(inner, "get_blocks")]
    return gradio.get_blocks()

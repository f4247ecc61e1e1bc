"""The application behind a real server on a free port, and plain requests to it."""

import socket
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp

from brandstudio.web.server import UVICORN

T = TypeVar("T")
PATIENCE_S = 20


@dataclass(frozen=True)
class Answer:
    """A whole answer: headers by their names in lower case, each with all its values."""

    status: int
    headers: Mapping[str, list[str]]
    body: bytes

    @property
    def bytes(self) -> bytes:
        """Everything that a reader could see."""
        told = "\n".join(f"{name}: {v}" for name, values in self.headers.items() for v in values)
        return told.encode("latin-1") + b"\n" + self.body


@dataclass(frozen=True)
class Address:
    """A running server on this machine."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One request over a connection of its own."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request(method, path, body, dict(headers or {}))
            return answer_of(connection)

    def raw(self, *parts: bytes) -> bytes:
        """Exactly these bytes, and whatever comes back until the server closes the line."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as line:
            for part in parts:
                line.sendall(part)
            return b"".join(iter(lambda: line.recv(65_536), b""))

    def until(self, ask: Callable[[], T], is_well: Callable[[T], bool]) -> T:
        """Ask until the answer is what it shall become; fails after a while."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            said = ask()
            if is_well(said):
                return said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)


def answer_of(connection: HTTPConnection) -> Answer:
    """The answer to what was asked last."""
    answer = connection.getresponse()
    headers: dict[str, list[str]] = {}
    for name, value in answer.getheaders():
        headers.setdefault(name.lower(), []).append(value)
    return Answer(answer.status, headers, answer.read())


@contextmanager
def serving(app: ASGIApp, **config: Any) -> Generator[Address]:
    """That application on a free port of this machine, for as long as the block runs."""
    started = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup()
            started.set()

    server = Server(uvicorn.Config(app, port=0, **{**UVICORN, **config}))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(60)
        yield Address(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = server.force_exit = True
        thread.join(30)

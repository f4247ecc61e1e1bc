"""Two hundred streams are open and a thousand strangers want some too: how long others wait.

The server is a process of its own, over a run that nobody draws, so that no stream ends by itself.
"""

import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles

import psutil
import uvicorn

from brandstudio.domain.brief import read_form
from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.services import runs
from brandstudio.services.people import sessions, users
from brandstudio.services.studio import build_studio
from brandstudio.settings import Settings
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.gate.rate_limits import STREAMS
from brandstudio.web.server import UVICORN, without_pages
from campaigns.abuse.server import spread
from campaigns.report import Options
from tests.filling import BRIEF

COUNT = 200
STRANGERS = 1_000
ASKED = 400
EVENTS = "/api/v1/runs/1/events"
EACH = next(most for kind, most in STREAMS.items() if kind.fullmatch(EVENTS))


@dataclass(frozen=True, slots=True)
class Served:
    """Where the server is, its process, and the cookies of everybody who may come in."""

    port: int
    process: psutil.Process
    cookies: tuple[str, ...]

    def asked(self, path: str, cookie: str = "") -> HTTPConnection:
        """A line on which this was asked."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        return line

    def times_ms(self, cookie: str) -> list[float]:
        """How long somebody waits for the list of runs, again and again."""
        took: list[float] = []
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as line:
            for _ in range(ASKED):
                began = time.perf_counter()
                line.request("GET", "/api/v1/runs", headers={"Cookie": cookie})
                answer = line.getresponse()
                answer.read()
                took.append((time.perf_counter() - began) * 1000)
                if answer.status != 200:
                    raise RuntimeError(f"the reader was answered {answer.status}")
        return took


def measure(options: Options) -> dict[str, object]:
    """What a reader waits before, while streams are open, and while strangers want some too."""
    wanted = options.count or COUNT
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), wanted) as at:
        reader, *holders = at.cookies
        at.times_ms(reader)  # the first ones load what the others find
        alone = at.times_ms(reader)
        with ExitStack() as lines:
            opened, too_many = _open(at, holders, wanted, lines)
            began, before_s = time.perf_counter(), _computed_s(at.process)
            beside = at.times_ms(reader)
            busy = (_computed_s(at.process) - before_s) / (time.perf_counter() - began)
            strangers, slowest_ms = _strangers(at)
        after = at.times_ms(reader)
    return {
        "streams_open": opened,
        "one_more_each": too_many,
        "strangers": strangers,
        "stranger_slowest_ms": round(slowest_ms, 1),
        "server_busy_beside": round(busy, 2),
        "reader_alone": spread(alone),
        "reader_beside": spread(beside),
        "reader_afterwards": spread(after),
        "p95_beside_to_alone": round(_p95_ms(beside) / _p95_ms(alone), 2),
    }


def _open(
    at: Served, holders: list[str], wanted: int, lines: ExitStack
) -> tuple[int, dict[str, int]]:
    """As many streams as were wanted, and then one more for everybody who holds all of theirs."""
    opened = 0
    for number in range(wanted):
        line = lines.enter_context(closing(at.asked(EVENTS, holders[number // EACH])))
        opened += line.getresponse().status == 200
    refused = Counter[str]()
    for cookie in holders[: wanted // EACH]:
        with closing(at.asked(EVENTS, cookie)) as line:
            refused[str(line.getresponse().status)] += 1
    return opened, dict(refused)


def _strangers(at: Served) -> tuple[dict[str, int], float]:
    """A thousand streams that nobody signed in for, fifty at a time."""

    def ask(_: int) -> tuple[int, float]:
        began = time.perf_counter()
        with closing(at.asked(EVENTS)) as line:
            return line.getresponse().status, (time.perf_counter() - began) * 1000

    with ThreadPoolExecutor(50) as crowd:
        answers = list(crowd.map(ask, range(STRANGERS)))
    statuses = Counter(str(status) for status, _ in answers)
    return dict(statuses), max(took for _, took in answers)


def _p95_ms(times_ms: list[float]) -> float:
    return quantiles(times_ms, n=100)[94]


def _computed_s(process: psutil.Process) -> float:
    own = process.cpu_times()
    return own.user + own.system


@contextmanager
def served(folder: Path, wanted: int) -> Generator[Served]:
    """The server over a fresh studio, for as long as the block runs."""
    command = [sys.executable, "-m", "campaigns.abuse.streams", str(folder), str(wanted)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        port, *cookies = process.stdout.readline().split()
        named = tuple(f"{SESSION_COOKIE}={cookie}" for cookie in cookies)
        yield Served(int(port), psutil.Process(process.pid), named)
    finally:
        process.terminate()
        process.wait(30)


def serve(folder: Path, wanted: int) -> None:
    """Be that server; the first line says where it is and with what to come in."""
    studio = build_studio(Settings(data_dir=folder))
    app = without_pages(studio, link_base="http://127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(app, port=0, **UVICORN))
    # Said to be TCP, or asyncio sends small answers 40 ms late; uvicorn's own bind_socket does not.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # or whoever comes before the server has started is refused
    cookies = list(_people(folder, wanted // EACH + 2))
    print(listener.getsockname()[1], *cookies, flush=True)
    server.run(sockets=[listener])


def _people(folder: Path, count: int) -> Iterator[str]:
    """The session of everybody; the first has submitted a run that waits."""
    studio = build_studio(Settings(data_dir=folder))
    for number in range(count):
        name = f"person {number}"
        by = users.operator(studio)
        person = users.add(studio, name, {EVERY_BRAND: Role.CREATOR}, None, by=by)
        if number == 0:
            runs.submit(studio, read_form(BRIEF), person=person)
        yield sessions.open_for(studio, person, sessions.Origin(), how="benchmark")
    studio.database.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))

"""What uploads cost, and what hostile ones break: `python -m campaigns.uploads`, some minutes.

A web server of its own takes, over the loopback, a thousand hostile images, two hundred truncations
and five hundred with turned bits, then good ones of every size. Each answer is timed from the first
byte sent; the server's memory is read while it works, and what it and its helpers compute, which
does not depend on what else the machine does. Equal seeds send equal bytes.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import PIL
import psutil
import uvicorn
from PIL import Image

from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.services.people import sessions, users
from brandstudio.services.studio import build_studio
from brandstudio.settings import Settings
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.server import without_pages
from tests.hostile_images import base_images, hostile

RESULT = Path(__file__).parent / "results" / "uploads.json"
PATH = "/api/v1/uploads"
_PASSWORD = "correct horse battery"
_GOOD = {"1 MP photo": (1_200, 900), "12 MP photo": (4_000, 3_000), "40 MP photo": (7_300, 5_470)}


@dataclass
class Tally:
    """Answers to one kind of images."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    took_s: list[float] = field(default_factory=list[float])
    slowest: str = ""
    computed_s: float = 0.0

    def add(self, name: str, status: int, took_s: float) -> None:
        if took_s > max(self.took_s, default=0.0):
            self.slowest = name
        self.statuses[status] += 1
        self.took_s.append(took_s)

    def figures(self) -> dict[str, object]:
        cuts = quantiles(self.took_s, n=100, method="inclusive")
        return {
            "images": len(self.took_s),
            "taken": self.statuses[201],
            "refused": sum(n for status, n in self.statuses.items() if 400 <= status < 500),
            "server_errors": sum(n for status, n in self.statuses.items() if status >= 500),
            "computed_ms_each": round(1000 * self.computed_s / len(self.took_s)),
            "fastest_ms": round(1000 * min(self.took_s)),
            "p50_ms": round(1000 * median(self.took_s)),
            "p95_ms": round(1000 * cuts[94]),
            "p99_ms": round(1000 * cuts[98]),
            "slowest_ms": round(1000 * max(self.took_s)),
            "slowest": self.slowest,
        }


class Browser:
    """Uploads one image after the other and takes back what was taken."""

    def __init__(self, port: int, secret: str) -> None:
        self._port = port
        origin = f"http://127.0.0.1:{port}"
        self._headers = {"Cookie": f"{SESSION_COOKIE}={secret}", "Origin": origin}

    def upload(self, content: bytes) -> tuple[int, float]:
        """The status and the seconds until the answer was there."""
        started = time.perf_counter()
        status, answer = self._ask("POST", PATH, content, {"Content-Type": "image/png"})
        took_s = time.perf_counter() - started
        if status == 201:
            self._ask("DELETE", f"{PATH}/{json.loads(answer)['id']}", b"", {})
        return status, took_s

    def _ask(self, method: str, path: str, body: bytes, more: dict[str, str]) -> tuple[int, bytes]:
        # A new connection each time: the server closes one that nothing is asked on for a while.
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            connection.request(method, path, body, self._headers | more)
            answer = connection.getresponse()
            return answer.status, answer.read()


def main() -> None:
    """Measure everything and keep the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, default=20_261_120)
    asked.add_argument("--count", type=int, default=1_000)
    asked.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.serve:
        serve(options.serve)
        return
    figures = measure(options.seed, options.count)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def measure(seed: int, count: int) -> dict[str, object]:
    """All figures, with what anybody needs to compare them."""
    load = os.getloadavg()[0]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (browser, process):
        with peak_of(process) as peak:
            parts = {
                "hostile": tried(browser, process, hostile(seed, count)).figures(),
                "truncated": tried(browser, process, truncations()).figures(),
                "turned bits": tried(browser, process, turned_bits(seed)).figures(),
            }
        for name, size in _GOOD.items():
            photos = [(name, photo(*size))] * 5
            parts[f"good: {name}"] = tried(browser, process, photos).figures()
        is_alive = process.is_running()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "load_before": round(load, 2),
        "python": platform.python_version(),
        "pillow": PIL.__version__,
        "seed": seed,
        "seconds": round(time.perf_counter() - started, 1),
        "server_survived": is_alive,
        "server_memory_grew_mb": round(peak.grown_mb),
        "parts": parts,
    }


def tried(browser: Browser, process: psutil.Process, images: Iterable[tuple[str, bytes]]) -> Tally:
    """Upload them all."""
    tally, before_s = Tally(), computed_s(process)
    for name, content in images:
        tally.add(name, *browser.upload(content))
    tally.computed_s = computed_s(process) - before_s
    return tally


def computed_s(process: psutil.Process) -> float:
    """What the process and those it has started and seen end have computed."""
    own = process.cpu_times()
    return own.user + own.system + own.children_user + own.children_system


def truncations() -> Iterator[tuple[str, bytes]]:
    """Four files, each cut at fifty places."""
    for kind in ("png", "jpeg progressive", "webp", "jpeg cmyk"):
        content = base_images()[kind]
        yield from ((f"{kind}, {at} of 50", content[: len(content) * at // 50]) for at in range(50))


def turned_bits(seed: int) -> Iterator[tuple[str, bytes]]:
    """Five hundred files with one bit turned over."""
    dice = random.Random(seed)
    for _ in range(500):
        kind, whole = dice.choice(list(base_images().items()))
        content = bytearray(whole)
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        yield kind, bytes(content)


def photo(width_px: int, height_px: int) -> bytes:
    """A JPEG with as much in it as a photo has."""
    y, x = np.mgrid[0:height_px, 0:width_px]
    colours = np.stack([x * 255 // width_px, y * 255 // height_px, (x + y) % 256], -1)
    grain = np.random.default_rng(1).integers(0, 24, (height_px, width_px, 1))
    made = BytesIO()
    Image.fromarray((colours + grain).clip(0, 255).astype(np.uint8)).save(made, "JPEG", quality=85)
    return made.getvalue()


@dataclass
class Peak:
    """How much a process has grown since it was first looked at."""

    grown_mb: float = 0.0


@contextmanager
def peak_of(process: psutil.Process) -> Iterator[Peak]:
    """Look at a process's memory a hundred times a second."""
    peak, end, first = Peak(), threading.Event(), process.memory_info().rss

    def look() -> None:
        while not end.wait(0.01):
            peak.grown_mb = max(peak.grown_mb, (process.memory_info().rss - first) / 1e6)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        end.set()
        looking.join()


@contextmanager
def server(folder: Path) -> Iterator[tuple[Browser, psutil.Process]]:
    """A web server over a fresh studio, and somebody signed in to it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "campaigns.uploads", "--serve", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        port, secret = process.stdout.readline().split()
        browser = Browser(int(port), secret)
        browser.upload(base_images()["png"])
        yield browser, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def serve(folder: Path) -> None:
    """Be that server; the first line says where it is and with what to come in."""
    studio = build_studio(Settings(data_dir=folder))
    users.add(studio, "carla", {EVERY_BRAND: Role.CREATOR}, _PASSWORD, by=users.operator(studio))
    secret = sessions.sign_in(studio, "carla", _PASSWORD)
    app = without_pages(studio, link_base="http://127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    config = server.config
    config.load()
    listener = config.bind_socket()
    print(listener.getsockname()[1], secret, flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()

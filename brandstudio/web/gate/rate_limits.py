"""Limits on requests and open streams per person; in memory, so for one web process.

Generous for people: a page is about a hundred files, and a reviewer decides ten times a second by
keyboard. A program that asks in a loop is slowed down before it slows anybody else.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from threading import Lock
from time import monotonic

from brandstudio.errors import StudioError

MAX_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` requests at once, and `per_second` in the long run."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What one person, or one address that nobody signed in from, may ask of the studio."""

    requests: Rate = Rate(per_second=200, burst=2_000)
    changes: Rate = Rate(per_second=30, burst=300)
    strangers: Rate = Rate(per_second=30, burst=600)


STREAMS: Mapping[re.Pattern[str], int] = {
    re.compile(r"/api/v1/runs/[^/]+/events"): 6,
    # Every open page holds one of these for as long as it is open.
    re.compile(r"/studio/gradio_api/(queue/data|heartbeat/.+)"): 60,
}
"""Addresses whose answers stay open, and how many of them one person may hold."""


class TooManyRequestsError(StudioError):
    """Somebody asks faster than the studio lets one person ask."""

    status = 429
    hint = "Nothing was changed. Wait as long as it says, then go on."

    def __init__(self, wait_s: int) -> None:
        super().__init__("Too many requests in a short time")
        self.wait_s = wait_s
        seconds = "a second" if wait_s == 1 else f"{wait_s} seconds"
        self.hint = f"Nothing was changed. Wait {seconds}, then go on."


class TooManyStreamsError(StudioError):
    """Somebody holds as many streams as one person may."""

    status = 429
    hint = "Close some of the studio's pages, or end some streams; then open this one again."
    wait_s = 5

    def __init__(self, limit: int) -> None:
        super().__init__(f"Only {limit} of these can be open at once")


class Buckets:
    """One bucket of tokens for each key; the longest unused ones are forgotten, and so are full."""

    def __init__(self, now: Callable[[], float] = monotonic, limit: int = MAX_KEYS) -> None:
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._now, self._limit, self._lock = now, limit, Lock()

    def take(self, key: str, rate: Rate) -> None:
        """One request of that key, or TooManyRequestsError saying how long to wait."""
        with self._lock:
            now = self._now()
            level, since = self._levels.get(key, (float(rate.burst), now))
            level = min(level + (now - since) * rate.per_second, rate.burst)
            if level < 1:
                raise TooManyRequestsError(max(ceil((1 - level) / rate.per_second), 1))
            self._levels[key] = (level - 1, now)
            self._levels.move_to_end(key)
            if len(self._levels) > self._limit:
                self._levels.popitem(last=False)

    def __len__(self) -> int:
        return len(self._levels)


class Streams:
    """The streams that are open now, by who holds them."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    @contextmanager
    def held(self, holder: str, path: str) -> Generator[bool]:
        """A place for as long as the block runs, or TooManyStreamsError.

        Other paths need none; the block is told whether this is the path of a stream.
        """
        kind = next((kind for kind in STREAMS if kind.fullmatch(path)), None)
        if kind is None:
            yield False
            return
        key = (holder, kind.pattern)
        with self._lock:
            count = self._open.get(key, 0)
            if count >= STREAMS[kind]:
                raise TooManyStreamsError(STREAMS[kind])
            self._open[key] = count + 1
        try:
            yield True
        finally:
            self._release(key)

    def _release(self, key: tuple[str, str]) -> None:
        with self._lock:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    def __len__(self) -> int:
        return sum(self._open.values())

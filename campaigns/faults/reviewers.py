"""Fifty reviewers who look, think and decide: how long each waits for the answer."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

from campaigns.faults.deciding import Order, decide_on, kept
from campaigns.faults.deciding import figures as figures_of
from campaigns.faults.decisions import fresh
from campaigns.report import Options
from tests.filling import REVIEWERS, Filling, decider

REVIEWERS_AT_ONCE = 50
EACH = 100
# 50 reviewers at 17 decisions a second: each takes about three seconds for a picture.
THINK_S = (1.0, 5.0)
_OWN = 20


def measure(options: Options) -> dict[str, object]:
    """Latency by engine; `--count` is how often each of the fifty decides."""
    each = options.count or EACH
    found: dict[str, object] = {"reviewers": REVIEWERS_AT_ONCE, "each": each, "think_s": THINK_S}
    for engine in ("sqlite", "postgresql"):
        with fresh(engine, Filling(REVIEWERS_AT_ONCE * _OWN)) as url:
            found[engine] = _decided(url, each, options.seed)
    return found


def _decided(url: str, each: int, seed: int) -> dict[str, object]:
    orders = [
        Order(
            url=url,
            person=REVIEWERS[number % len(REVIEWERS)],
            variants=tuple(range(number * _OWN + 1, (number + 1) * _OWN + 1)),
            count=each,
            seed=seed + number,
            think_s=THINK_S,
        )
        for number in range(REVIEWERS_AT_ONCE)
    ]
    started = time.perf_counter()
    studio = decider(url)
    # Threads, as in the server: fifty people share one process and its connections.
    with closing(studio.database), ThreadPoolExecutor(REVIEWERS_AT_ONCE) as pool:
        tallies = list(pool.map(partial(decide_on, studio), orders))
    return {**figures_of(tallies, time.perf_counter() - started), **kept(url)}

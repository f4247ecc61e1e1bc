"""Eight processes that decide at once on a thousand variants: what was acknowledged must be there.

Each engine twice: as the studio ships, and in the naive way that loses decisions. A harness in
which the naive way lost nothing would prove nothing.

The question is whether they get into each other's way, and not what the disk does, so the database
lies in memory where there is room for it: fsync costs nothing there, and processes meet more often.
"""

import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path

from brandstudio.storage.engine.database import open_database
from campaigns.faults.deciding import Order, Tally, at_once, decide_naively, decide_shipped, kept
from campaigns.faults.deciding import figures as figures_of
from campaigns.report import Options
from tests.filling import REVIEWERS, Filling, fill
from tests.postgresql_server import running_server

COUNT = 100_000
NAIVE = 5_000
PROCESSES = 8
VARIANTS = 1_000
_MEMORY = Path("/dev/shm")
SETTINGS: dict[str, Callable[[Order], Tally]] = {
    "shipped": decide_shipped,
    "naive": decide_naively,
}


def measure(options: Options) -> dict[str, object]:
    """Lost, doubled and slow decisions, by engine and setting."""
    count = options.count or COUNT
    found: dict[str, object] = {"decisions": count, "processes": PROCESSES, "variants": VARIANTS}
    where = _MEMORY if _MEMORY.is_dir() else None
    found["database_in"] = "memory" if where else "a file"
    for engine in ("sqlite", "postgresql"):
        for setting, work in SETTINGS.items():
            with fresh(engine, Filling(VARIANTS), where) as url:
                # The naive way has only to lose some.
                so_many = count if setting == "shipped" else min(count, NAIVE)
                found[f"{engine}_{setting}"] = _decided(url, work, so_many, options.seed)
                print(f"  {engine} {setting}: {found[f'{engine}_{setting}']}", flush=True)
    return found


@contextmanager
def fresh(engine: str, filling: Filling, where: Path | None = None) -> Generator[str]:
    """A new, filled database of that engine in that folder; gone afterwards."""
    with tempfile.TemporaryDirectory(dir=where) as folder, _server(engine, folder) as url:
        with closing(open_database(url)) as database:
            fill(database, filling)
        yield url


@contextmanager
def _server(engine: str, folder: str) -> Generator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder}/studio.db"
        return
    with running_server(Path(folder).parent) as server:
        yield server.fresh("template1")


def _decided(url: str, work: Callable[[Order], Tally], count: int, seed: int) -> dict[str, object]:
    orders = [
        Order(
            url=url,
            person=REVIEWERS[number % len(REVIEWERS)],
            # Half of the time on what others decide on too: each refusal costs as much as a
            # decision, and only some are needed to show that they are right.
            variants=(*_own(number) * PROCESSES, *range(1, VARIANTS + 1)),
            count=count // PROCESSES,
            seed=seed + number,
        )
        for number in range(PROCESSES)
    ]
    started = time.perf_counter()
    tallies = at_once(work, orders)
    figures = figures_of(tallies, time.perf_counter() - started)
    after = kept(url)
    # Every variant starts at version 1: it was submitted.
    lost = int(figures["acknowledged"]) + VARIANTS - int(str(after["versions"]))
    return {"lost": lost, **figures, **after}


def _own(number: int) -> tuple[int, ...]:
    """The stretch of variants that one process visits more often than the others do."""
    each = VARIANTS // PROCESSES
    return tuple(range(number * each + 1, (number + 1) * each + 1))

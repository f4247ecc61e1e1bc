"""A million variants: how long the pages people open most wait for the database, and its start."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from statistics import median

from sqlalchemy import update

from brandstudio.services import reviews, runs
from brandstudio.services.operations import decision_chain
from brandstudio.services.studio import Studio
from brandstudio.storage.engine.database import open_database
from brandstudio.storage.tables.runs import RunRow
from campaigns.faults.decisions import fresh
from campaigns.report import Options
from tests.filling import REVIEWERS, Filling, decider

COUNT = 1_000_000
BRANDS = 10
PENDING_SHARE = 0.1
_RITA = REVIEWERS[0]
_TRIES = 20

QUESTIONS: dict[str, Callable[[Studio], object]] = {
    "review_page_of_a_brand": lambda studio: reviews.queue(
        studio, person=_RITA, brand="brand-7", limit=48
    ),
    "review_page_of_all": lambda studio: reviews.queue(studio, person=_RITA, limit=48),
    "waiting_count": lambda studio: reviews.waiting(studio, person=_RITA),
    "run_list": lambda studio: runs.recent(studio, person=_RITA),
    "run_list_of_a_brand": lambda studio: runs.recent(studio, person=_RITA, brand="brand-7"),
    "history": lambda studio: reviews.history(studio, 1, person=_RITA),
}


def measure(options: Options) -> dict[str, object]:
    """Milliseconds for each question, and seconds to walk the whole chain."""
    count = options.count or COUNT
    found: dict[str, object] = {"variants": count, "brands": BRANDS, "pending": PENDING_SHARE}
    filling = Filling(count, brands=BRANDS, pending_share=PENDING_SHARE, seed=options.seed)
    for engine in ("sqlite", "postgresql"):
        with fresh(engine, filling) as url:
            found[engine] = asked(url)
    return found


def asked(url: str) -> dict[str, object]:
    """What starting on that database takes, each question, and the walk over the whole chain."""
    start = {"start_s": _opened_s(url)}
    if url.startswith("sqlite"):
        _crash(url)
        start["start_after_a_crash_s"] = _opened_s(url)
    studio = decider(url)
    with closing(studio.database):
        if studio.database.engine.dialect.name == "postgresql":
            # The server does this by itself within minutes of such a load.
            with studio.database.claiming() as session:
                session.connection().exec_driver_sql("ANALYZE")
        times: dict[str, object] = {name: timed(ask, studio) for name, ask in QUESTIONS.items()}
        started = time.perf_counter()
        report = decision_chain.verify(studio)
        seconds = time.perf_counter() - started
    return {**start, **times, "chain_rows": report.count, "chain_s": round(seconds, 1)}


def _opened_s(url: str) -> float:
    started = time.perf_counter()
    open_database(url).close()
    return round(time.perf_counter() - started, 2)


def _crash(url: str) -> None:
    """Die in the middle of a transaction, so that its journal lies there."""
    child = os.fork()
    if child == 0:
        with open_database(url).writing() as session:
            session.execute(update(RunRow).where(RunRow.id == 1).values(name="half"))
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def timed(ask: Callable[[Studio], object], studio: Studio) -> dict[str, float]:
    seconds = [_timed(ask, studio) for _ in range(_TRIES)]
    # On a busy machine the median says how busy it is, the fastest what the work takes.
    return {
        "median_ms": round(median(seconds) * 1000, 2),
        "fastest_ms": round(min(seconds) * 1000, 2),
    }


def _timed(ask: Callable[[Studio], object], studio: Studio) -> float:
    started = time.perf_counter()
    ask(studio)
    return time.perf_counter() - started

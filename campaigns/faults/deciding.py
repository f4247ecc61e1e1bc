"""Many processes that decide at once, the way the studio ships and a naive way that must lose."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import quantiles
from typing import Any

from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from brandstudio.domain.people import Person
from brandstudio.domain.review import OUTCOME, Verdict
from brandstudio.errors import DatabaseBusyError, ReviewClosedError
from brandstudio.services import reviews
from brandstudio.services.operations import decision_chain
from brandstudio.services.studio import Studio
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.runs import VariantRow
from tests.filling import decider

APPROVE_OR_REOPEN = {True: Verdict.APPROVE, False: Verdict.REOPEN}


@dataclass(frozen=True, slots=True)
class Order:
    """What one process does: so many decisions on these variants, one after the other."""

    url: str
    person: Person
    variants: tuple[int, ...]
    count: int
    seed: int
    think_s: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one process was told: `seconds` has one entry for each acknowledged decision."""

    seconds: tuple[float, ...]
    conflicts: int
    busy: int


def decide_shipped(order: Order) -> Tally:
    """Through the service, as every page and program does."""
    studio = decider(order.url)
    with closing(studio.database):
        return decide_on(studio, order)


def decide_on(studio: Studio, order: Order) -> Tally:
    """What `decide_shipped` does, on a studio that others may be using."""
    chance = random.Random(order.seed)
    seconds: list[float] = []
    conflicts = busy = 0
    pending: dict[int, bool] = {}
    while len(seconds) < order.count:
        variant, started = chance.choice(order.variants), time.perf_counter()
        verdict = APPROVE_OR_REOPEN[pending.get(variant, True)]
        request = f"{order.person.name}-{order.seed}-{len(seconds)}-{conflicts}"
        try:
            said = reviews.decide(studio, variant, verdict, person=order.person, request_id=request)
        except ReviewClosedError as error:
            conflicts, pending[variant] = conflicts + 1, error.variant_status == "pending"
            continue
        except DatabaseBusyError:
            busy += 1
            continue
        pending[variant] = said.review == "pending"
        seconds.append(time.perf_counter() - started)
        if order.think_s[1]:
            time.sleep(chance.uniform(*order.think_s))
    return Tally(tuple(seconds), conflicts, busy)


def decide_naively(order: Order) -> Tally:
    """Read, think, write: the driver's own transactions, no version, no turn."""
    engine, chance = create_engine(order.url), random.Random(order.seed)
    seconds: list[float] = []
    busy = 0
    while len(seconds) < order.count:
        variant, started = chance.choice(order.variants), time.perf_counter()
        try:
            _overwrite(engine, variant)
        except OperationalError:
            busy += 1
            continue
        seconds.append(time.perf_counter() - started)
    engine.dispose()
    return Tally(tuple(seconds), 0, busy)


def _overwrite(engine: Engine, variant_id: int) -> None:
    with Session(engine) as session, session.begin():
        variant = session.get_one(VariantRow, variant_id)
        after = next(
            after for (before, said), after in OUTCOME.items()
            if before is variant.review and said in APPROVE_OR_REOPEN.values()
        )  # fmt: skip
        variant.review, variant.review_version = after, variant.review_version + 1


def at_once(work: Callable[[Order], Tally], orders: Sequence[Order]) -> list[Tally]:
    """Carry out every order in a process of its own, all in the same seconds."""
    # A fresh server process forks them: this one has threads and open connections.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(len(orders), mp_context=context) as pool:
        return list(pool.map(work, orders))


def kept(url: str) -> dict[str, Any]:
    """What the database holds afterwards: decisions, sum of versions, and whether they agree."""
    studio = decider(url)
    with studio.database.reading() as session:
        decisions = session.scalar(select(func.count()).select_from(DecisionRow)) or 0
        versions = session.scalar(select(func.sum(VariantRow.review_version))) or 0
    report = decision_chain.verify(studio)
    studio.database.close()
    return {"decisions": decisions, "versions": versions, "chain_fault": str(report.fault or "")}


def figures(tallies: Sequence[Tally], seconds: float) -> dict[str, float]:
    """Counts, speed and the latency that a waiting person notices, in milliseconds."""
    all_s = [one for tally in tallies for one in tally.seconds]
    points = quantiles(all_s, n=1000, method="inclusive") if len(all_s) > 1 else all_s * 999
    return {
        "acknowledged": len(all_s),
        "conflicts": sum(tally.conflicts for tally in tallies),
        "busy": sum(tally.busy for tally in tallies),
        "per_second": round(len(all_s) / seconds, 1),
        "p50_ms": round(points[499] * 1000, 1),
        "p95_ms": round(points[949] * 1000, 1),
        "p99_ms": round(points[989] * 1000, 1),
        "max_ms": round(max(all_s) * 1000, 1),
    }

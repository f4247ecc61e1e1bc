"""An audit log of a million rows: how long a page of fifty takes, whole and through each filter."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import insert

from brandstudio.domain.audit_log.entries import Kind, Sought
from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.services import audit_log
from brandstudio.services.studio import Studio
from brandstudio.storage.engine.database import Database
from brandstudio.storage.tables.decisions import ActivityRow
from campaigns.faults.decisions import fresh
from campaigns.faults.million import timed
from campaigns.report import Options
from tests.filling import MAKER, REVIEWERS, Filling, decider

EVENTS, DECISIONS, BRANDS = 900_000, 100_000, 10
_ADA = Person(9, "ada", {EVERY_BRAND: Role.ADMINISTRATOR})
_OWNER = Person(8, "olga", {"brand-7": Role.BRAND_OWNER})
_NOW = datetime.now(UTC)
_PAGE = 5_000
# What happens often, and once in a thousand rows.
_OFTEN = (Event.RUN_SUBMITTED, Event.PACK_BUILT, Event.SIGNED_IN)
_SELDOM = Event.LOG_EXPORTED

_AGO = {days: _NOW - timedelta(days=days) for days in (30, 60, 180, 300)}
FILTERS: dict[str, Sought] = {
    "everything": Sought(),
    "brand": Sought(brand="brand-7"),
    "person": Sought(person=REVIEWERS[0].name),
    "person_seldom": Sought(person="visitor"),
    "kind": Sought(kind=Kind.RUNS),
    "kind_seldom": Sought(kind=Kind.LOG),
    "decisions": Sought(kind=Kind.DECISIONS),
    "a_month": Sought(since=_AGO[60], until=_AGO[30]),
    "ten_months": Sought(since=_AGO[300]),
    "month_and_brand": Sought(brand="brand-7", since=_AGO[60], until=_AGO[30]),
    "text": Sought(text="run 12"),
    "text_that_nobody_wrote": Sought(text="zebra"),
}


def measure(options: Options) -> dict[str, object]:
    """Milliseconds for the first page of fifty and for one far behind, by filter."""
    events = options.count or EVENTS
    found: dict[str, object] = {"events": events, "decisions": DECISIONS, "brands": BRANDS}
    for engine in ("sqlite", "postgresql"):
        with fresh(engine, Filling(DECISIONS, brands=BRANDS, seed=options.seed)) as url:
            studio = _reader(url)
            with closing(studio.database):
                _fill(studio.database, events, options.seed)
                found[engine] = _asked(studio, events)
    return found


def _asked(studio: Studio, events: int) -> dict[str, object]:
    if studio.database.engine.dialect.name == "postgresql":
        # The server does this by itself within minutes of such a load.
        with studio.database.claiming() as session:
            session.connection().exec_driver_sql("ANALYZE")
    far = f"{events // 2}.{DECISIONS // 2}"
    looks: dict[str, Callable[[Studio], object]] = {
        name: _look(sought, _ADA, "") for name, sought in FILTERS.items()
    }
    looks["everything_far_behind"] = _look(Sought(), _ADA, far)
    looks["as_the_owner_of_a_brand"] = _look(Sought(), _OWNER, "")
    return {name: timed(look, studio) for name, look in looks.items()}


def _look(sought: Sought, person: Person, before: str) -> Callable[[Studio], object]:
    return lambda studio: audit_log.log(studio, sought, person=person, before=before)


def _reader(url: str) -> Studio:
    """A studio that can decide and read its log; of its brands nobody needs more than the names."""
    brands = {f"brand-{number}": SimpleNamespace(name=str(number)) for number in range(BRANDS)}
    decides = decider(url)
    parts = SimpleNamespace(
        database=decides.database, now=decides.now, catalogue=SimpleNamespace(brands=brands)
    )
    return cast(Studio, parts)


def _fill(database: Database, count: int, seed: int) -> None:
    rows = _rows(count, random.Random(seed))
    while page := list(islice(rows, _PAGE)):
        with database.writing() as session:
            session.execute(insert(ActivityRow), page)


def _rows(count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """A year of events, evenly."""
    people = (MAKER, *REVIEWERS)
    for number in range(count):
        is_seldom = number % 1_000 == 500
        person = chance.choice(people)
        yield {
            "at": _NOW - timedelta(days=365) * (1 - number / count),
            "event": _SELDOM if is_seldom else chance.choice(_OFTEN),
            "actor_id": person.id,
            "actor": "visitor" if is_seldom else person.name,
            "subject": f"run {number}",
            "brand": f"brand-{chance.randrange(BRANDS)}",
            "detail": {},
        }

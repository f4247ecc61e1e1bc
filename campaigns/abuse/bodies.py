"""Bodies that browsers and programs send, damaged, and what the server makes of them."""

import http.client
import resource
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from brandstudio.domain.brief import read_form
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.review import Verdict
from brandstudio.services import reviews, runs
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.packs import PackRow
from brandstudio.storage.tables.runs import RunRow
from campaigns.abuse.damage import FAULTS, MEDIA_TYPES
from campaigns.abuse.lock import off_the_lock
from campaigns.abuse.pages import OpenForm
from campaigns.abuse.server import (
    JOIN,
    PASSWORD,
    Request,
    Sender,
    fault_of,
    sender,
    served,
    signed_in,
    spread,
)
from campaigns.report import Options
from tests.filling import BRIEF
from tests.small_studio import loaded, small_studio

COUNT = 5_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it is sent when nothing is wrong."""

    path: str
    body: dict[str, Any]


def measure(options: Options) -> dict[str, object]:
    """Send them to a real server over the loopback; what counts is every single answer."""
    with tempfile.TemporaryDirectory() as folder:
        studio = small_studio(Path(folder) / "data")
        operator = users.operator(studio)
        carla = users.add(studio, "carla", {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=operator)
        ada = users.add(studio, "ada", {EVERY_BRAND: Role.ADMINISTRATOR}, PASSWORD, by=operator)
        variants = waiting(studio, carla, _with_the_model(studio))
        return attacked(studio, carla, ada, variants, Random(options.seed), options.count or COUNT)


def attacked(
    studio: Studio,
    carla: Person,
    ada: Person,
    variants: Sequence[int],
    dice: Random,
    count: int | None = None,
) -> dict[str, object]:
    """Send so many bodies to a real server, or each recorded one with each fault once."""
    both = signed_in(studio, carla, ada)
    runs_before, *_ = state_of(studio, carla)
    with served(studio) as live, sender(live.port, both) as send:
        form, redrawn = (OpenForm(live, both[0], page) for page in ("abuse", "redrawn"))
        events = (*form.events(drawing=False), *redrawn.events(drawing=True))
        every = (*calls(variants), *(Recorded(JOIN, event) for event in events))
        made = requests(dice, every, count or len(every) * len(FAULTS))
        before_mb = _most_memory_mb()
        figures = tried(studio, ada, send, (form, redrawn), made)
        grew_mb = _most_memory_mb() - before_mb
        still_there = _health(live.port)
    return figures | {
        "events_of_the_form": len(events),
        "runs_from_the_form": state_of(studio, carla)[0] - runs_before,
        "answers_afterwards": still_there,
        "peak_memory_grew_mb": grew_mb,
        "off_the_lock": stored_off_the_lock(studio, ada),
    }


def _most_memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def tried(
    studio: Studio,
    other: Person,
    send: Sender,
    forms: Sequence[OpenForm],
    made: Iterable[Request],
) -> dict[str, object]:
    """Send each; `unexpected` holds what was answered wrongly, or changed although refused.

    An event of a form that is taken in is followed to its end.
    """
    statuses, unexpected = Counter[str](), list[str]()
    times: dict[bool, list[float]] = {True: [], False: []}
    slowest, packs = (0.0, ""), list[float]()
    for request in made:
        before = state_of(studio, other)
        answer = send(request)
        is_refused = answer.status >= 400
        times[is_refused].append(answer.ms)
        statuses[str(answer.status)] += 1
        if not is_refused and request.path.endswith("/packs"):
            packs.append(answer.ms)
        if is_refused:
            slowest = max(slowest, (answer.ms, f"{request.path} {request.fault} {answer.status}"))
        wrong = fault_of(answer)
        if request.path == JOIN and not is_refused:
            bugs = [bug for form in forms for bug in form.bugs_after(request.content)]
            wrong = wrong or "; ".join(bugs)
        if is_refused and state_of(studio, other) != before:
            wrong = wrong or f"refused with {answer.status}, yet something changed"
        if wrong:
            shown = request.content[:160].decode("utf-8", "backslashreplace")
            unexpected.append(f"{request.path} {request.fault}: {wrong}; sent {shown}")
    return {
        "bodies": statuses.total(),
        "statuses": dict(sorted(statuses.items())),
        "unexpected": unexpected,
        "all": spread(times[False] + times[True]),
        "accepted": spread(times[False]),
        "refused": spread(times[True]) | {"slowest": slowest[1]},
        "packs": spread(packs),
    }


def _health(port: int) -> int:
    """Whether the server still answers at all: 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/healthz")
    return connection.getresponse().status


def _with_the_model(studio: Studio) -> Worker:
    parts = loaded(studio)
    return Worker(studio, parts.generator, parts.scorer, parts.upscaler, "abuse:1")


def waiting(studio: Studio, maker: Person, worker: Worker) -> list[int]:
    """Two drawn variants of the maker's that wait for a decision."""
    run_id = runs.submit(studio, read_form(BRIEF | {"seeds_per_arm": 1}), person=maker)
    carry_out(worker, run_id)
    found = [variant.id for variant in runs.variants(studio, run_id, person=maker)]
    for variant_id in found:
        reviews.decide(studio, variant_id, Verdict.SUBMIT, person=maker)
    return found


def stored_off_the_lock(studio: Studio, person: Person) -> list[str]:
    """What of all stored runs is not as their brands lock it."""
    return [
        f"variant {variant.id}: {fault}"
        for run in runs.recent(studio, person=person, limit=runs.MAX_PAGE)
        for variant in runs.variants(studio, run.id, person=person)
        for fault in off_the_lock(variant.params, variant.layout, run.brief, studio.catalogue)
    ]


def requests(dice: Random, recorded: Sequence[Recorded], count: int) -> Iterator[Request]:
    """Every recorded request in turn, with every kind of fault in turn."""
    for number in range(count):
        chosen = recorded[number % len(recorded)]
        fault = FAULTS[number // len(recorded) % len(FAULTS)]
        content = fault(dice, deepcopy(chosen.body))
        kind = "application/json" if dice.random() < 0.95 else dice.choice(MEDIA_TYPES)
        yield Request(chosen.path, content, kind, fault.__name__.strip("_"))


def calls(variants: Sequence[int]) -> tuple[Recorded, ...]:
    """The REST calls of a day: forms, plans, verdicts, packs."""
    verdict = {"variants": list(variants), "verdict": "approve", "comment": "Good"}
    pack = {
        "variants": list(variants),
        "placements": ["story", "instagram-square"],
        "name": "Summer",
    }
    return (
        Recorded("/api/v1/plans", dict(BRIEF)),
        Recorded("/api/v1/runs", dict(BRIEF) | {"name": "Summer", "seeds_per_arm": 1}),
        Recorded("/api/v1/decisions", verdict | {"request_id": "one", "versions": {}}),
        Recorded("/api/v1/packs", pack),
    )


def state_of(studio: Studio, person: Person) -> tuple[int, ...]:
    """How much there is of this person's: equal as long as nothing was added or taken away.

    Reviews move by decisions alone, so that they need no look of their own.
    """
    owners = (RunRow.creator_id, DecisionRow.reviewer_id, PackRow.creator_id)
    with studio.database.reading() as session:
        return tuple(
            session.scalar(select(func.count()).where(owner == person.id)) or 0 for owner in owners
        )

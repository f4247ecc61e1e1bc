"""A served studio in which every text that anybody stored is a canary."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path

from fastapi import FastAPI

from brandstudio.domain.accounts import Origin
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.review import Verdict
from brandstudio.services import packs, reviews, runs
from brandstudio.services.people import sessions, tokens, users
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.gate.rate_limits import Limits, Rate
from brandstudio.web.server import build_app
from tests.conftest import NOON, PASSWORD, QUICK_HASHES
from tests.fakes import FakeScorer, FlatColour, Stretch
from tests.web.planted import planted_brief, planted_settings
from tests.web.routes import example, routes_of
from tests.web.serving import Address, Answer, answer_of, serving

CANARY = "zqcanary"
UNBOUNDED = Rate(per_second=1e6, burst=1_000_000)


@dataclass
class Live:
    """A served studio in which every text is a canary, and the people in it."""

    address: Address
    app: FastAPI
    studio: Studio
    people: Mapping[Role, Person]
    image: str

    @cached_property
    def paths(self) -> list[str]:
        """An address of every route, and those of what is really stored."""
        routes = {example(path) for _, path in routes_of(self.app)}
        stored = (self.image, f"{self.image.removesuffix('.png')}/thumb")
        brand = (f"/brands/{CANARY}-0/logo.svg", f"/renditions/1/{CANARY}-0")
        return sorted(routes | {*stored, *brand, "/studio/runs?run=1", "/sign-in/", "/nothing"})

    def cookie(self, role: Role) -> dict[str, str]:
        """The cookie of somebody who just signed in."""
        # Not by a password: some tests guess until nobody of that name may try any more.
        token = sessions.open_for(self.studio, self.people[role], Origin(), how="test")
        return {"Cookie": f"{SESSION_COOKIE}={token}"}

    def asked(
        self, method: str, paths: list[str], headers: Mapping[str, str]
    ) -> Iterator[tuple[str, Answer]]:
        """The answer to that method at each of the paths."""
        host = {"Host": f"127.0.0.1:{self.address.port}"}
        connection = HTTPConnection("127.0.0.1", self.address.port, timeout=20)
        with closing(connection):
            for path in paths:
                connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
                for name, value in (host | dict(headers)).items():
                    connection.putheader(name, value)
                if method not in {"GET", "HEAD", "OPTIONS"}:
                    connection.putheader("Content-Length", "0")
                connection.endheaders()
                yield path, answer_of(connection)


@contextmanager
def living(home: Path) -> Generator[Live]:
    """Such a studio, served for as long as the block runs; it never asks anybody to wait."""
    settings = planted_settings(home, [f"{CANARY} preset"], slug=CANARY)
    studio = replace(build_studio(settings), now=lambda: NOON, passwords=QUICK_HASHES)
    by = users.operator(studio)
    people = {
        role: users.add(studio, f"{CANARY} {role}", {EVERY_BRAND: role}, PASSWORD, by=by)
        for role in Role
    }
    image = _fill(studio, people)
    limits = Limits(UNBOUNDED, UNBOUNDED, UNBOUNDED)
    app = build_app(studio, link_base="http://127.0.0.1", limits=limits)
    with serving(app) as address:
        yield Live(address, app, studio, people, image)
    studio.database.close()


def _fill(studio: Studio, people: Mapping[Role, Person]) -> str:
    """Have something of everything; the address of an image."""
    maker, judge = people[Role.CREATOR], people[Role.REVIEWER]
    brief = planted_brief(CANARY, 0, f"{CANARY} campaign", [f"{CANARY} answer"])
    run_id = runs.submit(studio, brief, person=maker)
    worker = Worker(
        studio=studio, generator=FlatColour(), scorer=FakeScorer(), upscaler=Stretch(), name=CANARY
    )
    carry_out(worker, run_id)
    [first, *_] = runs.variants(studio, run_id, person=maker)
    reviews.decide(studio, first.id, Verdict.SUBMIT, person=maker, comment=f"{CANARY} please")
    reviews.decide(studio, first.id, Verdict.APPROVE, person=judge, comment=f"{CANARY} yes")
    packs.build(studio, [first.id], [f"{CANARY}-0"], person=maker, name=f"{CANARY} pack")
    tokens.create(studio, person=maker, name=f"{CANARY} token")
    return f"/images/{first.sha256}.png"

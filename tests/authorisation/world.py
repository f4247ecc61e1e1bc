"""A studio with someone in every position to a run, and one of everything that can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandstudio.domain.accounts import Origin
from brandstudio.domain.brief import read_form
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.review import Verdict
from brandstudio.domain.upload import Upload
from brandstudio.services import packs, reviews, runs, uploads
from brandstudio.services.people import links, sessions, tokens, users
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.storage.tables.base import Base
from brandstudio.web.gate.middleware import SESSION_COOKIE
from tests.conftest import BRIEF, PASSWORD
from tests.hostile_images import base_images
from tests.web.serving import Address

ORIGIN = "http://127.0.0.1:7860"
NOBODY, DISABLED = "nobody signed in", "disabled"
ACTORS: Mapping[str, Mapping[str, Role]] = {
    NOBODY: {},
    DISABLED: {EVERY_BRAND: Role.ADMINISTRATOR},
    "no role": {},
    "owner of another brand": {"solenne": Role.BRAND_OWNER},
    "creator": {"voltra": Role.CREATOR},
    "creator, their own": {"voltra": Role.CREATOR},
    "reviewer": {"voltra": Role.REVIEWER},
    "brand owner": {"voltra": Role.BRAND_OWNER},
    "administrator": {EVERY_BRAND: Role.ADMINISTRATOR},
}
"""Whom every cell of the matrix asks as, the least first. The run is Voltra's."""
MAKER = "creator, their own"
CANARY = "Zitronenfalter"
"""In the name of the run and of the pack: whoever is not of the brand must never read it."""
CLICK = "click-of-the-reviewer"
OTHER_BRIEF = BRIEF | {"brand": "solenne", "axes": {}, "seeds_per_arm": 2, "placements": ["story"]}


@dataclass(frozen=True)
class World:
    """The studio, the application before it, and what there is in it."""

    studio: Studio
    app: FastAPI
    address: Address
    worker: Worker
    people: Mapping[str, Person]
    sessions: dict[str, str]
    run: int
    variants: tuple[int, ...]
    images: tuple[str, ...]
    pack: int
    upload: Upload
    bystander: Person
    """A creator of the brand whom others manage."""
    other_variant: int
    """An approved one of the other brand."""
    other_person: Person
    """Someone who works for the other brand alone."""

    def a_session(self) -> str:
        """The name of a session of the bystander, opened just now."""
        users.enable(self.studio, self.bystander.id, person=self._operator)
        sessions.sign_in(self.studio, self.bystander.name, PASSWORD)
        found = sessions.of_person(self.studio, self.bystander.id, person=self._operator)
        return found[-1].id

    def a_token(self) -> int:
        """The number of an API token of the bystander, made just now."""
        users.enable(self.studio, self.bystander.id, person=self._operator)
        tokens.create(self.studio, person=self.bystander, name="script")
        return max(token.id for token in tokens.own(self.studio, person=self.bystander))

    def a_link(self) -> str:
        """The name of an invitation into the brand, made just now."""
        links.invite(self.studio, "", {"voltra": Role.CREATOR}, person=self._operator)
        return links.all_open(self.studio, person=self._operator)[-1].id

    def everything(self) -> str:
        """All rows but where somebody was last seen."""
        with self.studio.database.reading() as session:
            tables = [t for t in Base.metadata.sorted_tables if t.name != "sessions"]
            return str([session.execute(table.select()).all() for table in tables])

    def sign_everybody_in(self) -> None:
        """Give everybody's browser a new session, but for who is disabled."""
        for actor, person in self.people.items():
            if actor != DISABLED:
                opened = sessions.open_for(self.studio, person, Origin(), how="test")
                self.sessions[actor] = opened

    def somebody(self, name: str) -> Person:
        """A new creator of the brand, whom others may let go."""
        number = len(users.everyone(self.studio, person=self._operator))
        roles = {"voltra": Role.CREATOR}
        by = self._operator
        return users.add(self.studio, f"{name} {number}", roles, PASSWORD, by=by)

    @property
    def _operator(self) -> Person:
        return users.operator(self.studio)

    def cookie(self, actor: str) -> dict[str, str]:
        """What somebody's browser sends of itself; a disabled one sends its old cookie."""
        known = self.sessions.get(actor)
        return {"Cookie": f"{SESSION_COOKIE}={known}"} if known else {}

    def browser(self, actor: str, *, anew: bool = False) -> TestClient:
        """Somebody's browser, signed in long ago or anew; a disabled one has its old cookie."""
        client = TestClient(
            self.app, base_url=ORIGIN, follow_redirects=False, headers={"Origin": ORIGIN}
        )
        if anew and actor not in {NOBODY, DISABLED}:
            token = sessions.sign_in(self.studio, self.people[actor].name, PASSWORD)
            client.cookies.set(SESSION_COOKIE, token)
        elif actor in self.sessions:
            client.cookies.set(SESSION_COOKIE, self.sessions[actor])
        return client


def build_world(studio: Studio, worker: Worker, app: FastAPI, address: Address) -> World:
    """Fill the studio: a drawn run of eight variants, three of them approved, and a pack of one."""
    operator = users.operator(studio)
    people = {
        actor: users.add(studio, _name(actor), roles, PASSWORD, by=operator)
        for actor, roles in ACTORS.items()
        if actor != NOBODY
    }
    cookies = {actor: sessions.sign_in(studio, _name(actor), PASSWORD) for actor in people}
    for person in people.values():
        # Something of everybody's own, for what the account page draws.
        sessions.sign_in(studio, person.name, PASSWORD)
        tokens.create(studio, person=person, name="their own")
    # Without its sessions, or the cookie would prove nothing.
    users.disable(studio, people[DISABLED].id, person=operator)
    elsewhere = _one_of_the_other_brand(studio, worker, people)
    maker, judge = people[MAKER], people["reviewer"]
    upload = uploads.store(studio, base_images()["png"], name=CANARY, person=maker)
    named = {"name": CANARY, "seeds_per_arm": 4, "references": [upload.id]}
    brief = read_form(BRIEF | named)
    run_id = runs.submit(studio, brief, person=maker)
    carry_out(replace(worker, studio=studio), run_id)
    variants = runs.variants(studio, run_id, person=maker)
    for variant in variants:
        reviews.decide(studio, variant.id, Verdict.SUBMIT, person=maker)
    newest = max(variants, key=lambda variant: variant.id)
    for variant in {v.id: v for v in (*variants[:2], newest)}.values():
        click = f"{CLICK}:{variant.id}"
        reviews.decide(studio, variant.id, Verdict.APPROVE, person=judge, request_id=click)
    pack = packs.build(studio, [variants[0].id], ["story"], person=maker, name=CANARY)
    return World(
        studio=studio,
        app=app,
        address=address,
        worker=worker,
        people=people,
        sessions=cookies,
        run=run_id,
        variants=tuple(variant.id for variant in variants),
        images=tuple(variant.sha256 or "" for variant in variants),
        pack=pack.id,
        upload=upload,
        bystander=users.add(studio, "bystander", {"voltra": Role.CREATOR}, PASSWORD, by=operator),
        other_variant=elsewhere,
        other_person=users.add(studio, "solveig", {"solenne": Role.CREATOR}, PASSWORD, by=operator),
    )


def _one_of_the_other_brand(studio: Studio, worker: Worker, people: Mapping[str, Person]) -> int:
    maker = people["owner of another brand"]
    run_id = runs.submit(studio, read_form(OTHER_BRIEF), person=maker)
    carry_out(replace(worker, studio=studio), run_id)
    [first, *_] = runs.variants(studio, run_id, person=maker)
    reviews.decide(studio, first.id, Verdict.SUBMIT, person=maker)
    judge = people["administrator"]
    reviews.decide(studio, first.id, Verdict.APPROVE, person=judge)
    return first.id


def _name(actor: str) -> str:
    return actor.replace(",", "")

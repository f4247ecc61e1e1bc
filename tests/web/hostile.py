"""A studio in which everything that can be named is named by an attack on whoever reads it."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from brandstudio.domain import brief as brief_rules
from brandstudio.domain import names
from brandstudio.domain.accounts import Origin
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.review import Verdict
from brandstudio.services import pack_content, packs, reviews, runs, uploads
from brandstudio.services.people import links, sessions, tokens, users
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.work.worker import Worker, carry_out
from tests.conftest import NOON, PASSWORD, QUICK_HASHES
from tests.fakes import FakeScorer, FlatColour, Stretch
from tests.hostile_images import base_images
from tests.web.planted import planted_brief, planted_settings

ATTACKS = (
    "<script>hit(0)</script>",
    "<img src=/nothing onerror=hit(1)>",
    "<svg><set onbegin=hit(2) attributeName=x dur=1s>",
    '"><img src=/nothing onerror=hit(3)>',
    "'><svg onload='hit(4)'>",
    '" autofocus tabindex=1 onfocus="hit(5)" x="',
    "</textarea></style></title><script>hit(6)</script>",
    '[link](javascript:hit(7)) ![x](x" onerror="hit(7))',
    '<iframe srcdoc="<script>parent.hit(8)</script>">',
    "<details open ontoggle=hit(9)><a href=javascript:hit(9)>",
    "{{constructor.constructor('hit(10)')()}}${hit(10)}",
    "&lt;img src=x onerror=hit(11)&gt;&#60;svg onload=hit(11)>",
)
SLUG = "hostile"


def texts(source: str) -> list[str]:
    """The attacks as they come from that source, so that each can be told from all others."""
    said = [f"{attack} {source}" for attack in ATTACKS]
    # An address with a space in it leads nowhere.
    return [text.replace(" ", "/") for text in said] if source == "address" else said


@dataclass(frozen=True)
class Hostile:
    """Such a studio, an administrator of it, and a link into it for each attack."""

    studio: Studio
    ada: Person
    invitations: tuple[str, ...]


@contextmanager
def unchecked() -> Generator[None]:
    """Nothing that is typed is refused: then escaping alone must hold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(brief_rules, "refusal", lambda *_, **__: None)
        patch.setattr(pack_content, "refusal", lambda *_, **__: None)
        patch.setattr(names, "_NAME", re.compile(r".+"))
        patch.setattr(uploads, "shown_name", str)
        yield


@contextmanager
def hostile_studio(home: Path) -> Generator[Hostile]:
    """One brand, run, asset, pack, person and token for each attack."""
    settings = planted_settings(home, texts("preset"), slug=SLUG, daily_quota=0)
    studio = replace(build_studio(settings), now=lambda: NOON, passwords=QUICK_HASHES)
    with unchecked():
        ada, judges = _fill(studio)
        invitations = _open_doors(studio, judges)
    yield Hostile(studio, ada, invitations)
    studio.database.close()


def _fill(studio: Studio) -> tuple[Person, list[Person]]:
    by = users.operator(studio)
    ada = users.add(studio, "ada", {EVERY_BRAND: Role.ADMINISTRATOR}, PASSWORD, by=by)
    judges = [
        users.add(studio, t, {EVERY_BRAND: Role.ADMINISTRATOR}, PASSWORD, by=by)
        for t in texts("person")
    ]
    worker = Worker(
        studio=studio, generator=FlatColour(), scorer=FakeScorer(), upscaler=Stretch(), name="w"
    )
    for number, (campaign, maker) in enumerate(zip(texts("campaign"), judges, strict=True)):
        attached = uploads.store(
            studio, base_images()["png"], name=texts("file")[number], person=maker
        )
        brief = planted_brief(SLUG, number, campaign, texts("answer"), [attached.id])
        run_id = runs.submit(studio, brief, person=maker)
        carry_out(worker, run_id)
        _review(studio, run_id, number, judges)
        tokens.create(studio, person=ada, name=texts("token")[number])
    return ada, judges


def _open_doors(studio: Studio, judges: list[Person]) -> tuple[str, ...]:
    """Each is signed in with a browser that calls itself something, and has invited somebody."""
    for judge, browser in zip(judges, texts("browser"), strict=True):
        sessions.open_for(studio, judge, Origin("192.0.2.7", browser), how="test")
    return tuple(
        links.invite(studio, name, {f"{SLUG}-{number}": Role.CREATOR}, person=judge)
        for number, (judge, name) in enumerate(zip(judges, texts("link"), strict=True))
    )


def _review(studio: Studio, run_id: int, number: int, judges: list[Person]) -> None:
    """One variant waits, of the first run with everybody's remarks; one is approved and packed."""
    maker, other = judges[number], judges[number - 1]
    waiting, approved = runs.variants(studio, run_id, person=maker)
    for variant in (waiting, approved):
        reviews.decide(studio, variant.id, Verdict.SUBMIT, person=maker)
    reviews.decide(studio, approved.id, Verdict.APPROVE, person=other)
    name = texts("pack")[number]
    packs.build(studio, [approved.id], [f"{SLUG}-{number}"], person=maker, name=name)
    if run_id != 1:
        return
    for judge, comment in zip(judges, texts("comment"), strict=True):
        if judge.id == maker.id:
            reviews.decide(studio, waiting.id, Verdict.WITHDRAW, person=maker, comment=comment)
        else:
            ask = Verdict.REQUEST_CHANGES
            reviews.decide(studio, waiting.id, ask, person=judge, comment=comment)
        reviews.decide(studio, waiting.id, Verdict.SUBMIT, person=maker)

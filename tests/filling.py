"""A studio's database with as many drawn variants as wanted, written in bulk; no file is drawn.

Each variant that waits was submitted: the log of decisions is whole, and its chain is sound.
"""

import hashlib
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import insert

from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.decision_chain import GENESIS, digest, moment
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.plan import Plan, plan_brief
from brandstudio.domain.review import ReviewStatus, Verdict
from brandstudio.domain.run import RunStatus
from brandstudio.presets import load_presets
from brandstudio.services.studio import Studio
from brandstudio.settings import Settings
from brandstudio.storage.engine.database import Database, open_database
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.people import MembershipRow, UserRow
from brandstudio.storage.tables.runs import BrandVersionRow, RunRow, VariantRow

MAKER = Person(1, "carla", {EVERY_BRAND: Role.CREATOR})
REVIEWERS = (
    Person(2, "rita", {EVERY_BRAND: Role.REVIEWER}),
    Person(3, "rob", {EVERY_BRAND: Role.REVIEWER}),
)
PEOPLE = (MAKER, *REVIEWERS)
PER_RUN = 8
BRIEF: dict[str, object] = {
    "brand": "voltra",
    "template": "product-hero",
    "layout": "product-left",
    "answers": {
        "product": "can",
        "product_color": "orange",
        "setting": "beach",
        "headline": "Turn the volume up",
        "cta": "Try it",
    },
    "axes": {"setting": ["beach", "studio"]},
    "seeds_per_arm": 4,
    "seed": 7,
}
_PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Filling:
    """How many variants, of how many brands, and how many of them wait for a decision."""

    variants: int
    brands: int = 1
    pending_share: float = 1.0
    seed: int = 1


def decider(url: str) -> Studio:
    """A studio that can decide and nothing else: it has a database and a clock."""
    parts = SimpleNamespace(
        database=open_database(url),
        now=lambda: datetime.now(UTC),
        draw_token=lambda: secrets.token_hex(16),
    )
    return cast(Studio, parts)


def fill(database: Database, filling: Filling) -> None:
    """Write people, brands, finished runs of eight variants each, and the variants."""
    settings = Settings()
    catalogue = load_presets(settings.presets_dir, settings.lora_dir).catalogue
    brief = check_brief(read_form(BRIEF), catalogue, max_variants=64, seed=7)
    plan = plan_brief(brief, catalogue, catalogue.base_model("house"))
    content = catalogue.brand("voltra").model_dump(mode="json")
    now = datetime.now(UTC)
    with database.writing() as session:
        session.execute(
            insert(UserRow),
            [{"name": p.name, "created_at": now} for p in PEOPLE],
        )
        session.execute(
            insert(MembershipRow),
            [{"user_id": p.id, "brand": b, "role": r} for p in PEOPLE for b, r in p.roles.items()],
        )
        session.execute(
            insert(BrandVersionRow),
            [
                {
                    "brand": f"brand-{number}",
                    "version": 1,
                    "digest": f"{number:064x}",
                    "content": content,
                    "first_used_at": now,
                }
                for number in range(filling.brands)
            ],
        )
    for table, rows in (
        (RunRow, _runs(filling, plan, now)),
        (VariantRow, _variants(filling, plan)),
        (DecisionRow, _submissions(filling, now)),
    ):
        while page := list(islice(rows, _PAGE)):
            with database.writing() as session:
                session.execute(insert(table), page)


def _runs(filling: Filling, plan: Plan, now: datetime) -> Iterator[dict[str, Any]]:
    brief = plan.brief.model_dump(mode="json")
    for number in range(-(-filling.variants // PER_RUN)):
        yield {
            "creator_id": MAKER.id,
            "creator": MAKER.name,
            "name": f"Run {number}",
            "brand": f"brand-{number % filling.brands}",
            "brand_version_id": number % filling.brands + 1,
            "base_model": plan.base_model,
            "brief": brief,
            "status": RunStatus.SUCCEEDED,
            "created_at": now,
            "started_at": now,
            "finished_at": now,
            "estimated_s": 1.0,
            "steps_total": 1,
        }


def _variants(filling: Filling, plan: Plan) -> Iterator[dict[str, Any]]:
    planned = [
        {
            "arm": variant.arm,
            "levels": dict(variant.levels),
            "seed": variant.seed,
            "layout": variant.layout,
            "pattern": variant.pattern,
            "params": variant.params.model_dump(mode="json"),
            "described": {"device": "none", "dtype": "none"},
            "scores": {"clip": 0.3, "aesthetic": 5.1},
            "parts": {"clip": 0.5, "aesthetic": -0.5, "total": 0.1},
            "status": RunStatus.SUCCEEDED,
        }
        for variant in plan.variants
    ]
    for number, waits in enumerate(_waiting(filling)):
        run, index = divmod(number, PER_RUN)
        name = _name(number)
        yield planned[index % len(planned)] | {
            "run_id": run + 1,
            "brand": f"brand-{run % filling.brands}",
            "index": index,
            "fingerprint": name,
            "sha256": name,
            "rank": (index * 5 + run) % PER_RUN + 1,
            "review": ReviewStatus.PENDING if waits else ReviewStatus.NEW,
            "review_version": int(waits),
        }


def _submissions(filling: Filling, now: datetime) -> Iterator[dict[str, Any]]:
    place, prev_hash = 0, GENESIS
    for number, waits in enumerate(_waiting(filling)):
        if not waits:
            continue
        place += 1
        row: dict[str, Any] = {
            "id": place,
            "request_id": f"fill-{place}",
            "variant_id": number + 1,
            "expected_version": 0,
            "verdict": Verdict.SUBMIT,
            "reviewer_id": MAKER.id,
            "reviewer": MAKER.name,
            "reviewer_role": Role.CREATOR.value,
            "comment": "",
            "sha256": _name(number),
            "brand_digest": f"{number // PER_RUN % filling.brands:064x}",
            "supersedes_id": None,
            "decided_at": now,
            "prev_hash": prev_hash,
        }
        prev_hash = row["hash"] = digest(row | {"decided_at": moment(now)}, prev_hash)
        yield row


def _waiting(filling: Filling) -> Iterator[bool]:
    chance = random.Random(filling.seed)
    return (chance.random() < filling.pending_share for _ in range(filling.variants))


def _name(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()

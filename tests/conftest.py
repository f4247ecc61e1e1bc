"""The fixtures most tests need: a real studio over a fresh folder, at noon, and people in it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from brandstudio.domain.brief import BriefForm, read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.review import Verdict
from brandstudio.domain.run import VariantRecord
from brandstudio.services import reviews, runs
from brandstudio.services import studio as studio_module
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.settings import Settings, go_offline
from tests import collection, offline
from tests.fakes import FakeScorer, FlatColour, Stretch
from tests.new_studio import new_studio, presets_of, shipped_presets
from tests.postgresql import database_url, postgresql, settings_on_each  # noqa: F401 - fixtures

go_offline()
# A loaded machine is no reason to fail; in CI the same examples are drawn each time.
hypothesis.settings.register_profile("studio", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("studio")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
QUICK_HASHES = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-matrix", action="store_true", help="write docs/authorisation.md and errors.md"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        collection.mark(item)
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = collection.in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> collection.Scheduling:
    return collection.Scheduling(config, log)


@pytest.fixture(autouse=True)
def on_this_machine_alone() -> Iterator[None]:
    """Fail whatever test reaches for an address beyond this machine, or starts what does."""
    yield
    assert offline.attempts() == []


@pytest.fixture(scope="session", autouse=True)
def _shipped_presets_read_once() -> Iterator[None]:
    """Whatever opens a studio over the shipped presets gets those that were read before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studio_module, "load_presets", presets_of)
        yield


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """What the repository ships."""
    return shipped_presets().catalogue


@dataclass(frozen=True)
class People:
    """Someone of every role."""

    carla: Person  # creator
    rita: Person  # reviewer
    ada: Person  # administrator


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def studio(settings: Settings) -> Iterator[Studio]:
    """A real studio over a fresh folder, at noon, with seeds 1, 2, 3 … and quick hashes."""
    seeds = count(1)
    built = replace(
        new_studio(settings),
        now=lambda: NOON,
        draw_seed=lambda: next(seeds),
        passwords=QUICK_HASHES,
    )
    yield built
    built.database.close()


@pytest.fixture
def people(studio: Studio) -> People:
    operator = users.operator(studio)

    def added(name: str, role: Role) -> Person:
        return users.add(studio, name, {EVERY_BRAND: role}, PASSWORD, by=operator)

    return People(
        carla=added("carla", Role.CREATOR),
        rita=added("rita", Role.REVIEWER),
        ada=added("ada", Role.ADMINISTRATOR),
    )


@pytest.fixture
def brief() -> Callable[..., BriefForm]:
    """A brief that works as it is; keyword arguments replace parts of it."""

    def make(**changes: Any) -> BriefForm:
        return read_form(BRIEF | changes)

    return make


BRIEF: dict[str, Any] = {
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
    "seeds_per_arm": 2,
    "seed": 7,
    "placements": ["instagram-square", "story"],
}


@pytest.fixture
def worker(studio: Studio) -> Worker:
    """A worker whose images are flat colours."""
    return Worker(
        studio=studio,
        generator=FlatColour(),
        scorer=FakeScorer(),
        upscaler=Stretch(),
        name="test:1",
    )


@pytest.fixture
def drawn_run(
    studio: Studio, people: People, worker: Worker, brief: Callable[..., BriefForm]
) -> int:
    """A finished run of carla's: four variants, ranked, not yet submitted."""
    run_id = runs.submit(studio, brief(), person=people.carla)
    carry_out(worker, run_id)
    return run_id


@pytest.fixture
def pending(studio: Studio, people: People, drawn_run: int) -> tuple[VariantRecord, ...]:
    """The variants of a run that carla put up for review."""
    for variant in runs.variants(studio, drawn_run, person=people.carla):
        reviews.decide(studio, variant.id, Verdict.SUBMIT, person=people.carla)
    return runs.variants(studio, drawn_run, person=people.carla)

"""The whole application over a real studio, and people in front of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from brandstudio.domain.people import Person
from brandstudio.services.people import sessions
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.server import build_app, without_pages
from tests.browsers import chromium
from tests.conftest import PASSWORD, People
from tests.web.live import Live, living
from tests.web.serving import serving
from tests.web.single_sign_on import browser, issuer  # noqa: F401 - fixtures

ORIGIN = "http://127.0.0.1:7860"


@pytest.fixture
def app(studio: Studio) -> FastAPI:
    """Everything but Gradio, which takes most of a second to build."""
    return without_pages(studio, link_base=ORIGIN)


@pytest.fixture
def whole_app(studio: Studio) -> FastAPI:
    return build_app(studio, link_base=ORIGIN)


@pytest.fixture
def carla_in_the_studio(whole_app: FastAPI, studio: Studio, people: People) -> TestClient:
    """Carla's browser in front of Gradio's pages."""
    return browser_of(whole_app, studio, people.carla)


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    """A browser that nobody has signed in with, on one of our own pages."""
    return TestClient(app, base_url=ORIGIN, follow_redirects=False, headers={"Origin": ORIGIN})


@pytest.fixture
def carla(app: FastAPI, studio: Studio, people: People) -> TestClient:
    return browser_of(app, studio, people.carla)


@pytest.fixture
def rita(app: FastAPI, studio: Studio, people: People) -> TestClient:
    return browser_of(app, studio, people.rita)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A served studio full of canaries, shared by the tests of a module."""
    with living(tmp_path_factory.mktemp("live")) as served:
        yield served


@pytest.fixture
def address(studio: Studio) -> Iterator[str]:
    """The whole application on a free port of this machine."""
    with serving(build_app(studio, link_base="http://127.0.0.1")) as running:
        yield running.url


# Ended with the module: Playwright's loop would otherwise run under every later test.
@pytest.fixture(scope="module")
def started_chromium() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def chrome(started_chromium: Browser) -> Iterator[Browser]:
    """A browser in which nobody is yet; its windows are closed after the test."""
    yield started_chromium
    for context in started_chromium.contexts:
        context.close()


def browser_of(app: FastAPI, studio: Studio, person: Person) -> TestClient:
    """The browser of a signed-in person."""
    client = TestClient(app, base_url=ORIGIN, follow_redirects=False, headers={"Origin": ORIGIN})
    client.cookies.set(SESSION_COOKIE, sessions.sign_in(studio, person.name, PASSWORD))
    return client


def decide(client: TestClient, verdict: str, *variants: int, comment: str = "") -> dict[str, Any]:
    """Ask for one verdict on some variants; the answer's body."""
    asked = {"variants": list(variants), "verdict": verdict, "comment": comment}
    return client.post("/api/v1/decisions", json=asked).json()

"""The generators of `python -m campaigns.abuse` at a size for every push."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandstudio.services.studio import Studio
from brandstudio.web.server import build_app, without_pages
from tests.conftest import People
from tests.web.conftest import ORIGIN, browser_of

SEED = 20261120


@pytest.fixture
def carla(studio: Studio, people: People) -> TestClient:
    """The browser of a creator, in front of everything but Gradio."""
    return browser_of(without_pages(studio, link_base=ORIGIN), studio, people.carla)


@pytest.fixture
def whole_app(studio: Studio) -> FastAPI:
    return build_app(studio, link_base=ORIGIN)

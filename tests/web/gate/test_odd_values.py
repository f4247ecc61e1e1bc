"""Values that no page sends, in every place of an address or a form: refused, never a bug."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from brandstudio.settings import Settings
from brandstudio.web.server import without_pages
from tests.conftest import NOON, PASSWORD, QUICK_HASHES
from tests.new_studio import new_studio
from tests.web.conftest import ORIGIN, browser_of

ODD = ("a\0b", "\0", "9" * 23, "-1", "0", "1e400", "\U0001f600", "\u202e", "x" * 5_000)
QUERIES = {
    "/api/v1/administration/log": "brand person kind since until text before limit",
    "/api/v1/administration/log/export": "brand person text format",
    "/api/v1/runs": "brand before limit",
    "/api/v1/assets": "brand run before limit",
    "/api/v1/packs": "brand before limit",
    "/api/v1/review": "brand run before limit",
    "/api/v1/catalogue": "brand",
    f"/images/{'a' * 64}/thumb": "w",
    "/welcome": "token",
    "/sign-in": "next",
}
PATHS = (
    "/api/v1/runs/{}",
    "/api/v1/runs/{}/variants",
    "/api/v1/runs/{}/events",
    "/api/v1/packs/{}",
    "/api/v1/packs/{}/download",
    "/api/v1/variants/{}/decisions",
    "/api/v1/uploads/{}",
    "/brands/{}/logo.svg",
    "/brands/voltra/{}",
    "/images/{}.png",
    "/renditions/{}/story",
    "/renditions/1/{}",
    f"/uploads/{{}}/{'a' * 64}.webp",
)
PEOPLE = "/api/v1/administration"
CHANGES = (
    ("POST", "/api/v1/runs/{}/cancel"),
    ("POST", f"{PEOPLE}/people/{{}}/disable"),
    ("POST", f"{PEOPLE}/people/{{}}/password-link"),
    ("DELETE", f"{PEOPLE}/links/{{}}"),
    ("DELETE", f"{PEOPLE}/tokens/{{}}"),
    ("DELETE", f"{PEOPLE}/people/1/sessions/{{}}"),
)


@pytest.fixture
def studio(settings_on_each: Settings) -> Iterator[Studio]:
    """A studio on each database: they differ in what they cannot hold."""
    built = replace(new_studio(settings_on_each), now=lambda: NOON, passwords=QUICK_HASHES)
    yield built
    built.database.close()


@pytest.fixture
def app(studio: Studio) -> FastAPI:
    return without_pages(studio, link_base=ORIGIN)


@pytest.fixture
def ada(app: FastAPI, studio: Studio) -> TestClient:
    by = users.operator(studio)
    person = users.add(studio, "ada", {EVERY_BRAND: Role.ADMINISTRATOR}, PASSWORD, by=by)
    return browser_of(app, studio, person)


def test_no_odd_value_in_an_address_is_a_bug(ada: TestClient):
    for (path, names), odd in product(QUERIES.items(), ODD):
        for name in names.split():
            answer = ada.get(path, params={name: odd})
            assert answer.status_code < 500, f"{path} {name}={odd!r}"
    for path, odd in product(PATHS, ODD):
        assert ada.get(path.format(quote(odd, safe=""))).status_code in {404, 422}, f"{path} {odd}"
    for (method, path), odd in product(CHANGES, ODD):
        answer = ada.request(method, path.format(quote(odd, safe="")))
        assert answer.status_code in {404, 422}, f"{method} {path} {odd}"


def test_no_odd_value_in_a_form_is_a_bug(ada: TestClient, app: FastAPI):
    stranger = TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN})
    for odd in ODD:
        typed = {"name": odd, "password": odd, "next": odd}
        assert stranger.post("/sign-in", data=typed).status_code in {401, 429}
        welcome = {"token": odd, "name": odd, "password": odd, "again": odd}
        assert stranger.post("/welcome", data=welcome).status_code == 410
        invited = {"name": odd, "roles": {odd: "creator"}}
        assert ada.post(f"{PEOPLE}/invitations", json=invited).status_code in {404, 422}
        role = {"brand": odd, "role": "creator"}
        assert ada.put(f"{PEOPLE}/people/1/roles", json=role).status_code in {403, 404, 422}

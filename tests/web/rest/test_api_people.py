"""People over REST: roles, invitations, sessions and tokens, for whom they are."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandstudio.domain.people import Person, Role, Scope
from brandstudio.services.people import sessions, tokens, users
from brandstudio.services.studio import Studio
from tests.conftest import PASSWORD, People
from tests.web.conftest import ORIGIN, browser_of

BASE = "/api/v1/administration"


@pytest.fixture
def ada(app: FastAPI, studio: Studio, people: People) -> TestClient:
    return browser_of(app, studio, people.ada)


@pytest.fixture
def noor(studio: Studio, people: People) -> Person:
    """A reviewer of Voltra and of Solenne."""
    roles = {"voltra": Role.REVIEWER, "solenne": Role.REVIEWER}
    return users.add(studio, "noor", roles, PASSWORD, by=people.ada)


@pytest.fixture
def olga(app: FastAPI, studio: Studio, people: People, noor: Person) -> TestClient:  # noqa: ARG001 - beside her
    """The owner of Voltra."""
    roles = {"voltra": Role.BRAND_OWNER}
    return browser_of(app, studio, users.add(studio, "olga", roles, PASSWORD, by=people.ada))


def people_of(client: TestClient) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in client.get(f"{BASE}/people").json()["people"]}


def give(client: TestClient, person: Person, brand: str, role: str | None) -> int:
    asked = {"brand": brand, "role": role}
    return client.put(f"{BASE}/people/{person.id}/roles", json=asked).status_code


@pytest.mark.usefixtures("noor")
def test_an_administrator_sees_everyone_with_their_roles(ada: TestClient):
    seen = people_of(ada)
    assert set(seen) == {"ada", "carla", "rita", "noor"}
    assert seen["noor"]["roles"] == {"voltra": "reviewer", "solenne": "reviewer"}
    assert seen["ada"]["is_you"]
    assert seen["ada"]["last_seen_at"] == "2026-11-20T12:00:00Z"
    assert seen["noor"]["last_seen_at"] is None


def test_a_brands_owner_sees_who_works_for_it_and_only_their_roles_in_it(olga: TestClient):
    seen = people_of(olga)
    assert seen["noor"]["roles"] == {"voltra": "reviewer"}


def test_roles_are_given_and_taken(ada: TestClient, noor: Person):
    assert give(ada, noor, "voltra", "brand_owner") == 204
    assert give(ada, noor, "solenne", None) == 204
    assert people_of(ada)["noor"]["roles"] == {"voltra": "brand_owner"}


def test_a_brands_owner_gives_roles_in_it_and_nowhere_else(olga: TestClient, noor: Person):
    assert give(olga, noor, "voltra", "creator") == 204
    assert give(olga, noor, "solenne", "creator") == 404
    assert give(olga, noor, "*", "creator") == 403
    assert give(olga, noor, "voltra", "administrator") == 422
    assert give(olga, noor, "voltra", None) == 204
    assert "noor" not in people_of(olga)


def test_nobody_changes_their_own_role_or_ends_their_own_account(ada: TestClient, people: People):
    assert give(ada, people.ada, "*", "creator") == 403
    assert ada.post(f"{BASE}/people/{people.ada.id}/disable").status_code == 403


def test_a_disabled_person_is_signed_out_and_may_be_enabled_again(
    ada: TestClient, carla: TestClient, people: People
):
    path = f"{BASE}/people/{people.carla.id}"
    assert ada.post(f"{path}/disable").status_code == 204
    assert people_of(ada)["carla"]["is_disabled"]
    assert carla.get("/api/v1/runs").status_code == 401
    assert ada.post(f"{path}/enable").status_code == 204
    assert not people_of(ada)["carla"]["is_disabled"]


@pytest.mark.usefixtures("studio")
def test_an_invitation_is_shown_once_and_lets_someone_in(ada: TestClient, visitor: TestClient):
    asked = {"name": "Sam Ito", "roles": {"voltra": "reviewer"}}
    made = ada.post(f"{BASE}/invitations", json=asked)
    assert made.status_code == 201
    url = made.json()["url"]
    assert url.startswith(f"{ORIGIN}/welcome?token=")
    [link] = ada.get(f"{BASE}/links").json()["links"]
    assert (link["name"], link["kind"], link["made_by"]) == ("Sam Ito", "invitation", "ada")
    token = url.partition("token=")[2]
    assert token not in ada.get(f"{BASE}/links").text
    assert visitor.get(url.removeprefix(ORIGIN)).status_code == 200


def test_a_withdrawn_invitation_works_no_more(olga: TestClient, visitor: TestClient):
    asked = {"roles": {"voltra": "creator"}}
    url = olga.post(f"{BASE}/invitations", json=asked).json()["url"]
    [link] = olga.get(f"{BASE}/links").json()["links"]
    assert olga.delete(f"{BASE}/links/{link['id']}").status_code == 204
    assert visitor.get(url.removeprefix(ORIGIN)).status_code == 410
    assert olga.delete(f"{BASE}/links/{link['id']}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"roles": {}}, 422),
        ({"roles": {"voltra": "king"}}, 422),
        ({"roles": {"solenne": "creator"}}, 404),
        ({"roles": {"*": "creator"}}, 403),
        ({"name": "x", "roles": {"voltra": "creator"}}, 422),
        ({"name": "noor", "roles": {"voltra": "creator"}}, 422),
        ({"roles": {"voltra": "creator"}, "password": "x"}, 422),
    ],
    ids=str,
)
def test_an_invitation_that_makes_no_sense_or_goes_too_far_is_refused(
    olga: TestClient, asked: dict[str, Any], status: int
):
    assert olga.post(f"{BASE}/invitations", json=asked).status_code == status
    assert olga.get(f"{BASE}/links").json()["links"] == []


def test_a_forgotten_password_is_set_anew_by_a_link(ada: TestClient, noor: Person):
    made = ada.post(f"{BASE}/people/{noor.id}/password-link").json()
    assert made["expires_at"] == "2026-11-21T12:00:00Z"
    [link] = ada.get(f"{BASE}/links").json()["links"]
    assert (link["kind"], link["name"]) == ("password", "noor")


@pytest.mark.usefixtures("studio")
def test_sessions_are_listed_and_ended(ada: TestClient, carla: TestClient, people: People):
    listed = ada.get(f"{BASE}/sessions").json()["sessions"]
    own = {one["person"]: one for one in listed}
    assert own["ada"]["is_current"]
    path = f"{BASE}/people/{people.carla.id}/sessions/{own['carla']['id']}"
    assert ada.delete(path).status_code == 204
    assert carla.get("/api/v1/runs").status_code == 401
    assert ada.delete(path).status_code == 404


def test_somebody_is_signed_out_everywhere_and_whoever_asks_stays(
    ada: TestClient, carla: TestClient, rita: TestClient, people: People
):
    ended = ada.delete(f"{BASE}/people/{people.carla.id}/sessions")
    assert (ended.status_code, ended.json()) == (200, {"ended": 1})
    assert carla.get("/api/v1/runs").status_code == 401
    assert ada.delete(f"{BASE}/people/{people.ada.id}/sessions").json() == {"ended": 0}
    assert ada.delete(f"{BASE}/sessions").json() == {"ended": 1}
    assert rita.get("/api/v1/runs").status_code == 401
    assert ada.get("/api/v1/runs").status_code == 200


def test_whoever_left_for_good_is_shown_as_such(ada: TestClient, people: People):
    path = f"{BASE}/people/{people.carla.id}"
    assert ada.delete(path).status_code == 204
    gone = people_of(ada)["carla"]
    assert (gone["is_removed"], gone["is_disabled"], gone["roles"]) == (True, True, {})
    assert ada.delete(path).status_code == 404
    assert ada.delete(f"{BASE}/people/{people.ada.id}").status_code == 403


def test_tokens_of_everybody_are_listed_without_their_secret_and_revoked(
    ada: TestClient, people: People, studio: Studio
):
    secret = tokens.create(studio, person=people.carla, name="Nightly", scopes={Scope.READ})
    answer = ada.get(f"{BASE}/tokens")
    [token] = answer.json()["tokens"]
    assert (token["owner"], token["scopes"], token["is_expired"]) == ("carla", ["read"], False)
    assert secret not in answer.text
    assert ada.delete(f"{BASE}/tokens/{token['id']}").status_code == 204
    assert tokens.person_of_api_token(studio, secret) is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "people"),
        ("PUT", "people/2/roles"),
        ("POST", "people/2/disable"),
        ("POST", "people/2/enable"),
        ("POST", "people/2/password-link"),
        ("GET", "links"),
        ("POST", "invitations"),
        ("DELETE", "links/abc"),
        ("GET", "sessions"),
        ("DELETE", "sessions"),
        ("DELETE", "people/2"),
        ("DELETE", "people/2/sessions"),
        ("DELETE", "people/2/sessions/abc"),
        ("GET", "tokens"),
        ("DELETE", "tokens/1"),
    ],
)
def test_none_of_it_is_for_those_who_only_create_and_review(
    rita: TestClient, method: str, path: str
):
    body = {
        "people/2/roles": {"brand": "*", "role": "administrator"},
        "invitations": {"roles": {"*": "administrator"}},
    }.get(path)
    answer = rita.request(method, f"{BASE}/{path}", json=body)
    assert answer.status_code == 403


def test_a_person_does_not_revoke_even_their_own_token_here(
    rita: TestClient, people: People, studio: Studio
):
    tokens.create(studio, person=people.rita, name="Mine", scopes={Scope.READ})
    [own] = tokens.own(studio, person=people.rita)
    assert rita.delete(f"{BASE}/tokens/{own.id}").status_code == 403
    [opened] = sessions.own(studio, person=people.rita)
    path = f"{BASE}/people/{people.rita.id}/sessions/{opened.id}"
    assert rita.delete(path).status_code == 403

"""Signing in: the form, the cookie, the one-time link, and what a guesser meets."""

from dataclasses import replace
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from brandstudio.services import links, sessions, users
from brandstudio.services.attempts import WINDOW
from brandstudio.services.studio import Studio
from brandstudio.web.gate import SESSION_COOKIE
from brandstudio.web.server import without_pages
from tests.conftest import NOON, PASSWORD, People
from tests.web.conftest import ORIGIN

WRONG = "This name and password do not go together"


def sign_in(client: TestClient, name: str, password: str, **more: str) -> Response:
    return client.post("/sign-in", data={"name": name, "password": password} | more)


def cookie_of(answer: Response) -> Morsel[str]:
    cookies = SimpleCookie(answer.headers["set-cookie"])
    assert list(cookies) == [SESSION_COOKIE]
    return cookies[SESSION_COOKIE]


def test_a_right_password_leads_to_the_page_that_was_wanted(visitor: TestClient, people: People):
    answer = sign_in(visitor, "carla", PASSWORD, next="/studio/review?run=3")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/studio/review?run=3"
    assert visitor.get("/api/v1/runs").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: TestClient, people: People):
    cookie = cookie_of(sign_in(visitor, "carla", PASSWORD))
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["max-age"] == str(12 * 3600)
    assert cookie["path"] == "/"
    assert not cookie["secure"]


def test_the_cookie_travels_over_https_only_where_there_is_https(studio: Studio, people: People):
    app = without_pages(studio, link_base="https://studio.example")
    with TestClient(app, base_url="https://studio.example", follow_redirects=False) as client:
        client.headers["Origin"] = "https://studio.example"
        answer = sign_in(client, "carla", PASSWORD)
    assert cookie_of(answer)["secure"]
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_wrong_password_and_an_unknown_name_read_the_same(visitor: TestClient, people: People):
    known = sign_in(visitor, "carla", "not the password")
    unknown = sign_in(visitor, "nobody", "not the password")
    assert known.status_code == unknown.status_code == 401
    assert WRONG in known.text
    assert known.text.replace("carla", "") == unknown.text.replace("nobody", "")
    assert "set-cookie" not in known.headers


def test_what_was_typed_is_shown_as_text(visitor: TestClient):
    answer = sign_in(visitor, '"><script>alert(1)</script>', "x", next='/"><script>')
    assert "<script>" not in answer.text


def test_five_wrong_guesses_lock_the_account_and_no_other(visitor: TestClient, people: People):
    for _ in range(5):
        assert sign_in(visitor, "carla", "guess").status_code == 401
    locked = sign_in(visitor, "carla", PASSWORD)
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) <= WINDOW.total_seconds() + 1
    assert "Too many attempts" in locked.text
    assert sign_in(visitor, "rita", PASSWORD).status_code == 303


def test_twenty_guesses_from_one_address_stop_it_for_every_name(
    visitor: TestClient, people: People
):
    codes = [sign_in(visitor, f"name{i}", "guess").status_code for i in range(21)]
    assert codes == [401] * 20 + [429]


@pytest.mark.parametrize("password", ["", "x" * 100_000, "\x00", "é" * 300])
def test_odd_passwords_are_simply_wrong(visitor: TestClient, people: People, password: str):
    assert sign_in(visitor, "carla", password).status_code == 401


def test_a_session_ends_with_sign_out_and_its_cookie_is_worth_nothing(carla: TestClient):
    secret = carla.cookies[SESSION_COOKIE]
    answer = carla.post("/sign-out")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in"
    carla.cookies.set(SESSION_COOKIE, secret)
    assert carla.get("/api/v1/runs").status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_an_address_never_signs_out(carla: TestClient, method: str):
    assert carla.request(method, "/sign-out").status_code == 405
    assert carla.get("/api/v1/runs").status_code == 200


def test_a_session_ends_after_twelve_hours(studio: Studio, people: People, carla: TestClient):
    later = replace(studio, now=lambda: NOON + timedelta(hours=12, seconds=1))
    app = without_pages(later, link_base=ORIGIN)
    with TestClient(app, base_url=ORIGIN, cookies=dict(carla.cookies)) as tomorrow:
        assert tomorrow.get("/api/v1/runs").status_code == 401


def test_disabling_someone_ends_what_they_have_open(
    studio: Studio, people: People, carla: TestClient
):
    users.disable(studio, people.carla.id, person=people.ada)
    assert carla.get("/api/v1/runs").status_code == 401


def test_a_cookie_from_before_signing_in_is_replaced(visitor: TestClient, people: People):
    visitor.cookies.set(SESSION_COOKIE, "chosen-by-an-attacker")
    answer = sign_in(visitor, "carla", PASSWORD)
    assert cookie_of(answer).value != "chosen-by-an-attacker"


def welcome(client: TestClient, token: str, **changes: str) -> Response:
    typed = {"token": token, "name": "Mina", "password": PASSWORD, "again": PASSWORD}
    return client.post("/welcome", data=typed | changes)


def test_the_first_person_becomes_administrator_by_the_link(visitor: TestClient, studio: Studio):
    token = links.first(studio) or ""
    assert "Welcome to BrandStudio" in visitor.get(f"/welcome?token={token}").text
    answer = welcome(visitor, token)
    assert answer.status_code == 303
    mina = sessions.person_of_session(studio, cookie_of(answer).value)
    assert mina
    assert (mina.name, mina.is_administrator) == ("Mina", True)


def test_looking_at_the_link_does_not_use_it_up(visitor: TestClient, studio: Studio):
    token = links.first(studio) or ""
    for _ in range(3):
        assert visitor.get(f"/welcome?token={token}").status_code == 200


def test_the_link_works_once(visitor: TestClient, studio: Studio):
    token = links.first(studio) or ""
    welcome(visitor, token)
    visitor.cookies.clear()
    again = welcome(visitor, token, name="Leo")
    assert again.status_code == 410
    assert "set-cookie" not in again.headers
    assert visitor.get(f"/welcome?token={token}").status_code == 410


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "short", "again": "short"}, "Use 10 to 200 characters"),
        ({"again": "something else"}, "Type the same password twice"),
        ({"name": "<b>"}, "Use 2 to 64 letters"),
        ({"name": "operator"}, "Use 2 to 64 letters"),
    ],
)
def test_a_wrong_form_says_why_and_keeps_the_link(
    visitor: TestClient, studio: Studio, changes: dict[str, str], said: str
):
    token = links.first(studio) or ""
    refused = welcome(visitor, token, **changes)
    assert refused.status_code == 422
    assert said in refused.text
    assert welcome(visitor, token).status_code == 303


@pytest.mark.parametrize("token", ["", "made-up", "x" * 5000])
def test_a_made_up_link_opens_nothing(visitor: TestClient, token: str):
    assert welcome(visitor, token).status_code == 410
    assert visitor.get("/welcome", params={"token": token[:200]}).status_code == 410


def test_the_sign_in_pages_run_no_script(visitor: TestClient):
    answer = visitor.get("/sign-in")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text

"""Signing in at a real OpenID provider, and what a stolen answer is worth."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from brandstudio.domain.people import Role
from brandstudio.services.people import links, sessions, users
from brandstudio.services.studio import Studio
from brandstudio.settings import SettingsError, read_settings
from tests.conftest import People
from tests.web.single_sign_on import ORIGIN, Browser, Way, free_port, invited


def known(studio: Studio, name: str) -> users.Person:
    return users.named(studio, name)


def test_the_sign_in_page_offers_the_provider(browser: Browser):
    page = browser().get("/sign-in?next=/studio/review").text
    assert "Sign in with Corp" in page
    assert "/sign-in/elsewhere?next=%2Fstudio%2Freview" in page


def test_the_request_is_bound_to_the_browser_and_tells_no_secret(browser: Browser):
    client = browser()
    asked = parse_qs(urlsplit(Way(client).to_the_provider()).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{ORIGIN}/sign-in/returned"]
    assert asked["scope"] == ["openid profile email"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    again = parse_qs(urlsplit(Way(client).to_the_provider()).query)
    for name in ("state", "nonce", "code_challenge"):
        assert asked[name] != again[name]
    assert "provider-secret" not in str(asked)


def test_an_invitation_in_the_same_browser_lets_in_whom_the_provider_knows(
    browser: Browser, studio: Studio, people: People
):
    client, token = browser(), invited(studio, people)
    assert f"link={token}" in client.get(f"/welcome?token={token}").text
    answer = client.get(Way(client, query=f"?link={token}").back())
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio/")
    assert client.get("/api/v1/runs").status_code == 200
    assert known(studio, "Mina Okafor").roles == {"voltra": Role.CREATOR}
    client.cookies.clear()
    again = client.get(Way(client, query="?next=/studio/review").back())
    assert again.headers["location"] == "/studio/review"
    assert client.get("/api/v1/runs").status_code == 200


def test_a_person_from_before_goes_on_as_who_they_are(
    browser: Browser, studio: Studio, people: People
):
    now = replace(studio, now=lambda: datetime.now(UTC))
    token = links.for_password(now, people.carla.id, person=people.ada)
    client = browser()
    assert client.get(Way(client, query=f"?link={token}").back()).status_code == 303
    session = client.cookies["bs_session"]
    someone = sessions.person_of_session(now, session)
    assert someone
    assert someone.name == "carla"


@pytest.mark.usefixtures("studio")
def test_a_stranger_reads_what_to_do_and_gets_nothing(browser: Browser):
    client = browser()
    answer = client.get(Way(client).back())
    assert answer.status_code == 401
    assert "Nobody here has let you in yet" in answer.text
    assert "Reference " in answer.text
    assert "bs_session" not in client.cookies


def test_strangers_come_in_without_a_role_where_that_is_wanted(browser: Browser, studio: Studio):
    client = browser(oidc_new_people=True)
    assert client.get(Way(client).back()).status_code == 303
    assert known(studio, "Mina Okafor").roles == {}


def test_whoever_is_disabled_stays_out(browser: Browser, studio: Studio, people: People):
    client = browser(oidc_new_people=True)
    client.get(Way(client).back())
    users.disable(studio, known(studio, "Mina Okafor").id, person=people.ada)
    client.cookies.clear()
    assert client.get(Way(client).back()).status_code == 401


def test_an_answer_that_another_browser_asked_for_is_worth_nothing(browser: Browser):
    mine, theirs = browser(oidc_new_people=True), browser(oidc_new_people=True)
    stolen = Way(mine).back()
    for client in (theirs, browser(oidc_new_people=True)):
        Way(client).to_the_provider()
        answer = client.get(stolen)
        assert answer.status_code == 401
        assert "was not begun in this browser" in answer.text
    assert browser(oidc_new_people=True).get(stolen).status_code == 401


def test_a_code_works_once(browser: Browser):
    client = browser(oidc_new_people=True)
    address = Way(client).back()
    cookies = dict(client.cookies)
    assert client.get(address).status_code == 303
    client.cookies.clear()
    assert client.get(address).status_code == 401
    for name, value in cookies.items():
        client.cookies.set(name, value)
    assert client.get(address).status_code == 401


@pytest.mark.parametrize("query", ["", "?state=x", "?error=<script>alert(1)</script>", "?code=x"])
def test_nothing_that_comes_back_is_shown(browser: Browser, query: str):
    answer = browser().get(f"/sign-in/returned{query}")
    assert answer.status_code == 401
    assert "alert(1)" not in answer.text


def test_a_provider_that_does_not_answer_is_said(browser: Browser):
    client = browser(oidc_issuer=f"http://127.0.0.1:{free_port()}")
    answer = client.get("/sign-in/elsewhere")
    assert answer.status_code == 401
    assert "The identity provider does not answer" in answer.text


def test_without_a_provider_there_is_no_such_way(visitor: TestClient):
    for path in ("/sign-in/elsewhere", "/sign-in/returned"):
        assert visitor.get(path).status_code == 404
    assert "elsewhere" not in visitor.get("/sign-in").text


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OIDC_ISSUER": "http://login.corp.example"}, "must be reached by https"),
        ({"OIDC_ISSUER": "https://login.corp.example"}, "needs BRANDSTUDIO_OIDC_CLIENT_ID"),
    ],
)
def test_settings_that_are_not_safe_are_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
):
    for name, value in environment.items():
        monkeypatch.setenv(f"BRANDSTUDIO_{name}", value)
    with pytest.raises(SettingsError, match=said):
        read_settings()


@pytest.mark.usefixtures("studio")
def test_the_providers_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BRANDSTUDIO_OIDC_CLIENT_SECRET", "provider-secret")
    assert "provider-secret" not in repr(read_settings())

"""A trusted proxy in front: whom it may speak for, and that nobody else may."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from brandstudio.services.people import tokens, users
from brandstudio.services.studio import Studio
from brandstudio.settings import SettingsError, read_settings
from brandstudio.storage.tables.decisions import ActivityRow
from brandstudio.web.gate.addresses import client_of
from brandstudio.web.gate.trusted_proxy import take_name
from brandstudio.web.server import without_pages
from tests.conftest import People
from tests.web.conftest import ORIGIN

PROXY, ELSEWHERE = "192.0.2.10", "192.0.2.66"
RUNS = "/api/v1/runs"


@pytest.fixture
def behind(studio: Studio, people: People) -> Callable[[str], TestClient]:  # noqa: ARG001 - who come in
    """A browser whose requests arrive from an address."""
    changes = {"proxy_header": "X-Remote-User", "proxies": PROXY, "public_url": ORIGIN}
    app = without_pages(
        replace(studio, settings=studio.settings.model_copy(update=changes)), link_base=ORIGIN
    )

    def arriving(address: str) -> TestClient:
        return TestClient(
            app,
            base_url=ORIGIN,
            client=(address, 1234),
            follow_redirects=False,
            headers={"Origin": ORIGIN},
        )

    return arriving


def test_a_trusted_proxy_says_who_asks(behind: Callable[[str], TestClient]):
    client = behind(PROXY)
    assert client.get(RUNS, headers={"X-Remote-User": "carla"}).status_code == 200
    assert client.get(RUNS).status_code == 401


@pytest.mark.parametrize("address", [ELSEWHERE, "127.0.0.1", "no address"])
def test_nobody_else_says_so(behind: Callable[[str], TestClient], address: str):
    client = behind(address)
    for header in ("X-Remote-User", "x-remote-user", "X-REMOTE-USER"):
        assert client.get(RUNS, headers={header: "carla"}).status_code == 401
    forged = {"X-Remote-User": "carla", "X-Forwarded-For": PROXY}
    assert client.get(RUNS, headers=forged).status_code == 401


@pytest.mark.parametrize("name", ["nobody", "operator", "", "x" * 65, "carla, ada"])
def test_a_name_that_is_nobodys_opens_nothing(behind: Callable[[str], TestClient], name: str):
    assert behind(PROXY).get(RUNS, headers={"X-Remote-User": name}).status_code == 401


def test_a_name_that_is_said_twice_opens_nothing(behind: Callable[[str], TestClient]):
    twice = [("X-Remote-User", "carla"), ("X-Remote-User", "ada")]
    assert behind(PROXY).get(RUNS, headers=twice).status_code == 401


def test_a_stranger_is_told_under_which_name_they_came(behind: Callable[[str], TestClient]):
    page = behind(PROXY).get("/sign-in", headers={"X-Remote-User": "mina <b>"})
    assert "Nobody here is called mina &lt;b&gt;." in page.text


def test_the_sign_in_page_says_where_people_sign_in(behind: Callable[[str], TestClient]):
    assert "on your organisation&#39;s own page" in behind(PROXY).get("/sign-in").text.replace(
        "organisation's", "organisation&#39;s"
    )


def test_whoever_is_disabled_is_out(
    behind: Callable[[str], TestClient], studio: Studio, people: People
):
    users.disable(studio, people.carla.id, person=people.ada)
    assert behind(PROXY).get(RUNS, headers={"X-Remote-User": "carla"}).status_code == 401


def test_a_page_of_another_site_cannot_act_through_the_proxy(behind: Callable[[str], TestClient]):
    headers = {"X-Remote-User": "carla", "Origin": "https://evil.example"}
    assert behind(PROXY).post("/api/v1/decisions", json={}, headers=headers).status_code == 403


def test_a_token_counts_for_more_than_the_proxys_word(
    behind: Callable[[str], TestClient], studio: Studio, people: People
):
    token = tokens.create(studio, person=people.carla, name="script")
    client = behind(PROXY)
    headers = {"X-Remote-User": "ada", "Authorization": f"Bearer {token}"}
    assert client.get("/readyz", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("forwarded", "noted"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("no address", PROXY),
        ("", PROXY),
    ],
)
def test_limits_and_logs_know_the_address_behind_the_proxy(
    behind: Callable[[str], TestClient], studio: Studio, forwarded: str, noted: str
):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    behind(PROXY).post("/sign-in", data={"name": "carla", "password": "guess"}, headers=headers)
    with studio.database.reading() as session:
        row = session.scalars(select(ActivityRow).order_by(ActivityRow.id.desc())).first()
        assert row
        assert row.detail["address"] == noted


@pytest.mark.parametrize(
    ("forwarded", "counted"),
    [
        ("203.0.113.5, 192.0.2.11", "203.0.113.5"),
        ("198.51.100.1, 203.0.113.5, 192.0.2.11, 192.0.2.11", "203.0.113.5"),
        ("192.0.2.11", "192.0.2.11"),
        ("nonsense, 192.0.2.11", "192.0.2.11"),
        ("203.0.113.5:4711", "203.0.113.5"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("203.0.113.5:", PROXY),
        (",", PROXY),
    ],
)
def test_past_several_proxies_the_address_is_the_last_that_is_none_of_ours(
    forwarded: str, counted: str
):
    headers = [(b"x-forwarded-for", part.encode()) for part in forwarded.split(", ")]
    scope = {"type": "http", "client": (PROXY, 1234), "headers": headers}
    said = client_of(scope, frozenset({PROXY, "192.0.2.11"}))
    assert said
    assert said[0] == counted


@pytest.mark.usefixtures("studio")
def test_a_stranger_cannot_choose_the_address_that_is_counted(behind: Callable[[str], TestClient]):
    for guess in range(20):
        headers = {"X-Forwarded-For": f"203.0.113.{guess}"}
        typed = {"name": f"name{guess}", "password": "guess"}
        behind(ELSEWHERE).post("/sign-in", data=typed, headers=headers)
    typed = {"name": "carla", "password": "guess"}
    assert behind(ELSEWHERE).post("/sign-in", data=typed).status_code == 429
    assert behind(PROXY).post("/sign-in", data=typed).status_code == 401


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"PROXIES": PROXY},
        {"PUBLIC_URL": "https://studio.example"},
        {"PUBLIC_URL": "https://studio.example", "PROXIES": " "},
    ],
    ids=["alone", "no public address", "nobody named", "nobody"],
)
def test_a_header_that_anybody_could_send_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
):
    monkeypatch.setenv("BRANDSTUDIO_PROXY_HEADER", "X-Remote-User")
    for name, value in environment.items():
        monkeypatch.setenv(f"BRANDSTUDIO_{name}", value)
    with pytest.raises(SettingsError, match="without the proxy's addresses anybody could say"):
        read_settings()
    monkeypatch.setenv("BRANDSTUDIO_PUBLIC_URL", "https://studio.example")
    monkeypatch.setenv("BRANDSTUDIO_PROXIES", PROXY)
    assert read_settings().proxy_header == "X-Remote-User"


@pytest.mark.usefixtures("behind")
def test_without_a_setting_nothing_is_believed():
    scope = {"client": (PROXY, 1), "headers": [(b"", b"carla"), (b"x-remote-user", b"carla")]}
    assert take_name(scope, "", frozenset({PROXY})) == ""

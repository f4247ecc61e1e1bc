"""Signing in at a real OpenID provider, and what a forged or stolen answer is worth."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from brandstudio.domain.people import Role
from brandstudio.services import links, sessions, users
from brandstudio.services.studio import Studio
from brandstudio.settings import SettingsError, read_settings
from brandstudio.web.server import without_pages
from tests.conftest import People
from tests.web.conftest import ORIGIN

pytest.importorskip("joserfc")
if find_spec("oidc_provider_mock") is None:
    pytest.skip("no OpenID provider to sign in at", allow_module_level=True)

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from brandstudio.web.oidc import Asked, ProviderError, identity_of

MINA = {"sub": "mina-1", "name": "Mina Okafor", "email": "mina@corp.example"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider in a process of its own that knows Mina and lets in whoever is named."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    command += ["--require-nonce", "true", "--user-claims", json.dumps(MINA)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{address}/.well-known/openid-configuration")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


Browser = Callable[..., TestClient]


@pytest.fixture
def browser(studio: Studio, people: People, issuer: str) -> Browser:
    """A browser in front of a studio that knows the provider."""

    def make(**settings: Any) -> TestClient:
        changes = {
            "oidc_issuer": issuer,
            "oidc_client_id": "studio",
            "oidc_client_secret": SecretStr("provider-secret"),
            "oidc_name": "Corp",
        }
        chosen = studio.settings.model_copy(update=changes | settings)
        now = replace(studio, settings=chosen, now=lambda: datetime.now(UTC))
        return TestClient(
            without_pages(now, link_base=ORIGIN),
            base_url=ORIGIN,
            follow_redirects=False,
            headers={"Origin": ORIGIN, "Accept": "text/html"},
        )

    return make


@dataclass
class Way:
    """A browser's way to the provider and back."""

    client: TestClient
    subject: str = "mina-1"
    query: str = ""

    def to_the_provider(self) -> str:
        answer = self.client.get(f"/sign-in/elsewhere{self.query}")
        assert answer.status_code == 303
        return answer.headers["location"]

    def back(self) -> str:
        """The address to which the provider sends the browser."""
        answer = httpx.post(self.to_the_provider(), data={"sub": self.subject})
        assert answer.status_code == 302
        return answer.headers["location"].removeprefix(ORIGIN)


def invited(studio: Studio, people: People, name: str = "") -> str:
    now = replace(studio, now=lambda: datetime.now(UTC))
    return links.invite(now, name, {"voltra": Role.CREATOR}, person=people.ada)


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


def test_a_stranger_reads_what_to_do_and_gets_nothing(browser: Browser, studio: Studio):
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


def test_the_providers_secret_is_never_shown(studio: Studio, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BRANDSTUDIO_OIDC_CLIENT_SECRET", "provider-secret")
    assert "provider-secret" not in repr(read_settings())


# The token itself

KEY = RSAKey.generate_key(2048, parameters={"kid": "ours"})
KEYS: Any = KeySet([KEY]).as_dict()
MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "iss": "https://login.example",
    "aud": "studio",
    "sub": "mina-1",
    "nonce": "n",
    "iat": MOMENT.timestamp(),
    "exp": MOMENT.timestamp() + 300,
}


def read(token: str) -> Any:
    return identity_of(
        token, KEYS, issuer="https://login.example", client_id="studio", nonce="n", now=MOMENT
    )


def signed(**changes: Any) -> str:
    claims = {key: value for key, value in (GOOD | changes).items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "ours"}, claims, KEY)


def test_a_good_token_says_who_it_is():
    assert read(signed(preferred_username="mina")).key == "https://login.example mina-1"
    assert read(signed(name=" Mina ", email=7)).names == ["Mina"]
    assert read(signed(aud=["studio", "other"], azp="studio"))


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another program"},
        {"aud": ["studio", "other"]},
        {"aud": ["studio", "other"], "azp": "other"},
        {"azp": "other"},
        {"iss": "https://evil.example"},
        {"exp": MOMENT.timestamp() - 300},
        {"exp": None},
        {"iat": MOMENT.timestamp() + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_here_and_now_is_refused(changes: dict[str, Any]):
    with pytest.raises(ProviderError):
        read(signed(**changes))


def test_a_token_that_the_provider_did_not_sign_is_refused():
    stranger = RSAKey.generate_key(2048, parameters={"kid": "ours"})
    forged = jwt.encode({"alg": "RS256", "kid": "ours"}, GOOD, stranger)
    # The public key as a shared secret: an old trick.
    public = OctKey.import_key(json.dumps(KEYS["keys"][0]))
    confused = jwt.encode({"alg": "HS256", "kid": "ours"}, GOOD, public)
    _, body, signature = signed().split(".")
    none = f"eyJhbGciOiJub25lIiwia2lkIjoib3VycyJ9.{body}."
    for token in (forged, confused, none, f"{none}{signature}", "", "a.b.c"):
        with pytest.raises(ProviderError):
            read(token)


def test_what_is_asked_comes_from_the_secret_and_does_not_tell_it():
    one, two = Asked("a secret"), Asked("another")
    parts = {one.state, one.nonce, one.verifier, one.challenge, two.state, two.nonce}
    assert len(parts) == 6
    assert "secret" not in str(parts)

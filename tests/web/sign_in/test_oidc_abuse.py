"""Single sign-on against forged cookies, strange answers, slow providers and other sites' links."""

import json
import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Barrier, Thread
from time import monotonic

import pytest

from brandstudio.domain.accounts import Origin
from brandstudio.services.people import identities, sessions, users
from brandstudio.services.studio import Studio
from brandstudio.web.server import without_pages
from brandstudio.web.sign_in.oidc_routes import AT_ONCE
from tests.conftest import People
from tests.web.serving import serving
from tests.web.single_sign_on import ORIGIN, Browser, Way, invited


def packed(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode()


COOKIES = {
    "nothing": "",
    "no base64": "%%%",
    "half of base64": "abc",
    "three of nothing": "..",
    "no text": urlsafe_b64encode(b"\xff\xfe").decode(),
    "half a pair": packed(["\ud800", "\ud800", "\ud800"]),
    "nested": urlsafe_b64encode(b"[" * 20_000).decode(),
    "a number": packed(10**300),
    "a name": packed({"a": 1, "b": 2, "c": 3}),
    "too many": ".".join(["YQ=="] * 1_000),
}


@pytest.mark.parametrize("cookie", COOKIES.values(), ids=COOKIES)
def test_a_cookie_that_is_none_of_ours_is_no_beginning(browser: Browser, cookie: str):
    client = browser()
    client.cookies.set("bs_elsewhere", cookie)
    answer = client.get("/sign-in/returned?code=x&state=y")
    assert answer.status_code == 401
    assert "was not begun in this browser" in answer.text


@pytest.mark.usefixtures("studio")
def test_an_answer_of_another_provider_is_refused(browser: Browser):
    """Else the code of one that is in league with a thief could be redeemed at ours."""
    client = browser(oidc_new_people=True)
    answer = client.get(f"{Way(client).back()}&iss=https%3A%2F%2Fevil.example")
    assert answer.status_code == 401
    assert "Another provider answered" in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_site_makes_somebody_take_up_an_invitation(
    browser: Browser, studio: Studio, people: People, site: str
):
    """Or a colleague's link for a password would tie who follows it to the colleague's account."""
    client, token = browser(), invited(studio, people)
    way = f"/sign-in/elsewhere?link={token}"
    led = client.get(way, headers={"Sec-Fetch-Site": site})
    assert (led.status_code, led.headers["location"]) == (303, f"/welcome?token={token}")
    assert "set-cookie" not in led.headers
    pressed = client.get(way, headers={"Sec-Fetch-Site": "same-origin"})
    assert pressed.headers["location"].startswith("http://127.0.0.1")
    assert "set-cookie" in pressed.headers


@pytest.mark.usefixtures("people")
def test_whoever_comes_twice_at_once_is_one_person(studio: Studio):
    everyone = studio.settings.model_copy(update={"oidc_new_people": True})
    studio = replace(studio, settings=everyone)
    tokens, start = list[str](), Barrier(8)

    def come() -> None:
        start.wait()
        said = identities.sign_in(
            studio, "https://corp mina-1", ["Mina"], invitation="", origin=Origin()
        )
        tokens.append(said)

    threads = [Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert {sessions.person_of_session(studio, token) for token in tokens} == {
        users.named(studio, "Mina")
    }


@dataclass
class Silent:
    """A provider that takes every call and says nothing until it hangs up."""

    listener: socket.socket
    calls: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def take_calls(self) -> None:
        while True:
            try:
                self.calls.append(self.listener.accept()[0])
            except OSError:
                return

    def hang_up(self) -> None:
        with suppress(OSError):  # it may have hung up already
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for call in self.calls:
            call.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    provider = Silent(socket.create_server(("127.0.0.1", 0), backlog=200))
    taking = Thread(target=provider.take_calls)
    taking.start()
    yield provider
    provider.hang_up()
    taking.join()


@pytest.mark.usefixtures("people")
def test_a_provider_that_does_not_answer_holds_nobody_else_up(studio: Studio, silent: Silent):
    chosen = {"oidc_issuer": silent.url, "oidc_client_id": "studio"}
    behind = replace(studio, settings=studio.settings.model_copy(update=chosen))
    with (
        serving(without_pages(behind, link_base=ORIGIN)) as address,
        ThreadPoolExecutor(100) as strangers,
    ):
        asked = [strangers.submit(address.ask, "GET", "/sign-in/elsewhere") for _ in range(100)]
        address.until(lambda: len(silent.calls), lambda calls: calls >= AT_ONCE)
        began = monotonic()
        for path in ("/sign-in", "/api/v1/runs", "/healthz"):
            assert address.ask("GET", path).status in {200, 401}
        assert monotonic() - began < 5
        assert len(silent.calls) == AT_ONCE
        silent.hang_up()
        assert {waiting.result().status for waiting in asked} == {401}

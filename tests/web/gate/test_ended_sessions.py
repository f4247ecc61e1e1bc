"""A session that ended opens no address any more, and streams that were open end with it."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from itertools import count
from time import monotonic

import pytest

from brandstudio.domain.accounts import Origin
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.services import runs
from brandstudio.services.people import links, passwords, sessions, users
from brandstudio.services.studio import Studio
from brandstudio.web.gate import open_streams
from brandstudio.web.gate.access import OPEN
from brandstudio.web.gate.middleware import SESSION_COOKIE
from tests.conftest import PASSWORD
from tests.web.live import CANARY, Live
from tests.web.planted import planted_brief

NEW = "another long one"
_numbers = count(1)


@dataclass(frozen=True)
class SignedIn:
    """Somebody with an open browser."""

    live: Live
    person: Person
    token: str

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"{SESSION_COOKIE}={self.token}"}

    @property
    def ada(self) -> Person:
        return self.live.people[Role.ADMINISTRATOR]


@pytest.fixture
def someone(live: Live) -> SignedIn:
    """A creator whom no other test knows, just signed in."""
    name = f"somebody {next(_numbers)}"
    ada = live.people[Role.ADMINISTRATOR]
    person = users.add(live.studio, name, {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=ada)
    token = sessions.open_for(live.studio, person, Origin(), how="test")
    return SignedIn(live, person, token)


@pytest.fixture(scope="module")
def waiting_run(live: Live) -> int:
    """A run that nobody draws: its events never end by themselves."""
    brief = planted_brief(CANARY, 0, "waiting", [f"{CANARY} answer"])
    return runs.submit(live.studio, brief, person=live.people[Role.CREATOR])


def _signs_out(who: SignedIn) -> None:
    own = who.cookie | {"Origin": who.live.address.url}
    assert who.live.address.ask("POST", "/sign-out", own).status == 303


def _opens_a_password_link(who: SignedIn) -> None:
    token = links.for_password(who.live.studio, who.person.id, person=who.ada)
    links.use(who.live.studio, token, name="", password=NEW)


def _with_studio(end: Callable[[Studio, SignedIn], object]) -> Callable[[SignedIn], object]:
    return lambda who: end(who.live.studio, who)


ENDS: dict[str, Callable[[SignedIn], object]] = {
    "signing out": _signs_out,
    "another password": _with_studio(
        lambda studio, who: passwords.change(studio, person=who.person, current=PASSWORD, new=NEW)
    ),
    "a reset password": _with_studio(
        lambda studio, who: passwords.reset(studio, who.person.name, NEW, by=who.ada)
    ),
    "a link for a new password": _opens_a_password_link,
    "another role": _with_studio(
        lambda studio, who: users.set_role(
            studio, who.person.id, EVERY_BRAND, Role.REVIEWER, person=who.ada
        )
    ),
    "a role less": _with_studio(
        lambda studio, who: users.set_role(studio, who.person.id, EVERY_BRAND, None, person=who.ada)
    ),
    "being disabled": _with_studio(
        lambda studio, who: users.disable(studio, who.person.id, person=who.ada)
    ),
    "an administrator": _with_studio(
        lambda studio, who: sessions.end_all(studio, who.person.id, person=who.ada)
    ),
}


@contextmanager
def stream(who: SignedIn, path: str) -> Generator[HTTPResponse]:
    """An open stream, after its first line."""
    line = HTTPConnection("127.0.0.1", who.live.address.port, timeout=10)
    line.request("GET", path, headers=who.cookie)
    answer = line.getresponse()
    assert answer.status == 200
    assert answer.readline()
    yield answer
    line.close()


def rest_of(answer: HTTPResponse) -> tuple[str, float]:
    """What still comes until the stream ends, and how long that takes."""
    began = monotonic()
    return answer.read().decode(), monotonic() - began


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_ends_a_session_ends_its_streams_and_closes_every_address(
    someone: SignedIn,
    waiting_run: int,
    end: Callable[[SignedIn], object],
    monkeypatch: pytest.MonkeyPatch,
):
    assert open_streams.LOOK_EVERY_S <= 5
    monkeypatch.setattr(open_streams, "LOOK_EVERY_S", 0.2)
    page = f"/studio/gradio_api/heartbeat/page-of-{someone.person.id}"
    with (
        stream(someone, f"/api/v1/runs/{waiting_run}/events") as run,
        stream(someone, page) as beat,
    ):
        end(someone)
        said, took_s = rest_of(run)
        assert json.loads(said.rpartition("data: ")[2])["error"]["kind"] == "sign_in"
        assert max(took_s, rest_of(beat)[1]) < 10
    for method in ("GET", "HEAD", "POST", "DELETE"):
        origin = {"Origin": someone.live.address.url}
        for path, answer in someone.live.asked(method, someone.live.paths, someone.cookie | origin):
            assert answer.status == 401 or OPEN.fullmatch(path), f"{method} {path}"
            assert CANARY.encode() not in answer.bytes, f"{method} {path}"


@pytest.mark.usefixtures("waiting_run")
def test_the_streams_of_everybody_else_go_on(
    someone: SignedIn, live: Live, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(open_streams, "LOOK_EVERY_S", 0.2)
    token = sessions.open_for(live.studio, someone.person, Origin(), how="test")
    here, there = someone, SignedIn(live, someone.person, token)
    path = f"/studio/gradio_api/heartbeat/page-of-{someone.person.id}"
    with stream(here, path) as ours, stream(there, path) as theirs:
        _signs_out(here)
        assert rest_of(ours)[1] < 10
        assert theirs.fp
        theirs.fp.raw._sock.settimeout(1.0)  # pyright: ignore
        with pytest.raises(TimeoutError):
            theirs.read()
    assert live.address.ask("GET", "/api/v1/runs", there.cookie).status == 200


def test_an_open_page_does_not_keep_its_person_signed_in(someone: SignedIn, live: Live):
    """Or nobody would ever be signed out of a browser that was left open."""
    before = sessions.of_person(live.studio, someone.person.id, person=someone.ada)
    for _ in range(3):
        assert sessions.is_open(live.studio, someone.token)
    assert sessions.of_person(live.studio, someone.person.id, person=someone.ada) == before

"""How often one may ask, and how many streams one may hold: generous, and bounded."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.client import HTTPConnection

import pytest
from fastapi.testclient import TestClient

from brandstudio.domain.people import Person
from brandstudio.services import runs
from brandstudio.services.people import sessions, tokens
from brandstudio.services.people.attempts import neighbourhood
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.gate.rate_limits import (
    STREAMS,
    Buckets,
    Limits,
    Rate,
    Streams,
    TooManyRequestsError,
)
from brandstudio.web.server import without_pages
from tests.conftest import PASSWORD, People
from tests.web.conftest import ORIGIN, browser_of
from tests.web.serving import Address, serving

EVENTS = "/api/v1/runs/1/events"
SLOW = Rate(per_second=0.01, burst=3)


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_bucket_is_emptied_by_a_burst_and_fills_up_again():
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(per_second=2, burst=3)
    for _ in range(3):
        buckets.take("rita", rate)
    with pytest.raises(TooManyRequestsError) as refused:
        buckets.take("rita", rate)
    assert refused.value.wait_s == 1
    buckets.take("leo", rate)
    clock.at += 0.5
    buckets.take("rita", rate)
    with pytest.raises(TooManyRequestsError):
        buckets.take("rita", rate)


def test_a_bucket_never_holds_more_than_its_burst():
    clock = Clock()
    buckets = Buckets(clock)
    buckets.take("rita", Rate(per_second=100, burst=2))
    clock.at += 86_400
    buckets.take("rita", Rate(per_second=100, burst=2))
    buckets.take("rita", Rate(per_second=100, burst=2))
    with pytest.raises(TooManyRequestsError):
        buckets.take("rita", Rate(per_second=100, burst=2))


def test_a_million_addresses_take_no_more_memory_than_the_table_holds():
    buckets = Buckets(Clock(), limit=100)
    for number in range(10_000):
        buckets.take(f"address {number}", SLOW)
    assert len(buckets) == 100


def most_at_once(buckets: Buckets, rate: Rate) -> int:
    """How often one more may be asked before it is refused."""
    for taken in range(rate.burst + 1):
        try:
            buckets.take("rita", rate)
        except TooManyRequestsError:
            return taken
    raise AssertionError("a bucket held more than its burst")


def test_a_reviewer_who_decides_ten_times_a_second_for_an_hour_is_never_refused():
    clock = Clock()
    buckets = Buckets(clock)
    for _ in range(36_000):
        clock.at += 0.1
        buckets.take("rita", Limits().changes)
    assert most_at_once(buckets, Limits().changes) == Limits().changes.burst - 1


def test_twenty_pages_opened_at_once_are_not_too_many():
    buckets = Buckets(Clock())
    assert most_at_once(buckets, Limits().requests) >= 20 * 100


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_network_counts_as_one_address(address: str, counted_as: str):
    assert neighbourhood(address) == counted_as


def test_a_stream_gives_its_place_back_when_it_ends_or_breaks():
    streams = Streams()
    for _ in range(20):
        with pytest.raises(OSError, match="gone"), streams.held("rita", EVENTS):
            raise OSError("gone")
    assert len(streams) == 0


def test_the_places_of_one_person_are_counted_apart_from_all_others():
    streams = Streams()
    with streams.held("rita", EVENTS):
        for path in (EVENTS, "/studio/gradio_api/heartbeat/abc", "/api/v1/runs/2/events"):
            with streams.held("leo", path):
                pass
        with streams.held("rita", "/api/v1/runs"):
            assert len(streams) == 1


@pytest.fixture
def hurried(studio: Studio, people: People) -> dict[str, TestClient]:
    """Carla, Rita and a stranger in front of a studio that soon has enough of each."""
    limits = Limits(requests=replace(SLOW, burst=5), changes=SLOW, strangers=SLOW)
    app = without_pages(studio, link_base=ORIGIN, limits=limits)
    return {
        "stranger": TestClient(app, base_url=ORIGIN, follow_redirects=False),
        "carla": browser_of(app, studio, people.carla),
        "rita": browser_of(app, studio, people.rita),
    }


def test_who_asks_too_often_is_told_how_long_to_wait_and_nobody_else_is(
    hurried: dict[str, TestClient],
):
    carla = hurried["carla"]
    assert [carla.get("/api/v1/runs").status_code for _ in range(6)] == [200] * 5 + [429]
    refused = carla.get("/api/v1/runs")
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["error"]["kind"] == "too_many_requests"
    assert "Wait" in refused.json()["error"]["hint"]
    assert hurried["rita"].get("/api/v1/runs").status_code == 200
    assert hurried["stranger"].get("/healthz").status_code == 200


def test_changing_requests_have_a_smaller_bucket_of_their_own(hurried: dict[str, TestClient]):
    codes = [hurried["carla"].post("/api/v1/plans", json={}).status_code for _ in range(4)]
    assert codes == [422, 422, 422, 429]
    assert hurried["carla"].get("/api/v1/runs").status_code == 200


def test_a_person_may_not_double_their_share_by_signing_in_twice(
    hurried: dict[str, TestClient], studio: Studio, people: People
):
    first = hurried["carla"]
    second = browser_of(first.app, studio, people.carla)  # pyright: ignore[reportArgumentType]
    assert [first.get("/api/v1/runs").status_code for _ in range(4)] == [200] * 4
    assert [second.get("/api/v1/runs").status_code for _ in range(2)] == [200, 429]


def test_a_program_of_ones_own_does_not_stop_ones_browser(
    hurried: dict[str, TestClient], studio: Studio, people: People
):
    token = tokens.create(studio, person=people.carla, name="script")
    bearer = {"Authorization": f"Bearer {token}"}
    program = hurried["stranger"]
    codes = [program.get("/api/v1/runs", headers=bearer).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    assert hurried["carla"].get("/api/v1/runs").status_code == 200


def test_strangers_are_counted_by_address_and_a_made_up_cookie_is_a_stranger(
    hurried: dict[str, TestClient],
):
    stranger = hurried["stranger"]
    stranger.cookies.set(SESSION_COOKIE, "made-up")
    codes = [stranger.get("/api/v1/runs").status_code for _ in range(3)]
    assert codes == [401] * 3
    page = stranger.get("/sign-in", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["retry-after"]) == (429, "100")
    assert "Too many requests" in page.text


def asked_by(app: object, address: str, forwarded: str) -> int:
    """The status of a stranger's request that came from that end of the line."""
    client = TestClient(app, base_url=ORIGIN, client=(address, 1))  # pyright: ignore
    return client.get("/healthz", headers={"X-Forwarded-For": forwarded}).status_code


def test_past_a_proxy_everybody_has_an_address_of_their_own(studio: Studio):
    behind = studio.settings.model_copy(update={"public_url": "https://studio.example"})
    limits = Limits(strangers=SLOW)
    app = without_pages(replace(studio, settings=behind), link_base=ORIGIN, limits=limits)
    assert [asked_by(app, "127.0.0.1", "192.0.2.1") for _ in range(4)] == [200] * 3 + [429]
    # What stands further left was written by the client, and changes nothing.
    assert asked_by(app, "127.0.0.1", "198.51.100.9, 192.0.2.1") == 429
    assert asked_by(app, "127.0.0.1", "192.0.2.2") == 200
    # Nobody else is believed.
    assert [asked_by(app, "192.0.2.3", f"192.0.2.{n}") for n in range(9, 13)] == [200] * 3 + [429]


def test_without_a_proxy_nobody_is_believed_about_their_address(studio: Studio):
    app = without_pages(studio, link_base=ORIGIN, limits=Limits(strangers=SLOW))
    codes = [asked_by(app, "127.0.0.1", f"192.0.2.{number}") for number in range(4)]
    assert codes == [200] * 3 + [429]


@pytest.fixture
def waiting_run(studio: Studio, people: People, brief) -> int:  # pyright: ignore
    """A run that nobody draws, so that its events never end."""
    return runs.submit(studio, brief(), person=people.carla)


@pytest.fixture
def live(studio: Studio) -> Iterator[Address]:
    with serving(without_pages(studio, link_base=ORIGIN)) as address:
        yield address


def cookie_of(studio: Studio, person: Person) -> dict[str, str]:
    return {"Cookie": f"{SESSION_COOKIE}={sessions.sign_in(studio, person.name, PASSWORD)}"}


def opened(live: Address, path: str, headers: dict[str, str]) -> tuple[HTTPConnection, int, bytes]:
    """A connection after the head of its answer; of a refusal also the body."""
    connection = HTTPConnection("127.0.0.1", live.port, timeout=20)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return connection, answer.status, b"" if answer.status == 200 else answer.read()


def test_the_seventh_stream_is_refused_until_one_of_the_six_breaks(
    live: Address, studio: Studio, people: People, waiting_run: int
):
    path, cookie = f"/api/v1/runs/{waiting_run}/events", cookie_of(studio, people.carla)
    streams = [opened(live, path, cookie) for _ in range(6)]
    assert [status for _, status, _ in streams] == [200] * 6
    _, status, body = opened(live, path, cookie)
    assert status == 429
    assert b"Only 6 of these can be open at once" in body
    other, status, _ = opened(live, path, cookie_of(studio, people.rita))
    assert status == 200
    assert live.ask("GET", "/api/v1/runs", cookie).status == 200
    broken = streams[0][0]
    assert broken.sock
    broken.sock.shutdown(socket.SHUT_RDWR)
    broken.close()
    again = live.until(lambda: opened(live, path, cookie), lambda told: told[1] == 200)
    for connection, *_ in (*streams[1:], (other,), again):
        connection.close()


def test_a_thousand_strangers_streams_are_refused_at_once(live: Address, waiting_run: int):
    path = f"/api/v1/runs/{waiting_run}/events"
    codes = {live.ask("GET", path).status for _ in range(1_000)}
    assert codes == {401, 429}


def test_every_address_that_streams_has_a_limit():
    streaming = (EVENTS, "/studio/gradio_api/queue/data", "/studio/gradio_api/heartbeat/a1")
    assert all(any(kind.fullmatch(path) for kind in STREAMS) for path in streaming)

"""What somebody meets who guesses names and passwords."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from statistics import median
from time import process_time

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from brandstudio.domain.accounts import Origin
from brandstudio.services.people import passwords, sessions, users
from brandstudio.services.people.attempts import PER_ADDRESS, WINDOW
from brandstudio.services.studio import Studio
from brandstudio.web.server import without_pages
from tests.conftest import NOON, PASSWORD, People
from tests.web.conftest import ORIGIN

WRONG = "This name and password do not go together"


def sign_in(client: TestClient, name: str, password: str, **more: str) -> Response:
    return client.post("/sign-in", data={"name": name, "password": password} | more)


def later(studio: Studio, passed: timedelta) -> TestClient:
    """A browser in front of the same studio, some time after noon."""
    app = without_pages(replace(studio, now=lambda: NOON + passed), link_base=ORIGIN)
    return TestClient(app, base_url=ORIGIN, follow_redirects=False, headers={"Origin": ORIGIN})


def test_every_wrong_way_in_reads_the_same(visitor: TestClient, studio: Studio, people: People):
    users.add(studio, "sam", {}, None, by=people.ada)
    users.disable(studio, people.rita.id, person=people.ada)
    tried = ("carla", PASSWORD[:-1]), ("nobody", PASSWORD), ("rita", PASSWORD), ("sam", PASSWORD)
    answers = [sign_in(visitor, name, password) for name, password in tried]
    assert {answer.status_code for answer in answers} == {401}
    assert WRONG in answers[0].text
    said = {a.text.replace(name, "") for a, (name, _) in zip(answers, tried, strict=True)}
    assert len(said) == 1
    told = [{n for n in answer.headers if n != "content-length"} for answer in answers]
    assert all(names == told[0] and "set-cookie" not in names for names in told)


@pytest.mark.usefixtures("studio", "people")
def test_a_hundred_wrong_guesses_are_five_guesses_and_lock_no_other_account(
    visitor: TestClient,
):
    codes = [sign_in(visitor, "carla", "guess").status_code for _ in range(100)]
    assert codes == [401] * 5 + [429] * 95
    locked = sign_in(visitor, "carla", PASSWORD)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["retry-after"]) <= WINDOW.total_seconds() + 1
    assert "Too many attempts" in locked.text
    assert sign_in(visitor, "rita", PASSWORD).status_code == 303


@pytest.mark.usefixtures("people")
def test_the_right_password_is_refused_until_the_window_ends_also_after_a_restart(
    visitor: TestClient, studio: Studio
):
    for _ in range(100):
        sign_in(visitor, "carla", "guess")
    for passed in (timedelta(), timedelta(minutes=5), WINDOW - timedelta(seconds=1)):
        locked = sign_in(later(studio, passed), "carla", PASSWORD)
        assert locked.status_code == 429
        left = (WINDOW - passed).total_seconds()
        assert left <= int(locked.headers["retry-after"]) <= left + 1
    assert sign_in(later(studio, WINDOW), "carla", PASSWORD).status_code == 303


@pytest.mark.usefixtures("people")
def test_two_hundred_names_from_one_address_stop_the_address_and_lock_no_account(
    visitor: TestClient, studio: Studio
):
    names = ["carla", "rita", *(f"name{number}" for number in range(198))]
    codes = [sign_in(visitor, name, "guess").status_code for name in names]
    assert codes == [401] * PER_ADDRESS + [429] * (200 - PER_ADDRESS)
    assert sign_in(visitor, "ada", PASSWORD).status_code == 429
    for name in ("carla", "rita", "ada"):
        assert sessions.sign_in(studio, name, PASSWORD, Origin("192.0.2.77"))


@pytest.fixture
def patient(studio: Studio, people: People) -> TestClient:
    """A guesser who waits out every window, before hashes that cost enough to be measured."""
    hashes = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),))
    moments = (NOON + number * WINDOW for number in count())
    slow = replace(studio, now=lambda: next(moments), passwords=hashes)
    passwords.reset(
        replace(studio, passwords=hashes), "carla", "zwölf Enten im Teich", by=people.ada
    )
    app = without_pages(slow, link_base=ORIGIN)
    return TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN})


def test_known_and_unknown_names_cost_the_same_time(patient: TestClient):
    """Two hundred of each, in turns; in time of the processor, for this machine does more."""
    took: dict[str, list[float]] = {"carla": [], "nobody": []}
    for _ in range(200):
        for name, seconds in took.items():
            began = process_time()
            answer = sign_in(patient, name, "guess")
            seconds.append(process_time() - began)
            assert answer.status_code == 401
    known, unknown = (median(seconds) for seconds in took.values())
    assert abs(known - unknown) < 0.1 * min(known, unknown), (known, unknown)


@pytest.mark.parametrize("password", ["", "x" * 15_000, "\x00", "é" * 300])
@pytest.mark.usefixtures("people")
def test_odd_passwords_are_simply_wrong(visitor: TestClient, password: str):
    assert sign_in(visitor, "carla", password).status_code == 401


@pytest.mark.usefixtures("people")
def test_a_password_of_a_megabyte_is_not_even_read(visitor: TestClient):
    assert sign_in(visitor, "carla", "x" * 1_000_000).status_code == 413


@pytest.mark.usefixtures("people")
def test_a_password_that_is_no_utf_8_is_simply_wrong(visitor: TestClient):
    answer = visitor.post(
        "/sign-in",
        content=b"name=carla&password=%ff%fe%80" + b"%c3" * 10,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 401

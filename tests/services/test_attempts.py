"""Guessing passwords: how many tries an account and an address have, and what is kept of them."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest

from brandstudio.domain.accounts import Origin
from brandstudio.domain.audit_log.events import Event
from brandstudio.errors import SignInError, TooManyAttemptsError
from brandstudio.services.people import attempts, passwords, sessions
from brandstudio.services.people.attempts import WINDOW
from brandstudio.services.studio import build_studio
from brandstudio.storage.tables.base import Base
from tests.conftest import PASSWORD, QUICK_HASHES
from tests.services.conftest import after, noted


def fail(studio, name, address=""):
    with pytest.raises(SignInError):
        sessions.sign_in(studio, name, "a guess", Origin(address))


@pytest.mark.usefixtures("people")
def test_a_locked_account_opens_again_after_a_quarter_of_an_hour(studio):
    for _ in range(5):
        fail(studio, "Carla", "192.0.2.1")
    with pytest.raises(TooManyAttemptsError, match="Too many") as told:
        sessions.sign_in(studio, "carla", PASSWORD, Origin("192.0.2.2"))
    assert told.value.wait_s == WINDOW.total_seconds() + 1
    assert told.value.hint.startswith("Wait 16 minutes") or told.value.hint.startswith("Wait 15")
    sessions.sign_in(studio, "rita", PASSWORD, Origin("192.0.2.1"))
    assert sessions.sign_in(after(studio, minutes=15), "carla", PASSWORD)


@pytest.mark.usefixtures("people")
def test_attempts_survive_a_restart_and_count_for_every_web_process(settings, studio):
    for _ in range(4):
        fail(studio, "carla")
    other = replace(build_studio(settings), now=studio.now, passwords=QUICK_HASHES)
    fail(other, "carla")
    for process in (studio, other):
        with pytest.raises(TooManyAttemptsError):
            sessions.sign_in(process, "carla", PASSWORD)
    other.database.close()


@pytest.mark.usefixtures("people")
def test_signing_in_forgets_the_failures_before_it(studio):
    for _ in range(3):
        for last in range(4):
            fail(studio, "carla", f"192.0.2.{last}")
        sessions.sign_in(studio, "carla", PASSWORD, Origin("192.0.2.1"))


@pytest.mark.usefixtures("people")
def test_twenty_failures_stop_an_address_and_its_ipv6_neighbours(studio):
    for guess in range(20):
        fail(studio, f"name{guess}", f"2001:db8::{guess:x}")
    with pytest.raises(TooManyAttemptsError):
        sessions.sign_in(studio, "carla", PASSWORD, Origin("2001:db8::ffff"))
    assert sessions.sign_in(studio, "carla", PASSWORD, Origin("2001:db8:0:1::1"))


@pytest.mark.usefixtures("people")
def test_a_hundred_guesses_at_once_are_a_hundred_guesses(studio):
    let_through, start = [], Barrier(12)

    def guess():
        start.wait()
        try:
            attempts.begin(studio, "carla")
        except TooManyAttemptsError:
            return
        let_through.append(1)

    threads = [Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_through) == attempts.PER_ACCOUNT


@pytest.mark.usefixtures("people")
def test_a_flood_of_guesses_is_noted_once_and_names_no_account(studio):
    for _ in range(5):
        fail(studio, "carla")
    for _ in range(10):
        with pytest.raises(TooManyAttemptsError):
            sessions.sign_in(studio, "carla", PASSWORD)
    reasons = [detail["reason"] for _, _, detail in noted(studio, Event.SIGN_IN_REFUSED)]
    assert reasons == ["wrong password"] * 5 + ["too many attempts"]


def test_a_stolen_session_cannot_guess_the_password_for_ever(studio, people):
    for _ in range(5):
        with pytest.raises(SignInError):
            passwords.change(studio, person=people.carla, current="a guess", new="another one now")
    with pytest.raises(TooManyAttemptsError):
        passwords.change(studio, person=people.carla, current=PASSWORD, new="another one now")


@pytest.mark.usefixtures("people")
def test_attempts_keep_neither_names_nor_addresses(studio):
    fail(studio, "carla", "192.0.2.99")
    with studio.database.reading() as rows:
        [table] = [t for t in Base.metadata.sorted_tables if t.name == "sign_in_attempts"]
        kept = str(rows.execute(table.select()).all())
    assert "carla" not in kept
    assert "192.0.2.99" not in kept

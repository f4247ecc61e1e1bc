from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from brandstudio.domain.passwords import password_problems
from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.errors import BriefError, ForbiddenError, SignInError
from brandstudio.services.people import links, passwords, sessions, users
from brandstudio.storage.people import users as rows
from tests.conftest import PASSWORD, QUICK_HASHES


class Counting:
    """A hasher that says how often it worked."""

    def __init__(self):
        self.verified = 0

    def verify_and_update(self, password, stored):
        self.verified += 1
        return QUICK_HASHES.verify_and_update(password, stored)

    def hash(self, password):
        return QUICK_HASHES.hash(password)


@pytest.fixture
def hasher():
    return Counting()


@pytest.fixture
def counted(studio, people, hasher):  # noqa: ARG001 - who sign in
    return replace(studio, passwords=hasher)


@pytest.mark.parametrize(
    "password",
    ["", "x" * 257, "x" * 1_000_000, f"{PASSWORD}\0", "\udcff\udcfe is no UTF-8", "\ufffd" * 12],
    ids=["empty", "257", "a megabyte", "NUL", "half a pair", "not UTF-8"],
)
@pytest.mark.parametrize("name", ["carla", "nobody"])
def test_what_can_be_nobodys_password_is_refused_without_hashing(counted, hasher, name, password):
    with pytest.raises(SignInError):
        sessions.sign_in(counted, name, password)
    assert hasher.verified == 0


@pytest.mark.parametrize("name", ["carla", "nobody", "operator", "rita"])
def test_every_name_costs_one_hash(counted, people, hasher, name):
    users.disable(counted, people.rita.id, person=people.ada)
    with pytest.raises(SignInError):
        sessions.sign_in(counted, name, "a wrong password")
    assert hasher.verified == 1


@pytest.mark.usefixtures("people")
def test_however_many_sign_in_at_once_a_few_are_hashed_at_a_time(studio):
    """Each hash takes 64 MB and a core for a while: forty at once would be most of a machine."""

    class Crowded(Counting):
        def __init__(self):
            super().__init__()
            self.now, self.most, self.lock = 0, 0, Lock()

        def verify_and_update(self, password, stored):
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            try:
                return super().verify_and_update(password, stored)
            finally:
                with self.lock:
                    self.now -= 1

    hasher = Crowded()
    crowded = replace(studio, passwords=hasher)
    with ThreadPoolExecutor(40) as guessers:
        told = guessers.map(lambda _: passwords.verify(crowded, "a guess", None), range(400))
        assert not any(right for right, _ in told)
    assert hasher.verified == 400
    assert 2 <= hasher.most <= passwords.AT_ONCE


def test_a_long_password_counts_to_its_last_character(studio, people):
    longest = "a long sentence with many words in it " * 5 + "and an end"
    longest = longest[:200]
    passwords.change(studio, person=people.carla, current=PASSWORD, new=longest)
    for wrong in (longest[:-1], longest + "x"):
        with pytest.raises(SignInError):
            sessions.sign_in(studio, "carla", wrong)
    assert sessions.sign_in(studio, "carla", longest)


@pytest.mark.parametrize(
    "password",
    [
        "password123", "Passwort2026", "1234567890", "qwertyuiop", "aaaaaaaaaaaa", "Welcome2026!",
        "carla-carla-2026", "Voltra 2026", "voltra password", "letmein letmein", "1q2w3e4r5t6y",
    ],
)  # fmt: skip
def test_a_password_that_everyone_tries_first_is_refused(studio, people, password):
    with pytest.raises(BriefError, match="too easy to guess"):
        passwords.change(studio, person=people.carla, current=PASSWORD, new=password)


@pytest.mark.parametrize(
    "password",
    [PASSWORD, "a benchmark password", "zwölf Enten im Teich", "kX7#pL2!qR", "carla likes plums"],
)
def test_a_sentence_or_chance_is_a_good_password(password):
    assert password_problems("carla", password, ("Voltra",)) == []


def test_a_brand_is_refused_only_to_those_who_know_it(studio, people):
    noor = users.add(studio, "noor", {"solenne": Role.CREATOR}, PASSWORD, by=people.ada)
    assert password_problems("noor", "Voltra Voltra ab", passwords.brands_of(studio, noor)) == []
    with pytest.raises(BriefError, match="too easy"):
        passwords.change(studio, person=noor, current=PASSWORD, new="solenne 2026")


@pytest.mark.usefixtures("people")
def test_a_hash_made_with_less_effort_is_made_anew_at_the_next_sign_in(studio):
    stronger = replace(
        studio,
        passwords=PasswordHash((Argon2Hasher(time_cost=2, memory_cost=16, parallelism=1),)),
    )
    with studio.database.reading() as session:
        before = rows.password_hash(session, "carla")
    open_elsewhere = sessions.sign_in(studio, "carla", PASSWORD)
    sessions.sign_in(stronger, "carla", PASSWORD)
    with studio.database.reading() as session:
        after = rows.password_hash(session, "carla")
    assert before is not None
    assert after is not None
    assert "m=8,t=1" in before
    assert "m=16,t=2" in after
    assert sessions.person_of_session(studio, open_elsewhere)
    assert sessions.sign_in(stronger, "carla", PASSWORD)


def test_changing_the_password_takes_the_current_one(studio, people):
    with pytest.raises(SignInError):
        passwords.change(studio, person=people.carla, current="guess", new="another long one")
    sessions.sign_in(studio, "carla", PASSWORD)
    passwords.change(studio, person=people.carla, current=PASSWORD, new="another long one")
    sessions.sign_in(studio, "carla", "another long one")


def test_a_forgotten_password_is_replaced_by_an_administrator_alone(studio, people):
    with pytest.raises(ForbiddenError):
        passwords.reset(studio, "carla", "another long one", by=people.rita)
    with pytest.raises(SignInError, match="nobody called 'nobody'"):
        passwords.reset(studio, "nobody", "another long one", by=people.ada)
    passwords.reset(studio, "carla", "another long one", by=people.ada)
    sessions.sign_in(studio, "carla", "another long one")


def test_a_person_without_a_password_never_signs_in_with_one(studio, people):
    users.add(studio, "sam", {EVERY_BRAND: Role.CREATOR}, None, by=people.ada)
    for password in ("", "nobody has this password"):
        with pytest.raises(SignInError):
            sessions.sign_in(studio, "sam", password)


@pytest.mark.parametrize("how", ["changed", "reset"])
def test_another_password_ends_the_links_that_would_set_one(studio, people, how):
    link = links.for_password(studio, people.carla.id, person=people.ada)
    if how == "reset":
        passwords.reset(studio, "carla", "another long one", by=people.ada)
    else:
        passwords.change(studio, person=people.carla, current=PASSWORD, new="another long one")
    assert links.find(studio, link) is None

from dataclasses import replace
from datetime import timedelta

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from brandstudio.domain.accounts import Origin
from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.people import EVERY_BRAND, Role, Scope
from brandstudio.errors import (
    ForbiddenError,
    NotFoundError,
    SignInError,
    StorageFullError,
)
from brandstudio.services.people import passwords, sessions, users
from brandstudio.services.studio import build_studio
from brandstudio.storage.engine.database import Database
from brandstudio.storage.tables.base import Base
from tests.conftest import NOON, PASSWORD
from tests.services.conftest import after, noted

FIREFOX = Origin("192.0.2.7", "Firefox on Linux")


def test_a_right_password_signs_in_and_signing_out_ends_it(studio, people):
    token = sessions.sign_in(studio, "carla", PASSWORD, FIREFOX)
    assert sessions.person_of_session(studio, token) == people.carla
    sessions.sign_out(studio, token)
    assert sessions.person_of_session(studio, token) is None
    assert noted(studio, Event.SIGNED_IN, Event.SIGNED_OUT) == [
        (
            Event.SIGNED_IN,
            "carla",
            {"how": "password", "address": "192.0.2.7", "browser": "Firefox on Linux"},
        ),
        (Event.SIGNED_OUT, "carla", {}),
    ]


def test_a_name_is_known_in_whatever_capitals_it_is_typed(studio, people):
    token = sessions.sign_in(studio, "CARLA", PASSWORD)
    assert sessions.person_of_session(studio, token) == people.carla
    [(_, actor, _)] = noted(studio, Event.SIGNED_IN)
    assert actor == "carla"


@pytest.mark.parametrize(("name", "password"), [("carla", "wrong password"), ("nobody", PASSWORD)])
@pytest.mark.usefixtures("people")
def test_wrong_name_and_wrong_password_are_refused_in_the_same_words(studio, name, password):
    with pytest.raises(SignInError, match="This name and password do not go together"):
        sessions.sign_in(studio, name, password)


def test_nobody_signs_in_as_the_operator(studio):
    users.operator(studio)
    with pytest.raises(SignInError):
        sessions.sign_in(studio, users.OPERATOR, "")


def test_a_refusal_is_noted_with_its_reason_and_never_with_what_was_typed(studio, people):
    users.disable(studio, people.rita.id, person=people.ada)
    for name, typed in [
        ("carla", "a wrong password"),
        ("rita", PASSWORD),
        ("a password typed here", "x"),
    ]:
        with pytest.raises(SignInError):
            sessions.sign_in(studio, name, typed)
    assert noted(studio, Event.SIGN_IN_REFUSED) == [
        (Event.SIGN_IN_REFUSED, "carla", {"reason": "wrong password"}),
        (Event.SIGN_IN_REFUSED, "rita", {"reason": "disabled"}),
        (Event.SIGN_IN_REFUSED, "unknown", {"reason": "unknown name"}),
    ]


@pytest.mark.usefixtures("people")
def test_a_session_ends_half_an_hour_after_its_last_use(studio):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    assert sessions.person_of_session(after(studio, minutes=29), token)
    assert sessions.person_of_session(after(studio, minutes=58), token)
    assert sessions.person_of_session(after(studio, minutes=88), token) is None


@pytest.mark.usefixtures("people")
def test_a_session_that_is_used_all_day_ends_after_twelve_hours(studio):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    for minutes in range(20, 12 * 60, 20):
        assert sessions.person_of_session(after(studio, minutes=minutes), token)
    assert sessions.person_of_session(after(studio, hours=12), token) is None


@pytest.mark.usefixtures("people")
def test_how_long_a_session_stands_is_a_setting(studio):
    short = studio.settings.model_copy(update={"session_idle_minutes": 5, "session_hours": 1})
    strict = replace(studio, settings=short)
    token = sessions.sign_in(strict, "carla", PASSWORD)
    assert sessions.person_of_session(after(strict, minutes=5), token) is None


@pytest.mark.parametrize("used_until", [timedelta(), timedelta(hours=11)])
@pytest.mark.usefixtures("people")
def test_a_clock_that_was_set_back_a_day_prolongs_nothing(studio, used_until):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    for minutes in range(0, int(used_until.total_seconds()) // 60 + 1, 20):
        assert sessions.person_of_session(after(studio, minutes=minutes), token)
    set_back = replace(studio, now=lambda: NOON + used_until - timedelta(days=1))
    assert sessions.person_of_session(set_back, token) is None


@pytest.mark.usefixtures("people")
def test_the_last_use_is_written_at_most_once_a_minute(studio, monkeypatch):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    written = []
    kept = Database.writing
    monkeypatch.setattr(Database, "writing", lambda self: written.append(1) or kept(self))
    for seconds in (0, 20, 40, 59):
        assert sessions.person_of_session(after(studio, seconds=seconds), token)
    assert written == []
    for seconds in (60, 61, 100):
        assert sessions.person_of_session(after(studio, seconds=seconds), token)
    assert written == [1]


def test_a_full_disk_signs_nobody_out(studio, people, monkeypatch, caplog):
    token = sessions.sign_in(studio, "carla", PASSWORD)

    def full(_self):
        raise StorageFullError("The disk is full")

    monkeypatch.setattr(Database, "writing", full)
    assert sessions.person_of_session(after(studio, minutes=5), token) == people.carla
    assert "the last use was not recorded: StorageFullError" in caplog.text


def test_a_session_survives_a_restart_of_the_studio(settings, studio, people):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    again = replace(build_studio(settings), now=studio.now)
    assert sessions.person_of_session(again, token) == people.carla
    again.database.close()


def test_people_see_where_they_are_signed_in_and_end_all_but_here(studio, people):
    here = sessions.sign_in(studio, "carla", PASSWORD, FIREFOX)
    there = sessions.sign_in(after(studio, minutes=-5), "carla", PASSWORD, Origin("192.0.2.8"))
    sessions.sign_in(studio, "rita", PASSWORD)
    [first, second] = sessions.own(studio, person=people.carla, token=here)
    assert (first.origin, first.is_current, first.since) == (FIREFOX, True, NOON)
    assert (second.origin.address, second.is_current) == ("192.0.2.8", False)
    assert sessions.end_all_own(studio, person=people.carla, but=here) == 1
    assert sessions.person_of_session(studio, there) is None
    assert sessions.person_of_session(studio, here) == people.carla


def test_one_session_is_ended_by_its_owner_or_an_administrator_and_nobody_else(studio, people):
    carlas = [sessions.sign_in(studio, "carla", PASSWORD) for _ in range(2)]
    first, second = (one.id for one in sessions.own(studio, person=people.carla))
    with pytest.raises(ForbiddenError):
        sessions.end(studio, people.carla.id, first, person=people.rita)
    with pytest.raises(NotFoundError):
        sessions.end_own(studio, first, person=people.rita)
    sessions.end_own(studio, first, person=people.carla)
    [left] = sessions.of_person(studio, people.carla.id, person=people.ada)
    assert left.id == second
    sessions.end(studio, people.carla.id, second, person=people.ada)
    assert [sessions.person_of_session(studio, token) for token in carlas] == [None, None]
    assert [who for _, who, _ in noted(studio, Event.SESSION_ENDED)] == ["carla", "ada"]


def test_everybody_can_be_signed_out_at_once_but_who_does_it(studio, people):
    own = sessions.sign_in(studio, "ada", PASSWORD)
    theirs = [sessions.sign_in(studio, name, PASSWORD) for name in ("carla", "rita")]
    with pytest.raises(ForbiddenError):
        sessions.end_everybodys(studio, person=people.rita)
    assert sessions.end_everybodys(studio, person=people.ada, but=own) == 2
    assert sessions.person_of_session(studio, own)
    assert [sessions.person_of_session(studio, token) for token in theirs] == [None, None]
    assert noted(studio, Event.SESSION_ENDED) == [
        (Event.SESSION_ENDED, "ada", {"sessions": "2"}),
    ]


def test_a_token_that_may_only_read_sees_no_sessions(studio, people):
    reader = replace(people.carla, scopes=frozenset({Scope.READ}))
    with pytest.raises(ForbiddenError, match="no scope 'administer'"):
        sessions.own(studio, person=reader)


@pytest.mark.parametrize(
    "change",
    [
        lambda studio, people: users.disable(studio, people.carla.id, person=people.ada),
        lambda studio, people: users.set_role(
            studio, people.carla.id, EVERY_BRAND, Role.REVIEWER, person=people.ada
        ),
        lambda studio, people: passwords.change(
            studio, person=people.carla, current=PASSWORD, new="another long one"
        ),
        lambda studio, people: passwords.reset(studio, "carla", "another long one", by=people.ada),
    ],
    ids=["disabled", "another role", "new password", "reset password"],
)
def test_what_changes_an_account_ends_its_sessions(studio, people, change):
    token = sessions.sign_in(studio, "carla", PASSWORD)
    other = sessions.sign_in(studio, "rita", PASSWORD)
    change(studio, people)
    assert sessions.person_of_session(studio, token) is None
    assert sessions.person_of_session(studio, other) == people.rita


@pytest.mark.usefixtures("people")
def test_secrets_are_stored_only_as_hashes(studio):
    session = sessions.sign_in(studio, "carla", PASSWORD)
    with studio.database.reading() as rows:
        tables = [rows.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    assert "carla" in str(tables)
    assert all(secret not in str(tables) for secret in (session, PASSWORD))


# Somebody acts while a password is being compared, which takes a while


class Meanwhile(PasswordHash):
    """A hasher during whose work something happens once."""

    def __init__(self, happens, *, time_cost=1):
        super().__init__((Argon2Hasher(time_cost=time_cost, memory_cost=8, parallelism=1),))
        self.happens = [happens]

    def verify_and_update(self, password, hash):  # noqa: A002 - the library's name
        answer = super().verify_and_update(password, hash)
        while self.happens:
            self.happens.pop()()
        return answer


NEW = "another long one"
ENDS = {
    "reset": lambda studio, people: passwords.reset(studio, "carla", NEW, by=people.ada),
    "disabled": lambda studio, people: users.disable(studio, people.carla.id, person=people.ada),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("time_cost", [1, 2], ids=["same effort", "more effort"])
def test_a_password_that_ends_while_it_is_compared_opens_nothing(studio, people, end, time_cost):
    hasher = Meanwhile(lambda: ENDS[end](studio, people), time_cost=time_cost)
    with pytest.raises(SignInError, match="do not go together"):
        sessions.sign_in(replace(studio, passwords=hasher), "carla", PASSWORD)
    assert sessions.of_person(studio, people.carla.id, person=people.ada) == ()
    assert [who for _, who, _ in noted(studio, Event.SIGN_IN_REFUSED)] == ["carla"]
    if end == "disabled":
        users.enable(studio, people.carla.id, person=people.ada)
    assert sessions.sign_in(studio, "carla", NEW if end == "reset" else PASSWORD)


def test_a_password_that_was_just_reset_is_not_changed_by_who_knew_the_one_before(studio, people):
    hasher = Meanwhile(lambda: passwords.reset(studio, "carla", NEW, by=people.ada))
    with pytest.raises(SignInError, match="current password is not right"):
        passwords.change(
            replace(studio, passwords=hasher),
            person=people.carla,
            current=PASSWORD,
            new="a thief's long one",
        )
    assert sessions.sign_in(studio, "carla", NEW)


# Attempts


def test_an_administrator_sees_who_is_signed_in_and_nobody_else_does(studio, people):
    sessions.sign_in(after(studio, minutes=-40), "carla", PASSWORD, FIREFOX)  # idle by now
    sessions.sign_in(after(studio, minutes=-5), "rita", PASSWORD)
    own = sessions.sign_in(studio, "ada", PASSWORD, FIREFOX)
    found = sessions.everybodys(studio, person=people.ada, token=own)
    assert [(who.name, opened.is_current) for who, opened in found] == [
        ("ada", True),
        ("rita", False),
    ]
    with pytest.raises(ForbiddenError, match="may not manage people"):
        sessions.everybodys(studio, person=people.rita)

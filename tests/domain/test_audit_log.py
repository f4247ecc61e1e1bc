"""The audit log as sentences, kinds and places."""

from datetime import UTC, datetime

import pytest

from brandstudio.domain.audit_log.entries import (
    AuditEntry,
    Kind,
    Place,
    Sought,
    Source,
    events_of,
    kind_of,
    sentence,
)
from brandstudio.domain.audit_log.events import Event
from brandstudio.domain.review import Verdict
from brandstudio.errors import BriefError

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BRANDS = {"voltra": "Voltra"}


def entry(event: str, subject: str = "", brand: str = "", **detail: str) -> AuditEntry:
    return AuditEntry(Source.ACTIVITY, 1, NOON, event, "Ada", subject, brand, detail)


@pytest.mark.parametrize(
    "event", [*Event, *(f"decision.{verdict}" for verdict in Verdict)], ids=str
)
def test_everything_that_can_happen_has_a_kind_and_a_sentence(event):
    told = sentence(entry(event, "someone", role="reviewer", name="Summer"), BRANDS)
    assert kind_of(event) in Kind
    assert "{" not in told
    assert "…" not in told
    assert "somebody" not in told


def test_every_event_belongs_to_one_kind():
    assert sorted(e for kind in Kind for e in events_of(kind)) == sorted(Event)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            entry(Event.ROLE_GIVEN, "Rita", "voltra", role="brand owner"),
            "Ada gave Rita the role brand owner in Voltra",
        ),
        (
            entry(Event.ROLE_TAKEN, "Rita", role="reviewer", where="every brand"),
            "Ada took the role reviewer from Rita in every brand",
        ),
        (entry(Event.RUN_SUBMITTED, "run 7", "gone"), "Ada started run 7 in gone"),
        (entry("decision.approve", "variant 3", "voltra"), "Ada approved variant 3 in Voltra"),
        (entry(Event.TOKEN_REVOKED, "{actor}"), "Ada revoked the API token “{actor}”"),
        (
            entry(Event.TOKEN_REVOKED, "Nightly", owner="Carla"),
            "Ada revoked the API token “Nightly” of Carla",
        ),
        (
            entry(Event.LINK_MADE, "Rita", "voltra", kind="invitation"),
            "Ada invited Rita to Voltra",
        ),
        (
            entry(Event.LINK_MADE, "", kind="invitation"),
            "Ada invited somebody to the studio",
        ),
        (
            entry(
                Event.LINK_MADE,
                "Rita",
                where="every brand",
                kind="invitation",
                role="reviewer",
            ),
            "Ada invited Rita to every brand as reviewer",
        ),
        (
            entry(Event.PERSON_ADDED, "Rita", "voltra", role="brand owner"),
            "Ada added Rita in Voltra as brand owner",
        ),
        (entry(Event.SESSION_ENDED, "Rita", sessions="1"), "Ada ended a session of Rita"),
        (entry(Event.SESSION_ENDED, "Rita", sessions="3"), "Ada ended 3 sessions of Rita"),
        (entry(Event.SESSION_ENDED, "Ada", sessions="3"), "Ada ended 3 sessions of their own"),
        (entry(Event.PERSON_REMOVED, "Rita"), "Ada removed Rita for good"),
        (
            entry(
                "decision.approve", "variant 3", "voltra", role="reviewer", **{"own work": "yes"}
            ),
            "Ada approved variant 3 in Voltra, their own work",
        ),
        (entry(Event.PASSWORD_CHANGED, "Ada"), "Ada changed their password"),
        (entry(Event.SIGN_IN_REFUSED, ""), "Somebody tried to sign in and was refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_entry_reads_as_one_would_tell_it(told, words):
    assert sentence(told, BRANDS) == words


def test_an_entry_without_a_fact_that_is_told_today_is_still_a_sentence():
    assert sentence(entry(Event.ROLE_GIVEN, "Rita"), BRANDS) == "Ada gave Rita the role …"


def test_a_place_is_read_as_it_was_written():
    assert Place.read(str(Place(12, 7))) == Place(12, 7)
    assert Place.read("") == Place(None, None)


@pytest.mark.parametrize("written", ["12", "1.2.3", "-1.2", "a.b", "1.٣", "9" * 30 + ".1"])
def test_a_place_that_no_page_gave_is_refused(written):
    with pytest.raises(BriefError, match="next_before"):
        Place.read(written)


def test_a_search_that_can_find_nothing_is_refused():
    with pytest.raises(BriefError, match="later than the beginning"):
        Sought(since=NOON, until=NOON)
    with pytest.raises(BriefError, match="at most 100"):
        Sought(text="x" * 101)

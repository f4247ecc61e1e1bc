"""The audit log: one line of time over two tables, through every filter, for who may read it."""

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from brandstudio.domain.audit_log.entries import AuditEntry, Kind, LogFormat, Sought, Source
from brandstudio.domain.audit_log.events import Event, Note
from brandstudio.domain.people import EVERY_BRAND, Person, Role, Scope
from brandstudio.domain.review import Verdict
from brandstudio.domain.run import VariantRecord
from brandstudio.errors import ForbiddenError, NotFoundError
from brandstudio.export.audit_log import COLUMNS
from brandstudio.services import audit_log, reviews, runs
from brandstudio.services.studio import Studio
from brandstudio.storage.decisions import audit_log as rows
from tests.conftest import NOON, People

Pending = tuple[VariantRecord, ...]
OWNER = Person(77, "olga", {"voltra": Role.BRAND_OWNER})


def happen(
    studio: Studio,
    event: Event,
    subject: str = "",
    *,
    actor: str = "ada",
    brand: str = "",
    at: datetime = NOON,
    **detail: str,
) -> None:
    with studio.database.writing() as session:
        rows.note(session, actor, Note(event, subject, brand, detail), at)


def told(studio: Studio, person: Person, **sought: object) -> tuple[AuditEntry, ...]:
    return audit_log.log(studio, Sought(**sought), person=person).entries  # pyright: ignore


def pages(studio: Studio, person: Person, sought: Sought, limit: int) -> list[AuditEntry]:
    found: list[AuditEntry] = []
    before, more = "", True
    while more:
        page = audit_log.log(studio, sought, person=person, before=before, limit=limit)
        found += page.entries
        before, more = page.next_before, bool(page.next_before)
    return found


def test_events_and_decisions_are_one_line_newest_first(
    studio: Studio, people: People, pending: Pending
):
    later = replace(studio, now=lambda: NOON + timedelta(minutes=2))
    reviews.decide(later, pending[0].id, Verdict.APPROVE, person=people.rita)
    happen(studio, Event.ROLE_GIVEN, "rita", at=NOON + timedelta(minutes=1))
    happen(studio, Event.TOKEN_MADE, "Nightly", at=NOON + timedelta(minutes=3))
    newest = told(studio, people.ada)[:3]
    assert [e.event for e in newest] == ["token.made", "decision.approve", "role.given"]
    assert newest[1].actor == "rita"
    assert newest[1].brand == "voltra"
    assert newest[1].detail["role"] == "reviewer"


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
@pytest.mark.usefixtures("pending")
def test_pages_of_any_size_hold_every_entry_once(studio: Studio, people: People, limit: int):
    for number in range(6):
        happen(studio, Event.RUN_PAUSED, f"run {number}", at=NOON - timedelta(seconds=number % 4))
    whole = told(studio, people.ada)
    assert pages(studio, people.ada, Sought(), limit) == list(whole)
    assert len({(e.source, e.number) for e in whole}) == len(whole)
    assert {e.source for e in whole} == {*Source}


def test_what_happens_while_somebody_reads_slips_into_no_later_page(
    studio: Studio, people: People, pending: Pending
):
    first = audit_log.log(studio, Sought(), person=people.ada, limit=2)
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    happen(studio, Event.TOKEN_MADE, "Nightly", at=NOON - timedelta(days=1))
    rest = audit_log.log(studio, Sought(), person=people.ada, before=first.next_before, limit=200)
    assert {"token.made", "decision.approve"}.isdisjoint(e.event for e in rest.entries)


def test_a_table_that_was_empty_when_somebody_began_to_read_stays_so(
    studio: Studio, people: People, drawn_run: int
):
    for number in range(3):
        happen(studio, Event.RUN_PAUSED, f"run {number}")
    first = audit_log.log(studio, Sought(), person=people.ada, limit=2)
    [variant, *_] = _variants(studio, people, drawn_run)
    reviews.decide(studio, variant, Verdict.SUBMIT, person=people.carla)
    rest = audit_log.log(studio, Sought(), person=people.ada, before=first.next_before)
    assert [e for e in rest.entries if e.source is Source.DECISIONS] == []


def test_a_clock_that_steps_back_hides_nothing(studio: Studio, people: People):
    happen(studio, Event.RUN_PAUSED, "run 1", at=NOON)
    happen(studio, Event.RUN_PAUSED, "run 2", at=NOON - timedelta(hours=2))
    happen(studio, Event.RUN_PAUSED, "run 3", at=NOON - timedelta(hours=1))
    subjects = [e.subject for e in pages(studio, people.ada, Sought(kind=Kind.RUNS), 1)]
    assert subjects == ["run 3", "run 2", "run 1"]
    since = Sought(kind=Kind.RUNS, since=NOON - timedelta(minutes=90))
    assert [e.subject for e in pages(studio, people.ada, since, 1)] == ["run 3", "run 1"]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ({"person": "ada"}, {"role.given", "token.made"}),
        ({"person": "carla"}, {"run.submitted", "decision.submit"}),
        ({"person": "nobody"}, set()),
        ({"kind": Kind.PEOPLE}, {"role.given", "person.added"}),
        ({"kind": Kind.DECISIONS}, {"decision.submit"}),
        ({"kind": Kind.RUNS}, {"run.submitted"}),
        ({"kind": Kind.PACKS}, set()),
        ({"brand": "voltra"}, {"run.submitted", "decision.submit", "role.given"}),
        ({"brand": "solenne"}, set()),
        ({"brand": "voltra", "person": "carla", "kind": Kind.RUNS}, {"run.submitted"}),
        ({"since": NOON}, {"run.submitted", "decision.submit", "person.added"}),
        ({"until": NOON}, {"role.given", "token.made"}),
        ({"since": NOON - timedelta(days=3), "until": NOON - timedelta(days=1)}, {"role.given"}),
        ({"text": "RITA"}, {"role.given", "person.added"}),
        ({"text": "variant"}, {"decision.submit"}),
        ({"text": "100%"}, {"token.made"}),
        ({"text": "100_"}, set()),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("pending")
def test_each_filter_shows_what_it_says(
    studio: Studio, people: People, sought: dict[str, object], found: set[str]
):
    happen(studio, Event.ROLE_GIVEN, "Rita", brand="voltra", at=NOON - timedelta(days=2))
    happen(studio, Event.TOKEN_MADE, "100% cover", at=NOON - timedelta(hours=1))
    asked = Sought(**sought)  # pyright: ignore[reportArgumentType]
    whole = {e.event for e in pages(studio, people.ada, asked, 50)}
    assert whole == {e.event for e in pages(studio, people.ada, asked, 1)} == found


def test_the_reason_of_a_rejection_can_be_looked_for(
    studio: Studio, people: People, pending: Pending
):
    reviews.decide(
        studio, pending[0].id, Verdict.REJECT, person=people.rita, comment="Copy space too busy"
    )
    [entry] = told(studio, people.ada, text="too busy")
    assert entry.detail["comment"] == "Copy space too busy"
    assert entry.detail["run"] == str(pending[0].run_id)


@pytest.mark.usefixtures("people", "pending")
def test_the_owner_of_a_brand_reads_what_concerns_it_and_nothing_else(
    studio: Studio,
):
    happen(studio, Event.ROLE_GIVEN, "rita", brand="voltra")
    happen(studio, Event.ROLE_GIVEN, "rita", brand="solenne")
    happen(studio, Event.TOKEN_MADE, "Nightly")
    seen = told(studio, OWNER)
    assert {e.brand for e in seen} == {"voltra"}
    assert {e.kind for e in seen} == {Kind.RUNS, Kind.DECISIONS, Kind.PEOPLE}
    assert seen == told(studio, OWNER, brand="voltra")
    with pytest.raises(NotFoundError, match="no brand 'solenne'"):
        told(studio, OWNER, brand="solenne")


@pytest.mark.usefixtures("people", "pending")
def test_the_owner_of_every_brand_reads_what_belongs_to_some_brand(
    studio: Studio,
):
    happen(studio, Event.TOKEN_MADE, "Nightly")
    happen(studio, Event.ROLE_GIVEN, "rita", brand="solenne")
    seen = told(studio, Person(77, "olga", {EVERY_BRAND: Role.BRAND_OWNER}))
    assert {e.brand for e in seen} == {"voltra", "solenne"}


@pytest.mark.parametrize("brand", ["", "voltra"])
def test_nobody_else_reads_it(studio: Studio, people: People, brand: str):
    sought = Sought(brand=brand)
    for person in (people.carla, people.rita):
        with pytest.raises(ForbiddenError, match="may not read the audit log"):
            audit_log.log(studio, sought, person=person)
        with pytest.raises(ForbiddenError, match="may not read the audit log"):
            audit_log.export(studio, sought, LogFormat.CSV, person=person)


def test_a_token_needs_the_scope_for_it(studio: Studio, people: People):
    with pytest.raises(ForbiddenError, match="no scope 'administer'"):
        told(studio, replace(people.ada, scopes=frozenset({Scope.READ})))


def _export(studio: Studio, form: LogFormat, person: Person, **sought: object) -> str:
    asked = Sought(**sought)  # pyright: ignore[reportArgumentType]
    return b"".join(audit_log.export(studio, asked, form, person=person)).decode("utf-8-sig")


def test_an_export_is_noted_and_says_so_itself(studio: Studio, people: People):
    _export(studio, LogFormat.CSV, people.ada, kind=Kind.LOG, text="csv")
    [entry] = told(studio, people.ada, kind=Kind.LOG)
    assert (entry.event, entry.subject, entry.actor) == ("log.exported", "csv", "ada")
    assert entry.detail == {"kind": "log", "text": "csv"}


@pytest.mark.usefixtures("pending")
def test_the_spreadsheet_has_a_row_for_each_entry_and_no_formula(studio: Studio, people: People):
    for start in "=+-@\t\r":
        happen(studio, Event.TOKEN_MADE, f"{start}cmd|' /C calc'!A0")
    text = _export(studio, LogFormat.CSV, people.ada)
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == len(told(studio, people.ada))
    cells = [cell for line in lines for cell in line.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert any(line["sentence"].startswith("carla submitted variant") for line in lines)


@pytest.mark.usefixtures("pending")
def test_json_lines_hold_every_fact_of_every_entry(studio: Studio, people: People):
    lines = [json.loads(x) for x in _export(studio, LogFormat.JSON_LINES, people.ada).splitlines()]
    entries = told(studio, people.ada)
    assert [(x["source"], x["number"]) for x in lines] == [(e.source, e.number) for e in entries]
    [decision, *_] = [x for x in lines if x["event"] == "decision.submit"]
    assert decision["at"] == "2026-11-20T12:00:00.000000Z"
    assert len(decision["detail"]["hash"]) == 64


def test_a_long_log_leaves_page_by_page(
    studio: Studio, people: People, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit_log, "_EXPORTED_AT_ONCE", 4)
    for number in range(11):
        happen(studio, Event.RUN_PAUSED, f"run {number}")
    sought = Sought(kind=Kind.RUNS)
    pieces = list(audit_log.export(studio, sought, LogFormat.JSON_LINES, person=people.ada))
    assert [len(piece.splitlines()) for piece in pieces] == [4, 4, 3]


def _variants(studio: Studio, people: People, run_id: int) -> list[int]:
    return [variant.id for variant in runs.variants(studio, run_id, person=people.carla)]

"""`brandstudio audit`: what an auditor types, and what it ends with."""

import csv
import io
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from brandstudio.storage.engine.database import open_database
from tests.filling import Filling, fill


@pytest.fixture
def database(tmp_path):
    """Four variants of which each was submitted, where the command line looks for them."""
    with closing(open_database(f"sqlite:///{tmp_path / 'data' / 'studio.db'}")) as opened:
        fill(opened, Filling(4))
        yield opened


def tamper(database, *statements):
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.usefixtures("database")
def test_a_whole_log_is_confirmed_with_its_head_and_a_strange_head_is_not_in_it(brandstudio):
    ended = brandstudio("audit", "verify")
    assert ended.returncode == 0
    assert ended.stdout.startswith("4 decisions, each as it was written.\nHead: ")
    head = ended.stdout.split()[-1]
    assert brandstudio("audit", "verify", "--head", head).returncode == 0
    strange = brandstudio("audit", "verify", "--head", "ab" * 32)
    assert strange.returncode == 1
    assert "No decision has the hash abababababababab" in strange.stderr


def test_the_first_bad_row_is_named_in_one_line(brandstudio, database):
    tamper(
        database,
        "DROP TRIGGER decisions_no_update",
        "UPDATE decisions SET comment = 'x' WHERE id >= 3",
    )
    ended = brandstudio("audit", "verify")
    assert ended.returncode == 1
    [line] = ended.stderr.strip().splitlines()
    assert "decision 3 is not what was written: it was changed" in line


def test_a_status_changed_by_hand_is_shown_and_then_corrected(brandstudio, database):
    tamper(database, "UPDATE variants SET review = 'approved' WHERE id = 2")
    shown = brandstudio("audit", "rebuild", "--check")
    assert shown.returncode == 1
    assert "variant 2: stored approved after 1, by its decisions pending after 1" in shown.stdout
    assert brandstudio("audit", "rebuild").stdout == "1 variant corrected.\n"
    assert brandstudio("audit", "rebuild", "--check").returncode == 0


@pytest.mark.usefixtures("database")
def test_an_upgrade_of_what_is_up_to_date_says_so(brandstudio):
    assert brandstudio("upgrade", "--no-backup").stdout == "The database is up to date.\n"


@pytest.mark.usefixtures("database")
def test_the_log_is_written_as_a_table_through_the_filters_asked_for(brandstudio):
    today = datetime.now(UTC).date()
    ended = brandstudio("audit", "export", "--kind", "decisions", "--person", "carla")
    assert ended.returncode == 0, ended.stderr
    lines = list(csv.DictReader(io.StringIO(ended.stdout.removeprefix("\ufeff"))))
    assert [line["subject"] for line in lines] == [f"variant {n}" for n in (4, 3, 2, 1)]
    assert (
        brandstudio("audit", "export", "--to", f"{today - timedelta(days=1)}").stdout.count("\n")
        == 1
    )


@pytest.mark.usefixtures("database")
def test_the_log_is_written_for_programs_and_says_that_it_was_taken_out(brandstudio):
    ended = brandstudio("audit", "export", "--format", "jsonl", "--from", "2020-01-01")
    newest, *rest = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (newest["event"], newest["actor"]) == ("log.exported", "operator")
    assert newest["detail"] == {"since": "2020-01-01T00:00:00+00:00"}
    assert [one["event"] for one in rest] == ["decision.submit"] * 4


@pytest.mark.usefixtures("database")
def test_a_day_that_is_none_is_refused_in_one_line(brandstudio):
    ended = brandstudio("audit", "export", "--from", "yesterday")
    assert ended.returncode == 2
    assert "'yesterday' does not match the format" in ended.stderr

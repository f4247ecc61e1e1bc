"""Administration over REST: the log, its export, settings and lights, for whom they are."""

import csv
import io
import json

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandstudio.domain.people import Role
from brandstudio.domain.run import VariantRecord
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from tests.conftest import PASSWORD, People
from tests.web.conftest import browser_of, decide

Pending = tuple[VariantRecord, ...]
BASE = "/api/v1/administration"


@pytest.fixture
def ada(app: FastAPI, studio: Studio, people: People) -> TestClient:
    return browser_of(app, studio, people.ada)


@pytest.fixture
def olga(app: FastAPI, studio: Studio, people: People) -> TestClient:
    """The owner of Voltra."""
    roles = {"voltra": Role.BRAND_OWNER}
    return browser_of(app, studio, users.add(studio, "olga", roles, PASSWORD, by=people.ada))


def test_the_log_tells_in_sentences_what_happened(
    ada: TestClient, rita: TestClient, pending: Pending
):
    decide(rita, "reject", pending[0].id, comment="=1+1")
    newest = ada.get(f"{BASE}/log?kind=decisions").json()["entries"][0]
    assert newest["sentence"] == f"rita rejected variant {pending[0].id} in Voltra"
    assert newest["detail"]["comment"] == "=1+1"
    assert newest["at"] == "2026-11-20T12:00:00Z"


@pytest.mark.usefixtures("pending")
def test_pages_follow_each_other_to_the_end(ada: TestClient):
    whole = ada.get(f"{BASE}/log?limit=200").json()
    assert whole["next_before"] == ""
    found, before = [], None
    while before != "":
        page = ada.get(f"{BASE}/log", params={"limit": 3, "before": before or ""}).json()
        found += page["entries"]
        before = page["next_before"]
    assert found == whole["entries"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("brand=voltra&kind=decisions", 4),
        ("person=carla&kind=decisions", 4),
        ("person=rita&kind=decisions", 0),
        ("kind=decisions&since=2026-11-20", 4),
        ("kind=decisions&since=2026-11-20T12:30:00%2B01:00", 4),
        ("kind=decisions&since=2026-11-20T13:30:00%2B01:00", 0),
        ("kind=decisions&until=2026-11-20", 0),
        ("kind=decisions&text=variant%201", 1),
    ],
)
@pytest.mark.usefixtures("pending")
def test_the_filters_are_those_of_the_page(ada: TestClient, query: str, count: int):
    assert len(ada.get(f"{BASE}/log?{query}").json()["entries"]) == count


@pytest.mark.parametrize(
    "query",
    [
        "kind=odd",
        "since=yesterday",
        "limit=0",
        "limit=201",
        "before=1",
        "before=x.y",
        "since=2026-11-21&until=2026-11-20",
        "since=0001-01-01T00:00:00%2B14:00",
        "until=9999-12-31T23:59:59-14:00",
        f"text={'x' * 101}",
        "format=xlsx",
        "persn=carla",
        "brand=voltra&role=administrator",
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(ada: TestClient, query: str):
    path = "log/export" if query.startswith("format") else "log"
    answer = ada.get(f"{BASE}/{path}?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["problems"]


def test_an_export_is_a_file_that_no_spreadsheet_runs(
    ada: TestClient, rita: TestClient, pending: Pending
):
    decide(rita, "reject", pending[0].id, comment="=HYPERLINK(1)")
    answer = ada.get(f"{BASE}/log/export?kind=decisions&person=rita")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="audit-log-2026-11-20.csv"' in answer.headers["content-disposition"]
    [line] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert "comment==HYPERLINK(1)" in line["detail"]
    assert not line["detail"].startswith("=")


def test_an_export_for_programs_starts_with_the_note_about_itself(ada: TestClient):
    answer = ada.get(f"{BASE}/log/export?format=jsonl")
    newest = json.loads(answer.text.splitlines()[0])
    assert newest["sentence"] == "ada exported the audit log of the studio"


@pytest.mark.usefixtures("pending")
def test_the_owner_of_a_brand_reads_and_takes_out_that_brands_part(olga: TestClient):
    entries = olga.get(f"{BASE}/log").json()["entries"]
    assert {entry["brand"] for entry in entries} == {"voltra"}
    taken = olga.get(f"{BASE}/log/export?format=jsonl&brand=voltra").text.splitlines()
    assert {json.loads(line)["brand"] for line in taken} == {"voltra"}
    assert olga.get(f"{BASE}/log?brand=solenne").status_code == 404


def test_settings_and_lights_are_told_without_secrets(ada: TestClient):
    told = ada.get(f"{BASE}/settings").json()
    [port] = [s for s in told["settings"] if s["variable"] == "BRANDSTUDIO_PORT"]
    assert (port["value"], port["is_secret"]) == ("7860", False)
    assert {"name": "torch"} in [{"name": v["name"]} for v in told["versions"]]
    health = ada.get(f"{BASE}/health").json()
    assert [light["name"] for light in health["lights"]][:2] == ["database", "disk"]
    assert health["ready"] is False  # nobody draws here


@pytest.mark.parametrize("path", ["log", "log/export", "settings", "health"])
def test_administration_is_not_for_everyone(
    carla: TestClient, rita: TestClient, visitor: TestClient, path: str
):
    for client, status in ((carla, 403), (rita, 403), (visitor, 401)):
        assert client.get(f"{BASE}/{path}").status_code == status


@pytest.mark.parametrize("path", ["settings", "health"])
def test_the_installation_is_for_administrators_alone(olga: TestClient, path: str):
    assert olga.get(f"{BASE}/{path}").status_code == 403

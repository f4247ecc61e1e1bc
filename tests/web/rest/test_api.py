"""The REST API: forms, plans, runs, and how every address says no."""

import pytest
from fastapi.testclient import TestClient

from brandstudio.domain.people import Role
from brandstudio.domain.run import VariantRecord
from brandstudio.services.people import sessions
from brandstudio.services.studio import Studio
from tests.conftest import BRIEF, PASSWORD, People

Pending = tuple[VariantRecord, ...]


def test_the_catalogue_has_what_a_form_needs_and_no_prompt(carla: TestClient):
    answer = carla.get("/api/v1/catalogue")
    catalogue = answer.json()
    [voltra] = [brand for brand in catalogue["brands"] if brand["slug"] == "voltra"]
    assert voltra["logo"] == "/brands/voltra/logo.svg"
    assert {"product-hero"} <= {template["slug"] for template in catalogue["templates"]}
    assert catalogue["base_model"]["slug"] == "house"
    assert catalogue["placements"]
    assert catalogue["layouts"]
    for secret in ('"pattern"', '"negative_prompt"', "safetensors", '"loras"'):
        assert secret not in answer.text


def test_a_plan_shows_every_variant_and_stores_nothing(carla: TestClient):
    plan = carla.post("/api/v1/plans", json=BRIEF).json()
    assert [variant["arm"] for variant in plan["variants"]] == ["beach"] * 2 + ["studio"] * 2
    assert plan["estimated_s"] > 0
    assert carla.get("/api/v1/runs").json()["runs"] == []


def test_a_wrong_brief_names_every_place_at_once(carla: TestClient):
    brief = BRIEF | {"answers": {"product": "rocket", "colour": "red"}, "seeds_per_arm": 10_000}
    for path in ("/api/v1/plans", "/api/v1/runs"):
        answer = carla.post(path, json=brief)
        assert answer.status_code == 422
        error = answer.json()["error"]
        assert error["kind"] == "brief"
        places = {problem["place"] for problem in error["problems"]}
        assert {"answers.product", "answers.colour", "seeds_per_arm"} <= places


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 422),
        ("[]", 422),
        ('"brand"', 422),
        ("{}", 422),
        ('{"brand": "voltra", "role": "administrator"}', 422),
        ('{"brand": "voltra", "answers": []}', 422),
        ('{"seed": NaN}', 422),
        ('{"brand": "\\ud800"}', 422),
        ('{"brand": ' + "[" * 100_000, 400),
        (b"\xff\xfe", 400),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_body_that_is_no_brief_is_refused_in_the_same_shape(
    carla: TestClient, body: str | bytes, status: int
):
    headers = {"Content-Type": "application/json"}
    answer = carla.post("/api/v1/runs", content=body, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"kind", "message", "hint", "reference", "problems"}


def test_a_form_is_not_json(carla: TestClient):
    assert carla.post("/api/v1/runs", data={"brief": "x"}).status_code in {415, 422}


@pytest.mark.usefixtures("people")
def test_a_run_can_be_followed_from_submission(carla: TestClient):
    created = carla.post("/api/v1/runs", json=BRIEF | {"name": "Summer"})
    assert created.status_code == 201
    run = carla.get(f"/api/v1/runs/{created.json()['run']}").json()
    assert (run["name"], run["status"], run["creator"]) == ("Summer", "queued", "carla")
    assert (run["variant_count"], run["drawn_count"]) == (4, 0)
    assert run["brief"]["answers"]["headline"] == "Turn the volume up"
    assert run["remaining_s"] == run["estimated_s"] > 0


def test_the_same_idempotency_key_makes_one_run_per_person(carla: TestClient, rita: TestClient):
    key = {"Idempotency-Key": "double-click"}
    mine = [carla.post("/api/v1/runs", json=BRIEF, headers=key).json() for _ in range(3)]
    hers = rita.post("/api/v1/runs", json=BRIEF, headers=key).json()
    assert mine[0] == mine[1] == mine[2] != hers
    assert len(carla.get("/api/v1/runs").json()["runs"]) == 2


def test_a_brief_for_a_brand_that_moved_on_meanwhile_is_refused(carla: TestClient):
    [brand] = [b for b in carla.get("/api/v1/catalogue").json()["brands"] if b["slug"] == "voltra"]
    older = carla.post("/api/v1/runs", json=BRIEF | {"seen_version": brand["version"] + 1})
    assert (older.status_code, older.json()["error"]["kind"]) == (409, "preset_changed")
    assert "Look through the form" in older.json()["error"]["hint"]
    seen = carla.post("/api/v1/runs", json=BRIEF | {"seen_version": brand["version"]})
    assert seen.status_code == 201


def test_runs_come_in_pages_newest_first(carla: TestClient):
    made = [carla.post("/api/v1/runs", json=BRIEF).json()["run"] for _ in range(3)]
    first = carla.get("/api/v1/runs?limit=2").json()
    assert [run["id"] for run in first["runs"]] == [made[2], made[1]]
    rest = carla.get(f"/api/v1/runs?limit=2&before={first['next_before']}").json()
    assert [run["id"] for run in rest["runs"]] == [made[0]]
    assert rest["next_before"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [("brand=voltra", 1), ("brand=solenne", 0), ("status=queued", 1), ("status=failed", 0)],
)
def test_runs_are_filtered(carla: TestClient, query: str, count: int):
    carla.post("/api/v1/runs", json=BRIEF)
    assert len(carla.get(f"/api/v1/runs?{query}").json()["runs"]) == count


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1000000", "before=-1", "status=odd", "before=1e9", f"before={2**64}"],
)
def test_a_filter_that_makes_no_sense_is_refused(carla: TestClient, query: str):
    answer = carla.get(f"/api/v1/runs?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["problems"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/runs/999",
        "/api/v1/runs/999/variants",
        "/api/v1/runs/999/events",
        "/api/v1/variants/999/decisions",
        "/api/v1/packs/999",
        "/api/v1/packs/999/download",
        "/api/v1/nothing",
        f"/images/{'0' * 64}.png",
        f"/images/{'0' * 64}/thumb",
        "/brands/nobody/logo.svg",
        "/brands/voltra/brand.yaml",
        "/brands/voltra/../voltra/brand.yaml",
        "/renditions/999/story",
    ],
)
def test_what_does_not_exist_is_404_in_the_same_shape(carla: TestClient, path: str):
    answer = carla.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", str(2**64)])
def test_a_number_that_is_none_is_refused(carla: TestClient, number: str):
    assert carla.get(f"/api/v1/runs/{number}").status_code in {404, 422}


def test_a_run_is_cancelled_and_started_again_by_its_maker_only(
    carla: TestClient, rita: TestClient, drawn_run: int
):
    run = carla.post("/api/v1/runs", json=BRIEF).json()["run"]
    refused = rita.post(f"/api/v1/runs/{run}/cancel")
    assert (refused.status_code, refused.json()["error"]["kind"]) == (403, "forbidden")
    assert carla.post(f"/api/v1/runs/{run}/cancel").status_code == 200
    assert carla.post(f"/api/v1/runs/{drawn_run}/cancel").status_code == 409
    assert carla.post(f"/api/v1/runs/{drawn_run}/retry").status_code == 409


def test_the_api_describes_itself_without_the_network(carla: TestClient):
    document = carla.get("/api/v1/openapi.json").json()
    assert "/api/v1/runs/{run_id}/events" in document["paths"]
    page = carla.get("/api/v1/docs", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert all(path in page.text for path in document["paths"])
    assert "<script" not in page.text
    assert "https://" not in page.text


@pytest.mark.parametrize("role", [Role.CREATOR, Role.REVIEWER, Role.ADMINISTRATOR])
def test_everyone_signed_in_may_look(
    visitor: TestClient, studio: Studio, people: People, role: Role
):
    [person] = [p for p in (people.carla, people.rita, people.ada) if p.highest_role is role]
    visitor.cookies.set("bs_session", sessions.sign_in(studio, person.name, PASSWORD))
    for path in ("catalogue", "runs", "review", "assets", "packs"):
        assert visitor.get(f"/api/v1/{path}").status_code == 200

"""The REST API: what each address answers, and how it says no."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import anyio
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from brandstudio.domain.brief import BriefForm
from brandstudio.domain.people import Person, Role
from brandstudio.domain.review import Verdict
from brandstudio.domain.run import RunStatus, VariantRecord
from brandstudio.errors import StorageFullError, StudioError
from brandstudio.services import reviews, runs, users
from brandstudio.services.studio import Studio
from brandstudio.services.worker import Worker, carry_out
from brandstudio.web.api_answers import progress_of
from brandstudio.web.assets import attachment
from brandstudio.web.events import stream
from brandstudio.web.failures import failure_of, status_of
from brandstudio.web.gate import Credential
from tests.conftest import BRIEF, PASSWORD, People

Pending = tuple[VariantRecord, ...]


def decide(client: TestClient, verdict: str, *variants: int, comment: str = "") -> dict[str, Any]:
    asked = {"variants": list(variants), "verdict": verdict, "comment": comment}
    return client.post("/api/v1/decisions", json=asked).json()


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
    assert set(answer.json()["error"]) == {"kind", "message", "hint", "problems"}


def test_a_form_is_not_json(carla: TestClient):
    assert carla.post("/api/v1/runs", data={"brief": "x"}).status_code in {415, 422}


def test_a_run_can_be_followed_from_submission(carla: TestClient, people: People):
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


def test_variants_carry_scores_reasons_and_what_may_be_done(
    carla: TestClient, rita: TestClient, drawn_run: int
):
    shown = carla.get(f"/api/v1/runs/{drawn_run}/variants").json()["variants"]
    assert [variant["rank"] for variant in shown] == [1, 2, 3, 4]
    best = shown[0]
    assert set(best["scores"]) == {"clip", "aesthetic", "palette", "copy_space", "sharpness"}
    assert best["reason"].endswith(".")
    assert best["image"] == f"/images/{best['sha256']}.png"
    assert best["thumb"] == best["larger"].replace(".png", "/thumb?w=384")
    assert best["larger"] != best["image"]
    assert best["can"] == {"submit": True, "withdraw": False, "decide": False, "reopen": False}
    [seen_by_rita, *_] = rita.get(f"/api/v1/runs/{drawn_run}/variants").json()["variants"]
    assert not any(seen_by_rita["can"].values())


def test_what_a_person_can_do_is_what_the_service_lets_them_do(
    carla: TestClient, rita: TestClient, pending: Pending
):
    steps = [
        (rita, "approve", "decide", ""),
        (rita, "reopen", "reopen", ""),
        (carla, "withdraw", "withdraw", ""),
        (carla, "submit", "submit", ""),
        (rita, "reject", "decide", "Too dark"),
    ]
    for client, verdict, permission, comment in steps:
        for person, name in ((carla, "carla"), (rita, "rita")):
            shown = person.get(f"/api/v1/runs/{pending[0].run_id}/variants").json()["variants"]
            [can] = [v["can"] for v in shown if v["id"] == pending[0].id]
            assert can[permission] is (person is client), (name, verdict)
        assert decide(client, verdict, pending[0].id, comment=comment)["refused"] == []


def test_the_review_queue_holds_what_waits(rita: TestClient, pending: Pending):
    waiting = rita.get("/api/v1/review").json()["variants"]
    assert {variant["id"] for variant in waiting} == {variant.id for variant in pending}
    assert all(variant["can"]["decide"] for variant in waiting)
    assert rita.get("/api/v1/review?brand=solenne").json()["variants"] == []


def test_a_verdict_on_many_is_recorded_or_refused_for_each(rita: TestClient, pending: Pending):
    first, second, *_ = (variant.id for variant in pending)
    decide(rita, "approve", first)
    answer = decide(rita, "approve", first, second, second, 999)
    assert answer["decided"] == [{"variant": second, "review": "approved", "version": 2}]
    assert [refusal["variant"] for refusal in answer["refused"]] == [first, 999]
    assert answer["refused"][0]["kind"] == "review_closed"
    assert answer["refused"][0]["error"] == "rita approved this just now"
    assert answer["refused"][0]["hint"].startswith("Nothing was changed.")


def test_a_request_sent_again_gives_the_same_answer_and_decides_once(
    rita: TestClient, pending: Pending
):
    asked = {
        "variants": [pending[0].id, pending[1].id],
        "verdict": "approve",
        "request_id": "one-click",
        "versions": {pending[0].id: 1, pending[1].id: 1},
    }
    answers = [rita.post("/api/v1/decisions", json=asked).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]["decided"]) == 2
    said = rita.get(f"/api/v1/variants/{pending[0].id}/decisions").json()["decisions"]
    assert [(s["verdict"], s["role"]) for s in said] == [
        ("submit", "creator"),
        ("approve", "reviewer"),
    ]


def test_a_request_id_that_stands_for_something_else_is_a_conflict(
    rita: TestClient, pending: Pending
):
    asked = {"variants": [pending[0].id], "verdict": "approve", "request_id": "one-click"}
    rita.post("/api/v1/decisions", json=asked)
    both = [pending[1].id, pending[0].id]
    other = asked | {"variants": both, "verdict": "reject", "comment": "dull"}
    answer = rita.post("/api/v1/decisions", json=other)
    assert answer.status_code == 409
    assert answer.json()["error"]["kind"] == "request_reused"
    untouched = rita.get(f"/api/v1/variants/{pending[1].id}/decisions").json()["decisions"]
    assert [said["verdict"] for said in untouched] == ["submit"]


def test_a_verdict_on_an_older_version_is_refused_and_says_who_was_first(
    rita: TestClient, carla: TestClient, pending: Pending
):
    variant = pending[0].id
    decide(carla, "withdraw", variant)
    decide(carla, "submit", variant)
    asked = {"variants": [variant], "verdict": "approve", "versions": {str(variant): 1}}
    [refusal] = rita.post("/api/v1/decisions", json=asked).json()["refused"]
    assert refusal["error"] == "carla submitted this just now"


def test_a_creator_cannot_decide_and_a_rejection_needs_a_reason(
    carla: TestClient, rita: TestClient, pending: Pending
):
    assert "may not decide" in decide(carla, "approve", pending[0].id)["refused"][0]["error"]
    assert "reason is needed" in decide(rita, "reject", pending[0].id)["refused"][0]["error"]


def test_nobody_approves_their_own_run(rita: TestClient, studio: Studio, people: People):
    run = rita.post("/api/v1/runs", json=BRIEF).json()["run"]
    [variant, *_] = runs.variants(studio, run, person=people.rita)
    [refusal] = decide(rita, "approve", variant.id)["refused"]
    assert refusal["variant"] == variant.id


@pytest.mark.parametrize(
    "asked",
    [
        {"variants": [], "verdict": "approve"},
        {"variants": [1], "verdict": "delete"},
        {"variants": ["x"], "verdict": "approve"},
        {"variants": list(range(1, 502)), "verdict": "approve"},
        {"variants": [1], "verdict": "approve", "reviewer": "ada"},
        {"variants": [1], "verdict": "reject", "comment": "x" * 1001},
        {"variants": [2**70], "verdict": "approve"},
        {"variants": [1], "verdict": "approve", "request_id": "x" * 65},
        {"variants": [1], "verdict": "approve", "request_id": "a b"},
        {"variants": [1], "verdict": "approve", "versions": {"1": -1}},
        {"variants": [1], "verdict": "reject", "comment": "\ud800"},
    ],
    ids=lambda asked: str(asked)[:40],
)
def test_a_decision_that_makes_no_sense_is_refused(rita: TestClient, asked: dict[str, Any]):
    body = json.dumps(asked)
    headers = {"Content-Type": "application/json"}
    assert rita.post("/api/v1/decisions", content=body, headers=headers).status_code == 422


def test_the_history_names_who_said_what(rita: TestClient, pending: Pending):
    hostile = "<img src=x onerror=alert(1)> no"
    decide(rita, "request_changes", pending[0].id, comment="Less sky, please")
    answer = rita.get(f"/api/v1/variants/{pending[0].id}/decisions")
    said = answer.json()["decisions"]
    assert [(s["reviewer"], s["verdict"]) for s in said] == [
        ("carla", "submit"),
        ("rita", "request_changes"),
    ]
    assert said[-1]["comment"] == "Less sky, please"
    assert answer.headers["content-type"] == "application/json"
    decide(rita, "reopen", pending[0].id)
    decide(rita, "reject", pending[0].id, comment=hostile)
    said = rita.get(f"/api/v1/variants/{pending[0].id}/decisions").json()["decisions"]
    assert all(isinstance(s["comment"], str) for s in said)


def test_approved_variants_become_a_pack_that_can_be_fetched(
    carla: TestClient, rita: TestClient, pending: Pending
):
    chosen = [variant.id for variant in pending[:2]]
    decide(rita, "approve", *chosen)
    assets = carla.get("/api/v1/assets?brand=voltra").json()["variants"]
    assert {asset["id"] for asset in assets} == set(chosen)
    asked = {"variants": chosen, "placements": ["instagram-square"], "name": "Sommer für alle"}
    built = carla.post("/api/v1/packs", json=asked)
    assert built.status_code == 201
    pack = built.json()
    assert pack["rendition_count"] == 2
    assert carla.get(f"/api/v1/packs/{pack['id']}").json() == pack
    assert carla.get("/api/v1/packs").json()["packs"] == [pack]
    fetched = carla.get(pack["download"])
    assert fetched.headers["content-type"] == "application/zip"
    assert fetched.headers["content-disposition"].startswith('attachment; filename="')
    assert fetched.headers["etag"] == f'"{pack["sha256"]}"'
    assert ZipFile(BytesIO(fetched.content)).testzip() is None
    again = carla.get(pack["download"], headers={"If-None-Match": fetched.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"variants": [], "placements": ["story"]}, 422),
        ({"variants": [999], "placements": ["story"]}, 404),
        ({"variants": [1], "placements": ["story"]}, 422),
    ],
)
def test_a_pack_holds_approved_variants_only(
    carla: TestClient, pending: Pending, asked: dict[str, Any], status: int
):
    assert carla.post("/api/v1/packs", json=asked).status_code == status


def test_images_are_kept_by_the_browser_and_by_nobody_else(carla: TestClient, pending: Pending):
    shown = carla.get(f"/api/v1/runs/{pending[0].run_id}/variants").json()["variants"][0]
    original, thumb = carla.get(shown["image"]), carla.get(shown["thumb"])
    assert Image.open(BytesIO(original.content)).size == (shown["width_px"], shown["height_px"])
    assert Image.open(BytesIO(thumb.content)).format == "WEBP"
    assert thumb.headers["content-type"] == "image/webp"
    for answer in (original, thumb):
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        kept = carla.get(str(answer.request.url), headers={"If-None-Match": answer.headers["etag"]})
        assert kept.status_code == 304


def test_a_logo_cannot_run_script(carla: TestClient):
    for name in ("logo.svg", "logo-on-dark.svg"):
        logo = carla.get(f"/brands/voltra/{name}")
        assert logo.headers["content-type"] == "image/svg+xml"
        assert "sandbox" in logo.headers["content-security-policy"]
        assert "script-src" not in logo.headers["content-security-policy"]


def test_a_rendition_is_shown_as_it_would_be_delivered(carla: TestClient, pending: Pending):
    answer = carla.get(f"/renditions/{pending[0].id}/instagram-square")
    assert answer.status_code == 200
    image = Image.open(BytesIO(answer.content))
    assert image.format == answer.headers["content-type"].removeprefix("image/").upper()


def events_of(text: str) -> list[tuple[str, Any]]:
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("event: ")]
    return [
        (block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: ")))
        for block in blocks
    ]


def test_the_events_of_a_finished_run_end_at_once(carla: TestClient, drawn_run: int):
    answer = carla.get(f"/api/v1/runs/{drawn_run}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    [(name, progress)] = events_of(answer.text)
    assert name == "progress"
    assert progress["status"] == "succeeded"
    assert (progress["drawn"], progress["total"]) == (4, 4)
    assert progress["finished"] is True


def test_the_events_follow_a_run_until_it_is_finished(
    studio: Studio, people: People, worker: Worker, brief: Callable[..., BriefForm]
):
    run = runs.submit(studio, brief(), person=people.carla)
    events = _stream_to(studio, run, people.carla)

    async def read() -> list[str]:
        before = [await anext(events), await anext(events)]
        carry_out(worker, run)
        return before + [event async for event in events]

    seen = events_of("".join(anyio.run(read)))
    assert [progress["status"] for _, progress in seen] == ["queued", "succeeded"]
    assert [progress["finished"] for _, progress in seen] == [False, True]


def test_the_events_end_when_the_person_may_no_longer_look(
    studio: Studio, people: People, brief: Callable[..., BriefForm]
):
    run = runs.submit(studio, brief(), person=people.carla)
    events = _stream_to(studio, run, people.carla)

    async def read() -> list[str]:
        before = [await anext(events), await anext(events)]
        users.disable(studio, people.carla.id, person=people.ada)
        return before + [event async for event in events]

    seen = events_of("".join(anyio.run(read)))
    assert [name for name, _ in seen] == ["progress", "failure"]
    assert seen[-1][1]["error"]["kind"] == "sign_in"


def _stream_to(studio: Studio, run: int, person: Person) -> AsyncIterator[str]:
    token = users.sign_in(studio, person.name, PASSWORD)
    return stream(studio, run, person, Credential(token, is_token=False))


def test_what_remains_is_told_from_the_pace_so_far(studio: Studio, people: People, drawn_run: int):
    done = runs.get(studio, drawn_run, person=people.carla)
    half = replace(
        done, status=RunStatus.RUNNING, steps_done=10, steps_total=40, started_at=studio.now()
    )
    assert progress_of(half, studio.now() + timedelta(seconds=5)).remaining_s == 15.0


def test_every_kind_of_failure_has_a_status_and_a_hint():
    kinds = [StudioError, *_all_below(StudioError)]
    assert len(kinds) > 12
    for kind in kinds:
        error = kind.__new__(kind)
        assert 400 <= status_of(error) < 600
        assert failure_of(error).kind
    assert status_of(StorageFullError("full")) == 507


def _all_below(kind: type[StudioError]) -> list[type[StudioError]]:
    return [k for sub in kind.__subclasses__() for k in (sub, *_all_below(sub))]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("summer.zip", 'filename="summer.zip"'),
        ("../../etc/passwd", 'filename="etc-passwd"'),
        ('a"\r\nSet-Cookie: x', 'filename="a-Set-Cookie- x"'),
        ("für alle.zip", "filename*=UTF-8''f%C3%BCr%20alle.zip"),
        ("a\u202egnp.exe", 'filename="agnp.exe"'),
        ("", 'filename="download"'),
    ],
)
def test_a_download_has_a_name_that_is_safe_everywhere(name: str, shown: str):
    header = attachment(name)
    assert shown in header
    assert header.isascii()
    assert "\n" not in header


def test_the_api_describes_itself_without_the_network(carla: TestClient):
    document = carla.get("/api/v1/openapi.json").json()
    assert "/api/v1/runs/{run_id}/events" in document["paths"]
    page = carla.get("/api/v1/docs", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert all(path in page.text for path in document["paths"])
    assert "<script" not in page.text
    assert "https://" not in page.text


@pytest.mark.parametrize("role", list(Role))
def test_everyone_signed_in_may_look(
    visitor: TestClient, studio: Studio, people: People, role: Role
):
    [person] = [p for p in (people.carla, people.rita, people.ada) if p.role is role]
    visitor.cookies.set("bs_session", users.sign_in(studio, person.name, PASSWORD))
    for path in ("catalogue", "runs", "review", "assets", "packs"):
        assert visitor.get(f"/api/v1/{path}").status_code == 200


def test_approving_twice_at_the_service_and_here_agree(
    rita: TestClient, studio: Studio, people: People, pending: Pending
):
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    assert decide(rita, "approve", pending[0].id)["decided"] == []

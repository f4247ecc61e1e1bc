"""The review over REST: variants, verdicts on many of them, and who may say what."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from brandstudio.domain.review import Verdict
from brandstudio.domain.run import VariantRecord
from brandstudio.services import reviews, runs
from brandstudio.services.studio import Studio
from tests.conftest import BRIEF, People
from tests.web.conftest import decide

Pending = tuple[VariantRecord, ...]


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
    assert [name for name, may in best["can"].items() if may] == ["submit", "redraw"]
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


def test_approving_twice_at_the_service_and_here_agree(
    rita: TestClient, studio: Studio, people: People, pending: Pending
):
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    assert decide(rita, "approve", pending[0].id)["decided"] == []

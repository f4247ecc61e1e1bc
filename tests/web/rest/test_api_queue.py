"""The queue over REST: pause and resume, refusals with a number of their own, the workers."""

from collections.abc import Callable
from dataclasses import replace

from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandstudio.domain.brief import BriefForm
from brandstudio.services import runs
from brandstudio.services.studio import Studio
from brandstudio.services.work import workers
from brandstudio.web.server import without_pages
from tests.conftest import BRIEF, People
from tests.web.conftest import ORIGIN, browser_of


def test_a_run_is_paused_and_goes_on(
    studio: Studio, people: People, carla: TestClient, brief: Callable[..., BriefForm]
):
    run = runs.submit(studio, brief(), person=people.carla)
    paused = carla.post(f"/api/v1/runs/{run}/pause").json()
    resumed = carla.post(f"/api/v1/runs/{run}/resume").json()
    assert [body["paused"] for body in (paused, resumed)] == [True, False]
    assert (paused["status"], paused["queue_position"]) == ("queued", 0)


def test_a_quota_a_full_queue_and_a_key_that_is_taken_have_their_own_status(
    studio: Studio, people: People
):
    def answer(key: str = "", **limits: int) -> tuple[int, str]:
        settings = studio.settings.model_copy(update=limits)
        app = without_pages(replace(studio, settings=settings), link_base=ORIGIN)
        sent = BRIEF | {"seed": len(limits)}
        said = browser_of(app, studio, people.carla).post(
            "/api/v1/runs", json=sent, headers={"Idempotency-Key": key}
        )
        return said.status_code, said.json().get("error", {}).get("kind", "")

    assert answer(key="k", daily_quota=9) == (201, "")
    assert answer(key="k") == (409, "key_reused")
    assert answer(daily_quota=3) == (429, "quota")
    assert answer(queue_cap=3) == (503, "queue_full")


def test_administrators_see_the_workers_and_nobody_else(
    app: FastAPI, studio: Studio, people: People, carla: TestClient
):
    assert carla.get("/api/v1/workers").status_code == 403
    with workers.present(studio, "here:1"):
        body = browser_of(app, studio, people.ada).get("/api/v1/workers").json()
    assert [worker["name"] for worker in body["workers"]] == ["here:1"]
    assert body["said"] == "The generator is starting…"

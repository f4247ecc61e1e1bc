from dataclasses import replace

import pytest

from brandstudio.domain.review import Verdict
from brandstudio.services import packs, reviews, runs
from brandstudio.services.operations import upkeep
from brandstudio.services.work.worker import carry_out
from brandstudio.storage.blobs import BlobKind
from tests.fakes import Overflowing


@pytest.fixture
def settings(settings_on_each):
    return settings_on_each


@pytest.mark.parametrize("ending", [".png", "/thumb?w=128"])
def test_a_damaged_image_is_gone_with_a_sentence_and_not_an_exception(
    carla, studio, pending, ending
):
    sha256 = pending[0].sha256
    file = studio.blobs.path(sha256, "png")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    upkeep.scrub(studio, [(sha256, "png")])
    answer = carla.get(f"/images/{sha256}{ending}")
    assert answer.status_code == 410
    told = answer.json()["error"]
    assert told.pop("reference") == answer.headers["x-request-id"]
    assert told == {
        "kind": "lost_file",
        "message": f"The image of variant {pending[0].id} is damaged",
        "hint": "Draw the variant again (its recipe is kept), or restore the file from a backup.",
        "problems": [],
    }


def test_a_missing_image_of_a_variant_is_gone_and_an_unknown_one_is_not_found(
    carla, studio, pending
):
    studio.blobs.path(pending[0].sha256, "png").unlink()
    assert carla.get(f"/images/{pending[0].sha256}.png").status_code == 410
    assert carla.get(f"/images/{'0' * 64}.png").status_code == 404


def test_a_pack_with_a_damaged_image_is_refused_by_name(carla, studio, people, pending):
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    studio.blobs.mark(pending[0].sha256, "png", BlobKind.REMOVED)
    answer = carla.post(
        "/api/v1/packs", json={"variants": [pending[0].id], "placements": ["story"]}
    )
    assert answer.status_code == 410
    assert f"variant {pending[0].id} is removed" in answer.json()["error"]["message"]
    assert packs.recent(studio, person=people.carla) == ()


def test_lost_images_are_queued_again_by_whoever_made_the_run(carla, rita, studio, pending):
    studio.blobs.path(pending[0].sha256, "png").unlink()
    path = f"/api/v1/runs/{pending[0].run_id}/redraw"
    assert rita.post(path).status_code == 403
    answer = carla.post(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    assert carla.post(path).status_code == 409


def test_an_empty_image_says_why_and_is_queued_again(carla, studio, people, brief, worker):
    run_id = runs.submit(studio, brief(), person=people.carla)
    first = runs.variants(studio, run_id, person=people.carla)[0]
    spoilt = replace(worker, generator=Overflowing(seeds=frozenset([first.seed])))
    carry_out(spoilt, run_id)
    bodies = carla.get(f"/api/v1/runs/{run_id}/variants").json()["variants"]
    failed = [body for body in bodies if body["status"] == "failed"]
    assert [body["failure"]["message"] for body in failed] == ["The model drew an empty image"] * 2
    assert "Draw this one again" in failed[0]["failure"]["hint"]
    may = failed[0]["can"]
    assert (failed[0]["image"], may["submit"], may["redraw"]) == (None, False, True)
    answer = carla.post(f"/api/v1/runs/{run_id}/redraw")
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")

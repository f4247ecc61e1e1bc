"""Uploads over HTTP: what is taken, what is refused and how, and who may look."""

import re
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from brandstudio.decoder.helper import Decoder, Picture
from brandstudio.domain.people import Person
from brandstudio.services import uploads
from brandstudio.services.studio import Studio
from brandstudio.web.gate.bodies import ALLOWANCES, MAX_LARGE_AT_ONCE, Allowance
from brandstudio.web.server import without_pages
from tests.conftest import BRIEF, People
from tests.fakes import SmallDisk
from tests.hostile_images import base_images, bombs, foreign, hostile
from tests.web import wire
from tests.web.conftest import ORIGIN, browser_of
from tests.web.wire import STALL, pieces, together

PATH = "/api/v1/uploads"
PNG = base_images()["png"]


def send(client: TestClient, content: Any = PNG, name: str = "can.png", kind: str = "image/png"):
    return client.post(PATH, params={"name": name}, content=content, headers={"Content-Type": kind})


def stored_files(studio: Studio) -> int:
    return sum(1 for _ in studio.blobs.survey())


def test_an_image_is_uploaded_looked_at_and_named_in_a_brief(carla: TestClient, rita: TestClient):
    made = send(carla)
    assert made.status_code == 201
    upload = made.json()
    assert (upload["name"], upload["width_px"], upload["height_px"]) == ("can.png", 96, 64)
    shown = carla.get(upload["image"])
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"].startswith("private")
    assert Image.open(BytesIO(shown.content)).size == (96, 64)
    assert carla.get(f"{PATH}/{upload['id']}").json() == upload
    brief = BRIEF | {"references": [upload["id"]]}
    assert carla.post("/api/v1/plans", json=brief).status_code == 200
    run = carla.post("/api/v1/runs", json=brief).json()["run"]
    seen = rita.get(f"/api/v1/runs/{run}").json()
    assert seen["references"] == [upload]
    assert seen["brief"]["references"] == [upload["id"]]
    assert rita.get(upload["image"]).content == shown.content


def test_an_upload_can_be_taken_back_until_it_is_in_a_run(carla: TestClient):
    first, second = (send(carla).json()["id"] for _ in range(2))
    assert carla.delete(f"{PATH}/{first}").status_code == 204
    assert carla.get(f"{PATH}/{first}").status_code == 404
    carla.post("/api/v1/runs", json=BRIEF | {"references": [second]})
    refused = carla.delete(f"{PATH}/{second}")
    assert (refused.status_code, refused.json()["error"]["kind"]) == (409, "upload_in_use")


def test_what_is_anothers_answers_byte_for_byte_like_nothing(carla: TestClient, rita: TestClient):
    upload = send(carla).json()
    # Each request has a reference of its own.
    digits = re.compile(rb"'?\b(%d|998)\b'?|\"reference\":\"\w+\"" % upload["id"])
    for method, path in (
        ("GET", f"{PATH}/{{}}"),
        ("DELETE", f"{PATH}/{{}}"),
        ("GET", "/uploads/{}/" + upload["image"].rpartition("/")[2]),
    ):
        anothers = rita.request(method, path.format(upload["id"]))
        nothing = rita.request(method, path.format(998))
        assert anothers.status_code == nothing.status_code == 404
        assert digits.sub(b"N", anothers.content) == digits.sub(b"N", nothing.content)
    for where in ("/api/v1/plans", "/api/v1/runs"):
        anothers = rita.post(where, json=BRIEF | {"references": [upload["id"]]})
        nothing = rita.post(where, json=BRIEF | {"references": [998]})
        assert anothers.status_code == nothing.status_code == 422
        assert digits.sub(b"N", anothers.content) == digits.sub(b"N", nothing.content)
    sha256 = upload["image"].rpartition("/")[2].removesuffix(".webp")
    for client in (carla, rita):
        assert client.get(f"/images/{sha256}.png").status_code == 404
        assert client.get(f"/images/{sha256}/thumb").status_code == 404


def test_a_stranger_gets_nowhere(visitor: TestClient, carla: TestClient):
    image = send(carla).json()["image"]
    assert send(visitor).status_code == 401
    assert visitor.get(image).status_code == 401


def test_another_site_cannot_upload_for_somebody(carla: TestClient):
    headers = {"Content-Type": "image/png", "Origin": "https://evil.example"}
    assert carla.post(PATH, content=PNG, headers=headers).status_code == 403


def test_other_files_are_refused_in_words_and_nothing_is_started_for_them(
    carla: TestClient, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    trap = tmp_path / "gs"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    trap.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name, content in foreign().items():
        refused = send(carla, content, name="renamed.png")
        assert refused.status_code == 422, name
        assert refused.json()["error"]["message"] == "Please upload PNG, JPEG or WebP", name
    assert not (tmp_path / "ran").exists()
    assert stored_files(studio) == 0


def test_only_an_image_is_read_as_one(carla: TestClient):
    for kind in ("application/json", "multipart/form-data; boundary=x", "", "text/html"):
        refused = send(carla, kind=kind)
        assert refused.json()["error"]["message"] == "Please upload PNG, JPEG or WebP", kind


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux counts the peak")
def test_bombs_are_refused_and_cost_this_process_no_memory(carla: TestClient, studio: Studio):
    made = list(bombs())
    send(carla)
    Path("/proc/self/clear_refs").write_text("5")
    before_mb = peak_mb()
    answers = {
        name: send(carla, content).status_code for name, content in made if " in " not in name
    }
    assert peak_mb() - before_mb < 100
    assert set(answers.values()) == {422}, answers
    assert stored_files(studio) == 1


def peak_mb() -> int:
    """The most memory this process has held since the mark was last reset."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024  # pyright: ignore


def test_hostile_images_are_all_answered_and_a_good_one_is_taken_after_them(
    carla: TestClient, rita: TestClient
):
    sample = [content for _, content in hostile(seed=2026, count=1000)][50::25]
    answers = [send(carla, content).status_code for content in sample]
    assert set(answers) <= {201, 422, 429}
    assert answers.count(422) > len(sample) // 2
    assert send(rita).status_code == 201


NAMES = {
    "../../x.png": "x.png",
    "CON": "CON",
    "a\u202egnp.exe": "a gnp.exe",
    "n" * 300: "n" * 79 + "…",
    "new\nline.png": "new line.png",
    "-rf": "-rf",
    "..": "..",
    "/": "image",
    "C:\\photos\\nul.txt": "nul.txt",
    "": "image",
    "<script>alert(1)</script>": "script>",
    '"><img src=x onerror=alert(1)>': '"><img src=x onerror=alert(1)>',
}


def test_a_name_is_kept_as_text_and_never_becomes_a_path(carla: TestClient, studio: Studio):
    assert {name: send(carla, name=name).json()["name"] for name in NAMES} == NAMES
    assert {found.suffix for found in studio.blobs.survey()} == {"webp"}


@pytest.mark.usefixtures("app")
def test_what_a_photo_tells_beside_its_pixels_is_nowhere_in_the_studio(
    carla: TestClient, studio: Studio
):
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "SECRET description", "SECRET author"
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 54.0, 27.0), 29: "SECRET 2026:11:26"})
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0SECRET comment"
    photo = BytesIO()
    Image.new("RGB", (90, 60), "teal").save(
        photo, "JPEG", exif=exif, xmp=b"<x>SECRET</x>", comment=b"SECRET", icc_profile=b"SECRET"
    )
    assert photo.getvalue().count(b"SECRET") >= 6
    upload = send(carla, photo.getvalue()).json()
    run = carla.post("/api/v1/runs", json=BRIEF | {"references": [upload["id"]]}).json()["run"]
    assert carla.get(f"/api/v1/runs/{run}").json()["references"] == [upload]
    studio.database.close()
    kept = [path for path in studio.settings.data_dir.rglob("*") if path.is_file()]
    assert len(kept) >= 2
    assert [path for path in kept if b"SECRET" in path.read_bytes()] == []
    assert b"SECRET" not in carla.get(upload["image"]).content


asked = partial(wire.asked, path=PATH, kind="image/png")


SLOW, QUICK = PNG, base_images()["jpeg"]


@dataclass
class Held:
    """A decoder that keeps some images until it is let go, and counts what it has in hand."""

    kept: tuple[bytes, ...] = (SLOW,)
    let_go: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    at_once: int = 0
    most_at_once: int = 0

    def render(self, content: bytes) -> Picture:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert content not in self.kept or self.let_go.wait(60)
        with self.lock:
            self.at_once -= 1
        return Picture(b"RIFF\0\0\0\0WEBP", 1, 1)


class TestLimits:
    """How much, how slowly, how many."""

    def test_twenty_megabytes_fit_and_one_byte_more_does_not(
        self, carla: TestClient, studio: Studio
    ):
        limit = ALLOWANCES["POST", PATH].max_bytes
        padded = PNG + bytes(limit - len(PNG))
        assert send(carla, padded).status_code == 201
        refused = send(carla, padded + b"x")
        assert refused.status_code == 413
        assert refused.json()["error"]["message"] == "This image is larger than 20 MB"
        counted = send(
            carla, (padded[at : at + 500_000] for at in range(0, limit + 500_000, 500_000))
        )
        assert counted.status_code == 201, "a body without a length is counted, not refused"

    def test_every_other_address_keeps_its_megabyte(self, carla: TestClient):
        for path in ("/api/v1/runs", "/api/v1/plans", f"{PATH}/1", f"{PATH}/"):
            headers = {"Content-Type": "image/png"}
            refused = carla.post(path, content=bytes(1_000_001), headers=headers)
            assert refused.status_code == 413, path
            assert "1 MB" in refused.json()["error"]["message"], path

    def test_a_slow_client_is_told_so(
        self, app: FastAPI, studio: Studio, people: People, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setitem(ALLOWANCES, ("POST", PATH), Allowance(20_000_000, wait_s=0.2))
        assert anyio.run(asked, app, studio, people.carla, pieces(PNG[:100], then=STALL)) == 408
        assert stored_files(studio) == 0

    def test_half_an_image_is_thrown_away(self, app: FastAPI, studio: Studio, people: People):
        # Whole as an image, but the client had announced more and is gone.
        cut = pieces(PNG, then={"type": "http.disconnect"})
        assert anyio.run(asked, app, studio, people.carla, cut) == 400
        assert stored_files(studio) == 0

    def test_a_lying_length_is_refused_at_once(self, carla: TestClient):
        headers = {"Content-Type": "image/png", "Content-Length": "99999999999"}
        assert carla.post(PATH, content=PNG, headers=headers).status_code == 413

    def test_nobody_has_more_than_a_few_on_their_way(self, studio: Studio, people: People):
        decoder, answers = Held(), list[int]()
        app = without_pages(replace(studio, decoder=decoder), link_base=ORIGIN)

        async def one() -> None:
            answers.append(await asked(app, studio, people.carla, pieces(SLOW)))
            if answers.count(429) == 3:
                decoder.let_go.set()

        anyio.run(together, [one] * (MAX_LARGE_AT_ONCE + 3))
        assert sorted(answers) == [201] * MAX_LARGE_AT_ONCE + [429] * 3
        assert decoder.most_at_once == 1, "one after the other, so that others get a turn"

    def test_somebodys_slow_images_are_nobody_elses_wait(self, studio: Studio, people: People):
        decoder, answered = Held(), list[str]()
        app = without_pages(replace(studio, decoder=decoder), link_base=ORIGIN)

        async def carla() -> None:
            assert await asked(app, studio, people.carla, pieces(SLOW)) == 201
            answered.append("carla")

        async def rita() -> None:
            while decoder.at_once == 0:
                await anyio.sleep(0)
            assert await asked(app, studio, people.rita, pieces(QUICK)) == 201
            answered.append("rita")
            decoder.let_go.set()

        anyio.run(together, [*[carla] * MAX_LARGE_AT_ONCE, rita])
        assert answered == ["rita", *["carla"] * MAX_LARGE_AT_ONCE]
        assert decoder.most_at_once == 2

    def test_two_are_opened_at_a_time_however_many_people_wait(
        self, studio: Studio, people: People
    ):
        decoder, everyone = Held(), [people.carla, people.rita, people.ada]
        app = without_pages(replace(studio, decoder=decoder), link_base=ORIGIN)

        async def one(person: Person) -> None:
            assert await asked(app, studio, person, pieces(SLOW)) == 201

        async def release() -> None:
            while decoder.at_once < 2:
                await anyio.sleep(0)
            await anyio.wait_all_tasks_blocked()
            decoder.let_go.set()

        anyio.run(together, [*(partial(one, person) for person in everyone), release])
        assert decoder.most_at_once == 2

    def test_the_disk_may_be_full(self, carla: TestClient, studio: Studio, people: People):
        full = replace(studio, blobs=SmallDisk(studio.blobs.folder, places=0))
        app = without_pages(full, link_base=ORIGIN)
        assert send(browser_of(app, studio, people.carla)).status_code == 507
        assert carla.get(f"{PATH}/1").status_code == 404

    def test_a_helper_that_cannot_start_is_the_studios_fault(self, studio: Studio, people: People):
        broken = replace(studio, decoder=replace(Decoder(), command=("/nothing/there",)))
        app = without_pages(broken, link_base=ORIGIN)
        assert send(browser_of(app, studio, people.carla)).status_code == 503

    def test_too_many_that_wait_for_a_brief(
        self, carla: TestClient, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(uploads, "MAX_UNCLAIMED", 1)
        assert send(carla).status_code == 201
        assert send(carla).status_code == 429

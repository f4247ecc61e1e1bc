"""One catalogue of failures: what happened, what next, a reference; nothing of the inside."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from brandstudio.decoder.errors import Refusal
from brandstudio.errors import (
    ConnectionLostError,
    DatabaseBusyError,
    DatabaseError,
    LockError,
    PresetError,
    Problem,
    StorageFullError,
    StudioError,
    WeightsError,
    without_places,
)
from brandstudio.services import runs
from brandstudio.services.people import links
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.web.failures import failure_of, kind_of, refusal
from brandstudio.web.gradio.views.brands import broken_brands
from tests.conftest import People
from tests.fakes import FlatColour
from tests.web.catalogue_of_errors import FILE, every_kind, markdown, shown

INSIDE = "'/srv/studio/lora_weights/voltra.safetensors' in /srv/studio/data/x/unet"
PATH = re.compile(r"/srv|studio/data|\.safetensors/|lora_weights/|presets/\w+/|[A-Z]:\\")
PROBLEM = Problem("line 3, file", f"{INSIDE} does not exist")
ARGUMENTS: Mapping[str, tuple[Any, ...]] = {
    "BriefError": ([PROBLEM],),
    "CommentNeededError": ("Say why",),
    "ConnectionLostError": (f'server at "db.internal" (10.0.0.5) failed: {INSIDE}',),
    "DatabaseBusyError": (),
    "DefectiveImageError": ("it is black",),
    "ImageRefusedError": (Refusal.DAMAGED,),
    "KeyReusedError": ("one", 3),
    "LastAdministratorError": ("ada",),
    "LinkClosedError": (),
    "LostFileError": ("variant 3", "damaged"),
    "LostUploadError": ("the image 'a.png'", "missing"),
    "NobodyError": ("mina", ["ada"]),
    "NotFoundError": ("run", 3),
    "PresetError": ("presets/brands/voltra/brand.yaml", [PROBLEM]),
    "PresetFileChangedError": ("brand", "voltra"),
    "QueueFullError": (900, 40),
    "QuotaError": (400, 120, 500),
    "RequestReusedError": ("one",),
    "ReviewClosedError": (3, "changes_requested"),
    "StalePageError": (),
    "StrangerError": (),
    "TooLargeError": (90_000, 60_000, "at JPEG quality 75"),
    "TooManyAttemptsError": (60.0,),
    "TooManyRequestsError": (3,),
    "TooManyStreamsError": (6,),
    "TooManyUploadsError": (20,),
    "UnreadableEventError": (),
    "UploadInUseError": (3,),
}
"""Of those that say their message themselves; all others are given the inside as theirs."""


def made(kind: type[StudioError]) -> StudioError:
    if kind is LockError:
        return LockError("presets/brands/voltra/logo.svg", locked="a" * 64, actual="b" * 64)
    return kind(*ARGUMENTS.get(kind.__name__, (f"It failed: {INSIDE}",)))


def test_a_full_disk_has_the_status_that_is_made_for_it():
    assert StorageFullError("full").status == 507


STATUSES = frozenset({400, 401, 403, 404, 409, 410, 422, 429, 503, 507})
"""Those that docs/errors.md and the OpenAPI document explain."""


def test_every_failure_has_one_of_the_documented_statuses():
    kinds = every_kind()
    assert len(kinds) > 50
    assert [kind.__name__ for kind in kinds if kind.status not in STATUSES] == []


SHOWN = [kind for kind in every_kind() if shown(kind)]


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_every_failure_says_what_and_what_next_and_nothing_of_the_inside(
    kind: type[StudioError], accept: str
):
    error = made(kind)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/studio/",
        "headers": [(b"accept", accept.encode())],
    }
    answer = refusal(scope, error)
    body = bytes(answer.body).decode()
    assert answer.status_code == error.status
    assert failure_of(error).kind == kind_of(kind)
    assert error.public_message.strip()
    assert error.hint.strip().endswith((".", "…"))
    for inside in ("/srv", "Traceback", 'File "', "db.internal", "10.0.0.5"):
        assert inside not in body
    assert PATH.search(f"{error.public_message} {error.hint}") is None


def test_the_page_about_errors_is_what_the_code_says(request: pytest.FixtureRequest):
    if request.config.getoption("--write-matrix"):
        FILE.write_text(markdown(), encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == markdown(), "write it anew with --write-matrix"


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("no file in directory /tmp/brandstudio-1/base.", "no file in directory base."),
        ("./no/such/folder is missing", "folder is missing"),
        ("open('/srv/my models/x.bin')", "open('x.bin')"),
        (r"C:\Users\mina\x.bin is missing", "x.bin is missing"),
        (r"'\\server\share\x.bin'", "'x.bin'"),
        ("stabilityai/stable-diffusion and/or 4/5", "stabilityai/stable-diffusion and/or 4/5"),
        ("see https://x.test/a/b", "see https://x.test/a/b"),
    ],
)
def test_a_path_becomes_the_name_at_its_end(text: str, shown_as: str):
    assert without_places(text) == shown_as


def test_a_refusal_and_the_log_carry_the_requests_id(
    carla: TestClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "brandstudio")
    for ask in (
        lambda: carla.post("/api/v1/runs", json={}),
        lambda: carla.get("/api/v1/runs/999"),
        lambda: carla.get("/nothing"),
        lambda: carla.post("/api/v1/runs", json={}, headers={"Origin": "https://evil.example"}),
        lambda: carla.post("/api/v1/runs", content=b"x" * 2_000_000),
    ):
        caplog.clear()
        answer = ask()
        reference = answer.json()["error"]["reference"]
        assert re.fullmatch(r"[0-9a-f]{12}", reference)
        assert answer.headers["x-request-id"] == reference
        assert f"with {answer.status_code}: {answer.json()['error']['kind']}" in caplog.text


def test_a_page_shows_the_reference(carla: TestClient):
    page = carla.get("/nothing", headers={"Accept": "text/html"})
    assert f"Reference {page.headers['x-request-id']}" in page.text


def test_no_two_answers_share_an_id_and_a_client_cannot_choose_it(carla: TestClient):
    ids = [
        carla.get("/healthz", headers={"X-Request-Id": "mine"}).headers["x-request-id"]
        for _ in range(20)
    ]
    assert len(set(ids)) == 20
    assert "mine" not in ids


def test_strangers_cannot_fill_the_log(visitor: TestClient, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, "brandstudio")
    for _ in range(20):
        assert visitor.get("/api/v1/runs").status_code == 401
    assert caplog.text == ""


INSIDES: Mapping[str, tuple[Callable[[], StudioError], int, str]] = {
    "a preset": (
        lambda: PresetError("presets/brands/voltra/brand.yaml", [PROBLEM]), 409, "/srv/studio",
    ),
    "weights": (lambda: WeightsError(f"House cannot be loaded: {INSIDE}"), 409, "/srv/studio"),
    "a server": (lambda: ConnectionLostError('at "db.internal", port 5432'), 503, "db.internal"),
    "a database": (lambda: DatabaseError("The database answered: secret"), 503, "secret"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "status", "inside"), INSIDES.values(), ids=INSIDES.keys())
def test_what_is_kept_from_the_browser_stands_in_the_log(
    app: FastAPI,
    carla: TestClient,
    caplog: pytest.LogCaptureFixture,
    make: Callable[[], StudioError],
    status: int,
    inside: str,
):
    @app.get("/api/v1/broken")
    def broken() -> None:
        raise make()

    answer = carla.get("/api/v1/broken")
    assert answer.status_code == status
    assert inside not in answer.text
    assert inside in caplog.text


def test_a_brand_that_looks_like_another_is_not_told_anothers_name(studio: Studio):
    reason = "'Voltra' looks like 'Solenne', which is another brand's name"
    error = PresetError("brands/voltra/brand.yaml", [Problem("name", reason)])
    broken = replace(studio.catalogue, brands={}, broken={("brand", "voltra"): error})
    notice = broken_brands(broken.only(frozenset({"voltra"})))
    assert "voltra cannot be used" in notice
    assert "Solenne" not in notice
    assert "brand.yaml" not in notice


def test_a_run_that_failed_shows_no_path(
    studio: Studio, people: People, worker: Worker, carla: TestClient, brief: Any
):
    class Unreadable(FlatColour):
        def generate(self, *_: Any, **__: Any) -> Any:
            raise WeightsError(f"House cannot be loaded: {INSIDE}")

    run_id = runs.submit(studio, brief(), person=people.carla)
    carry_out(replace(worker, generator=Unreadable()), run_id)
    failed = carla.get(f"/api/v1/runs/{run_id}").json()["failure"]
    assert failed["message"] == "House cannot be loaded: 'voltra.safetensors' in unet"


@pytest.mark.usefixtures("app")
def test_a_busy_database_is_not_a_used_link(
    visitor: TestClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
):
    token = links.first(studio)

    def busy(*_: object, **__: object) -> str:
        raise DatabaseBusyError

    monkeypatch.setattr(links, "use", busy)
    form = {
        "token": token,
        "name": "ada",
        "password": "correct horse battery",
        "again": "correct horse battery",
    }
    answer = visitor.post("/welcome", data=form, headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert "The studio is busy and this was not saved" in answer.text

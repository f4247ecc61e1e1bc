"""What leaves over REST: packs, images, logos, renditions."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import anyio
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from brandstudio.domain.run import VariantRecord
from brandstudio.services.studio import Studio
from brandstudio.storage.blobs import Blobs
from brandstudio.web.gate.fair_threads import MAX_WAITING
from brandstudio.web.rest.files import attachment
from brandstudio.web.server import without_pages
from tests.conftest import People
from tests.web.conftest import ORIGIN, decide
from tests.web.wire import asked, pieces, together

Pending = tuple[VariantRecord, ...]


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


@pytest.fixture
def download(carla: TestClient, rita: TestClient, pending: Pending) -> str:
    """The address of a pack's ZIP."""
    decide(rita, "approve", pending[0].id)
    asked_for = {"variants": [pending[0].id], "placements": ["display-320x50"]}
    return carla.post("/api/v1/packs", json=asked_for).json()["download"]


RANGES = {
    "bytes=0-0": (206, slice(0, 1)),
    "bytes=10-": (206, slice(10, None)),
    "bytes=-7": (206, slice(-7, None)),
    "bytes=5-999999999": (206, slice(5, None)),
    "bytes=-999999999": (206, slice(None)),
    "bytes= 3-4": (206, slice(3, 5)),
    "bytes=999999999-": (416, None),
    "bytes=-0": (416, None),
    "bytes=5-2": (200, slice(None)),
    "bytes=": (200, slice(None)),
    "bytes=a-b": (200, slice(None)),
    "bytes=--5": (200, slice(None)),
    "bytes=0-" + "9" * 5_000: (200, slice(None)),
    "lines=1-2": (200, slice(None)),
    "nonsense": (200, slice(None)),
    "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 3_000, 2)): (200, slice(None)),
    "bytes=" + "0-," * 2_000 + "0-": (200, slice(None)),
}


@pytest.mark.parametrize(("wanted", "status", "part"), [(k, *v) for k, v in RANGES.items()])
def test_a_part_of_a_pack_is_that_part_and_nothing_else_changes(
    carla: TestClient, download: str, wanted: str, status: int, part: slice | None
):
    whole = carla.get(download).content
    answer = carla.get(download, headers={"Range": wanted})
    assert answer.status_code == status
    assert answer.content == (b"" if part is None else whole[part])
    assert answer.headers["x-content-type-options"] == "nosniff"
    if part is not None:
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["accept-ranges"] == "bytes"
    if status == 206:
        start, end, _ = part.indices(len(whole)) if part else (0, 0, 0)
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(whole)}"


def test_several_parts_come_one_after_the_other(carla: TestClient, download: str):
    whole = carla.get(download).content
    answer = carla.get(download, headers={"Range": "bytes=0-3,10-20"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert whole[:4] in answer.content
    assert whole[10:21] in answer.content
    assert len(answer.content) < 1_000


def test_the_head_of_a_download_says_the_same_without_the_bytes(carla: TestClient, download: str):
    for headers in ({}, {"Range": "bytes=5-9"}):
        full = carla.get(download, headers=headers)
        head = carla.head(download, headers=headers)
        assert (head.status_code, head.content) == (full.status_code, b"")
        told = ("content-length", "content-type", "content-disposition", "etag", "content-range")
        assert [head.headers.get(n) for n in told] == [full.headers.get(n) for n in told]


def test_what_the_browser_has_is_not_sent_again_whatever_part_it_asks_for(
    carla: TestClient, download: str
):
    tag = carla.get(download).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        for method in ("GET", "HEAD"):
            answer = carla.request(
                method, download, headers={"If-None-Match": known, "Range": "bytes=0-0"}
            )
            assert (answer.status_code, answer.content) == (304, b""), known
            assert answer.headers["etag"] == tag
    assert carla.get(download, headers={"If-None-Match": '"other"'}).status_code == 200
    other = {"Range": "bytes=0-0", "If-Range": '"other"'}
    assert carla.get(download, headers=other).status_code == 200
    assert carla.get(download, headers=other | {"If-Range": tag}).status_code == 206


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"variants": [], "placements": ["story"]}, 422),
        ({"variants": [999], "placements": ["story"]}, 404),
        ({"variants": [1], "placements": ["story"]}, 422),
    ],
)
@pytest.mark.usefixtures("pending")
def test_a_pack_holds_approved_variants_only(carla: TestClient, asked: dict[str, Any], status: int):
    assert carla.post("/api/v1/packs", json=asked).status_code == status


@dataclass
class Held:
    """A store that lets no pack in before it is told to, and counts those that wait."""

    store: Blobs
    let_go: threading.Event = field(default_factory=threading.Event)
    waiting: int = 0

    @contextmanager
    def incoming(self, suffix: str) -> Generator[Path, None, None]:
        self.waiting += 1
        assert self.let_go.wait(60)
        with self.store.incoming(suffix) as part:
            yield part

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_somebodys_many_packs_are_nobody_elses_wait(
    rita: TestClient, studio: Studio, people: People, pending: Pending
):
    """There are forty threads for everybody's pages."""
    decide(rita, "approve", pending[0].id)
    held, built = Held(studio.blobs), list[int]()
    app = without_pages(replace(studio, blobs=held), link_base=ORIGIN)
    body = json.dumps({"variants": [pending[0].id], "placements": ["display-320x50"]}).encode()
    ask = partial(asked, app, studio, path="/api/v1/packs", kind="application/json")

    async def carla() -> None:
        built.append(await ask(people.carla, pieces(body)))

    async def others() -> None:
        while not held.waiting:
            await anyio.sleep(0)
        assert await ask(people.rita, pieces(b""), method="GET") == 200
        assert held.waiting == 1
        assert set(built) <= {429}
        held.let_go.set()

    anyio.run(together, [*[carla] * 45, others])
    assert sorted(built) == [201] * (1 + MAX_WAITING) + [429] * (44 - MAX_WAITING)


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

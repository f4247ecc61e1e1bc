"""What leaves over REST: packs, images, logos, renditions."""

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from brandstudio.domain.run import VariantRecord
from brandstudio.web.assets import attachment
from tests.web.conftest import decide

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

"""A finished pack: whole, checkable, the same twice, and nothing at all when something fails."""

import csv
import hashlib
import io
import json
import re
import zipfile
from base64 import b64decode
from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from PIL import ExifTags

from brandstudio.errors import PackError
from brandstudio.export.build import build_pack
from brandstudio.export.content import PackContent, PackReport
from brandstudio.export.xmp import GENERATED
from tests.export.samples import (
    OVERLAY,
    asset,
    brand_files,
    opened,
    pack,
    placement,
    silent,
    text_of,
)

NAME = re.compile(
    r"[a-z0-9-]{1,60}/fjellro-product-hero-forest-left-\d+x\d+-[0-9a-f]{8}\.(jpg|png)"
)


@pytest.fixture(scope="module")
def content() -> PackContent:
    """Two assets for three placements; one of them cannot be met in PNG."""
    return pack(
        placement(600, 600),
        placement(320, 100, format="png"),
        placement(500, 500, format="png", max_bytes=900),
        assets=(asset(1), asset(2)),
    )


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packs") / "pack.zip"


@pytest.fixture(scope="module")
def report(content: PackContent, target: Path) -> PackReport:
    return build_pack(content, target, on_progress=silent)


@pytest.fixture(scope="module")
def files(report: PackReport, target: Path) -> dict[str, bytes]:
    assert report.renditions
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def open_files(content: PackContent, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files where the brand lets its recipes out."""
    telling = replace(content, brand=content.brand.but(embed_recipe=True))
    target = tmp_path_factory.mktemp("telling") / "pack.zip"
    build_pack(telling, target, on_progress=silent)
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_pack_holds_renditions_originals_and_papers(files: dict[str, bytes]):
    folders = {name.split("/")[0] for name in files}
    assert folders == {
        "test-600x600",
        "test-320x100",
        "originals",
        "contact-sheet.pdf",
        "manifest.json",
        "manifest.csv",
        "licenses",
        "read-me.txt",
        "SHA256SUMS",
    }


def test_names_are_readable_unique_and_without_spaces(files: dict[str, bytes]):
    pictures = [name for name in files if name.endswith((".jpg", ".png"))]
    assert len(pictures) == 6
    assert all(NAME.fullmatch(name) for name in pictures)
    assert all(len(PurePath(name).stem) <= 60 for name in pictures)
    assert len({PurePath(name).name for name in pictures}) == 6


def test_the_sums_agree_with_every_other_file(files: dict[str, bytes]):
    lines = files["SHA256SUMS"].decode().splitlines()
    listed = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    actual = {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name != "SHA256SUMS"
    }
    assert listed == actual


def test_the_manifest_agrees_with_the_files(files: dict[str, bytes]):
    document = json.loads(files["manifest.json"])
    for own in document["renditions"]:
        content = files[own["path"]]
        assert own["sha256"] == hashlib.sha256(content).hexdigest()
        assert own["size_bytes"] == len(content)
        assert opened(content).size == (own["width_px"], own["height_px"])
    table = csv.DictReader(io.StringIO(files["manifest.csv"].decode("utf-8-sig"), newline=""))
    assert [row["path"] for row in table] == [own["path"] for own in document["renditions"]]


def test_the_report_agrees_with_the_archive(
    report: PackReport, target: Path, files: dict[str, bytes]
):
    assert {file.path: file.size_bytes for file in report.files} == {
        name: len(content) for name, content in files.items()
    }
    assert report.renditions == 4
    assert report.size_bytes == target.stat().st_size
    assert report.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()


def test_what_cannot_be_met_is_a_problem_for_each_asset(report: PackReport):
    assert [(p.placement, p.variant_id) for p in report.problems] == [
        ("test-500x500", 1),
        ("test-500x500", 2),
    ]
    assert all(p.reason.startswith("Cannot be met: ") for p in report.problems)


def test_where_the_brand_lets_recipes_out_originals_are_the_very_bytes_that_were_approved(
    content: PackContent, open_files: dict[str, bytes]
):
    originals = [open_files[name] for name in sorted(open_files) if name.startswith("originals/")]
    assert sorted(originals) == sorted(own.read_png() for own in content.assets)
    assert "Seed: 7" in text_of(opened(originals[0]))["parameters"]
    manifest = json.loads(open_files["manifest.json"])
    assert [own["withheld"] for own in manifest["originals"]] == [None, None]


def test_there_every_rendition_tells_how_it_was_made(open_files: dict[str, bytes]):
    [jpeg, *_] = [c for name, c in open_files.items() if name.startswith("test-600x600")]
    [png, *_] = [c for name, c in open_files.items() if name.startswith("test-320x100")]
    exif = opened(jpeg).getexif().get_ifd(ExifTags.IFD.Exif)
    assert "Seed: 7" in exif[ExifTags.Base.UserComment][8:].decode("utf-16-be")
    assert "Seed: 7" in text_of(opened(png))["parameters"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-be", "utf-16-le"])
def test_elsewhere_no_picture_says_anything_of_how_it_was_made(
    content: PackContent, files: dict[str, bytes], encoding: str
):
    own = content.assets[0].params
    secrets = ["Seed", "seed", "lora", "Lora", "Steps", "parameters", "fingerprint", own.prompt]
    secrets += [own.negative_prompt, own.fingerprint, own.loras[0].name, own.loras[0].sha256[:12]]
    pictures = {name: c for name, c in files.items() if name.endswith((".jpg", ".png"))}
    assert len(pictures) == 6
    for name, picture in pictures.items():
        assert [told for told in secrets if told.encode(encoding) in picture] == [], name


def test_originals_without_their_recipe_still_say_what_they_are_and_look_the_same(
    content: PackContent, files: dict[str, bytes]
):
    manifest = json.loads(files["manifest.json"])
    for own, entry in zip(content.assets, manifest["originals"], strict=True):
        leaving = opened(files[entry["path"]])
        assert leaving.tobytes() == opened(own.read_png()).tobytes()
        assert leaving.info["icc_profile"] == opened(own.read_png()).info["icc_profile"]
        assert GENERATED in text_of(leaving)["XML:com.adobe.xmp"]
        assert content.brand.name in text_of(leaving)["XML:com.adobe.xmp"]


def test_what_was_withheld_from_an_original_makes_it_the_approved_file_again(
    content: PackContent, files: dict[str, bytes]
):
    manifest = json.loads(files["manifest.json"])
    for own, entry in zip(content.assets, manifest["originals"], strict=True):
        out, left = entry["withheld"], files[entry["path"]]
        whole = left[: out["at"]] + b64decode(out["bytes"]) + left[out["at"] + out["length"] :]
        assert whole == own.read_png()
        assert entry["decision"]["image_sha256"] == hashlib.sha256(whole).hexdigest()


def test_the_licence_of_the_typeface_goes_along(files: dict[str, bytes]):
    assert files["licenses/hanken-grotesk.txt"].decode() == brand_files().licence


def test_who_has_never_seen_the_studio_is_told_what_all_of_it_is(files: dict[str, bytes]):
    told = files["read-me.txt"].decode()
    for name in {path.split("/")[0] for path in files} - {"read-me.txt"}:
        assert name in told or name.startswith("test-")


def test_the_contact_sheet_is_a_pdf_with_a_page_for_each_asset(files: dict[str, bytes]):
    sheet = files["contact-sheet.pdf"]
    assert sheet.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", sheet)) == 2


def test_the_contact_sheet_and_the_manifest_mark_who_approved_their_own_work(tmp_path: Path):
    def papers(*, own_work: bool) -> dict[str, bytes]:
        one = asset(1)
        marked = replace(one, decision=replace(one.decision, own_work=own_work))
        target = tmp_path / f"{own_work}.zip"
        build_pack(pack(assets=(marked,)), target, on_progress=silent)
        with zipfile.ZipFile(target) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    marked, unmarked = papers(own_work=True), papers(own_work=False)
    differing = {name for name in marked if marked[name] != unmarked[name]}
    assert differing == {"contact-sheet.pdf", "manifest.json", "manifest.csv", "SHA256SUMS"}
    assert b'"own_work": true' in marked["manifest.json"]


def test_the_same_content_gives_the_same_bytes(
    content: PackContent, report: PackReport, tmp_path: Path
):
    again = build_pack(content, tmp_path / "again.zip", on_progress=silent)
    assert again.sha256 == report.sha256


def test_progress_counts_every_rendition_once(tmp_path: Path):
    steps: list[tuple[int, int]] = []
    build_pack(
        pack(), tmp_path / "p.zip", on_progress=lambda done, total: steps.append((done, total))
    )
    assert steps == [(0, 2), (1, 2), (2, 2)]


class StopError(Exception):
    """A person cancelled."""


def test_a_cancelled_build_leaves_the_old_pack_and_nothing_else(tmp_path: Path):
    target = tmp_path / "pack.zip"
    target.write_bytes(b"the old pack")

    def stop(done: int, _total: int) -> None:
        if done == 1:
            raise StopError

    with pytest.raises(StopError):
        build_pack(pack(), target, on_progress=stop)
    assert target.read_bytes() == b"the old pack"
    assert list(tmp_path.iterdir()) == [target]


def test_an_image_changed_after_approval_is_left_out(tmp_path: Path):
    own = asset(1)
    changed = replace(own, decision=replace(own.decision, sha256="0" * 64))
    report = build_pack(pack(assets=(changed, asset(2))), tmp_path / "p.zip", on_progress=silent)
    assert {problem.variant_id for problem in report.problems} == {1}
    assert "not the one that was approved" in report.problems[0].reason
    assert sum(file.path.startswith("originals/") for file in report.files) == 1


def test_a_character_the_typeface_lacks_is_named(tmp_path: Path):
    odd = asset(1, overlay=OVERLAY.but(headline="Fresh 茶"))
    report = build_pack(pack(assets=(odd, asset(2))), tmp_path / "p.zip", on_progress=silent)
    assert "“茶” (U+8336)" in report.problems[0].reason


def test_a_headline_of_the_longest_kind_never_overflows(tmp_path: Path):
    long = asset(1, overlay=OVERLAY.but(headline="Straßenkünstlerüberraschungsgeschichtenx"))
    report = build_pack(pack(assets=(long,)), tmp_path / "p.zip", on_progress=silent)
    assert report.renditions + len(report.problems) == 2


def test_a_note_says_how_far_an_image_was_enlarged(tmp_path: Path):
    report = build_pack(pack(placement(1080, 1350)), tmp_path / "p.zip", on_progress=silent)
    [note] = report.notes
    assert note.note.startswith("Enlarged 5.")
    assert note.path in {file.path for file in report.files}


def test_a_pack_of_nothing_is_refused(tmp_path: Path):
    with pytest.raises(PackError, match="at least one approved variant"):
        build_pack(pack(assets=()), tmp_path / "p.zip", on_progress=silent)
    assert list(tmp_path.iterdir()) == []


def test_a_pack_in_which_nothing_can_be_made_is_refused_with_the_reason(tmp_path: Path):
    impossible = pack(placement(600, 600, format="png", max_bytes=100))
    with pytest.raises(PackError, match="No file could be made: Cannot be met"):
        build_pack(impossible, tmp_path / "p.zip", on_progress=silent)
    assert list(tmp_path.iterdir()) == []

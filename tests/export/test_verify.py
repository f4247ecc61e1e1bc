"""A pack proves itself offline: whatever is changed is found, by whoever has Python and the ZIP."""

import hashlib
import json
import random
import re
import shutil
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from brandstudio.export import verify
from brandstudio.export.build import build_pack
from brandstudio.export.verify import ChangedError, examine
from brandstudio.export.zip import PackZip
from tests.export.samples import NOON, asset, pack, placement, silent

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real pack: two approved images for two placements."""
    target = tmp_path_factory.mktemp("built") / "pack.zip"
    content = pack(
        placement(300, 250), placement(320, 100, format="png"), assets=(asset(), asset(2))
    )
    build_pack(content, target, on_progress=silent)
    return target


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A pack of a few hundred bytes, so that each of them can be tried."""
    pixels = b"\x89PNG all of the pixels"
    sha256 = hashlib.sha256(pixels).hexdigest()
    manifest: dict[str, Any] = {
        "manifest_version": 2,
        "title": "Spring",
        "as_of": "2026-11-20T12:00:00+00:00",
        "brand": {"name": "Fjellro"},
        "renditions": [],
        "originals": [
            {"path": "originals/a.png", "sha256": sha256, "size_bytes": len(pixels),
             "withheld": None, "decision": {"image_sha256": sha256}}
        ],
    }  # fmt: skip
    target = tmp_path / "small.zip"
    with PackZip(target, NOON) as archive:
        archive.add("originals/a.png", pixels)
        archive.add("manifest.json", json.dumps(manifest).encode())
    return target


def files_of(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_together(files: Files, target: Path) -> Path:
    """A ZIP of these files as the studio itself would lay them out."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            record = zipfile.ZipInfo(name, NOON.timetuple()[:6])
            record.create_system, record.external_attr = 3, verify.ATTRIBUTES
            archive.writestr(record, content)
    return target


def summed(files: Files) -> Files:
    """The files with a list of checksums that agrees with them."""
    others = {name: content for name, content in files.items() if name != "SHA256SUMS"}
    lines = [f"{hashlib.sha256(c).hexdigest()}  {name}\n" for name, c in others.items()]
    return others | {"SHA256SUMS": "".join(lines).encode()}


def told(files: Files, change: Callable[[dict[str, Any]], object]) -> Files:
    """The files with another manifest, and checksums that agree with it."""
    manifest = json.loads(files["manifest.json"])
    change(manifest)
    return summed(files | {"manifest.json": json.dumps(manifest).encode()})


def picture_in(files: Files, folder: str) -> str:
    return next(name for name in files if name.startswith(folder))


def test_a_pack_as_it_was_built_proves_itself(built: Path):
    found = examine(built)
    assert (found.title, found.brand, found.approvals) == ("Spring campaign", "Fjellro", 2)
    assert found.as_of == NOON.isoformat()
    assert found.files == len(files_of(built))
    assert found.sha256 == hashlib.sha256(built.read_bytes()).hexdigest()
    assert examine(built, found.sha256.upper() + "\n") == found


def test_putting_the_same_files_together_makes_the_same_pack(built: Path, tmp_path: Path):
    """Or what the tests below find would be found for another reason."""
    again = put_together(files_of(built), tmp_path / "again.zip")
    assert again.read_bytes() == built.read_bytes()
    assert summed(files_of(built)) == files_of(built)


def test_every_single_byte_that_is_changed_is_found(small: Path):
    whole = small.read_bytes()
    examine(small)
    missed: list[int] = []
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        small.write_bytes(changed)
        if is_whole(small):
            missed.append(at)
    assert missed == []


def is_whole(path: Path) -> bool:
    try:
        examine(path)
    except ChangedError:
        return False
    return True


def test_a_byte_changed_anywhere_in_a_real_pack_is_found(built: Path, tmp_path: Path):
    whole, dice = built.read_bytes(), random.Random(20_261_126)
    target = tmp_path / "changed.zip"
    for _ in range(300):
        changed = bytearray(whole)
        changed[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        target.write_bytes(changed)
        assert not is_whole(target)


def test_a_pack_cut_anywhere_is_found(built: Path, tmp_path: Path):
    whole, target = built.read_bytes(), tmp_path / "cut.zip"
    for part in range(100):
        target.write_bytes(whole[: len(whole) * part // 100])
        assert not is_whole(target)


def test_whatever_the_file_holds_it_is_called_changed_and_nothing_worse(small: Path):
    whole, dice = small.read_bytes(), random.Random(7)
    for _ in range(2_000):
        changed = bytearray(whole)
        for _ in range(dice.randrange(1, 12)):
            at = dice.choice((dice.randrange(len(changed)), -dice.randrange(1, 250)))
            changed[at] = dice.choice((0, 255, dice.randrange(256)))
        if dice.random() < 0.2:
            del changed[dice.randrange(len(changed)) :]
        small.write_bytes(changed)
        assert bytes(changed) == whole or not is_whole(small)


def _changed(files: Files, folder: str) -> Files:
    name = picture_in(files, folder)
    return files | {name: files[name][:-1] + bytes([files[name][-1] ^ 1])}


def _without(files: Files, name: str) -> Files:
    return {own: content for own, content in files.items() if own != name}


def _in_another_order(files: Files) -> Files:
    return dict(sorted(files.items(), reverse=True))


def _other_approval(manifest: dict[str, Any]) -> None:
    manifest["originals"][0]["decision"]["image_sha256"] = "0" * 64


def _other_rest(manifest: dict[str, Any]) -> None:
    manifest["originals"][0]["withheld"]["at"] += 1


TAMPERED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "a rendition": (lambda f: _changed(f, "test-300x250/"), r"test-300x250/\S+ was changed"),
    "an original": (lambda f: _changed(f, "originals/"), r"originals/\S+ was changed"),
    "the manifest": (
        lambda f: f | {"manifest.json": f["manifest.json"].replace(b"rita", b"mina")},
        "manifest.json was changed",
    ),
    "the table": (lambda f: f | {"manifest.csv": b""}, "manifest.csv was changed"),
    "the licence": (
        lambda f: f | {picture_in(f, "licenses/"): b"do as you like"},
        "licenses/hanken-grotesk.txt was changed",
    ),
    "a checksum": (
        lambda f: f | {"SHA256SUMS": b"0" * 64 + f["SHA256SUMS"][64:]},
        r"originals/\S+ was changed",
    ),
    "a file more": (lambda f: {"evil.txt": b"hi"} | f, "evil.txt was added"),
    "a file less": (
        lambda f: _without(f, picture_in(f, "test-320x100/")),
        r"test-320x100/\S+ is missing",
    ),
    "a file more in the list, too": (
        lambda f: summed({"evil.png": b"hi"} | f),
        r"manifest.json and the files do not agree: .*evil.png",
    ),
    "a file less in the list, too": (
        lambda f: summed(_without(f, picture_in(f, "test-320x100/"))),
        r"manifest.json and the files do not agree: .*test-320x100",
    ),
    "a rendition and its checksum": (
        lambda f: summed(_changed(f, "test-300x250/")),
        r"manifest.json and the files do not agree: .*test-300x250",
    ),
    "no list": (lambda f: _without(f, "SHA256SUMS"), "SHA256SUMS is missing"),
    "an empty list": (lambda f: f | {"SHA256SUMS": b""}, r"was added; SHA256SUMS does not"),
    "no manifest": (lambda f: summed(_without(f, "manifest.json")), "manifest.json is missing"),
    "another order": (_in_another_order, "does not|another order"),
    "another approval": (lambda f: told(f, _other_approval), "not the image that was approved"),
    "another rest": (lambda f: told(f, _other_rest), "not the image that was approved"),
    "another form": (
        lambda f: told(f, lambda m: m.update(manifest_version=3)),
        "another form",
    ),
    "nonsense": (lambda f: summed(f | {"manifest.json": b"[" * 100_000}), "cannot be read"),
    "not a manifest": (lambda f: summed(f | {"manifest.json": b"[]"}), "cannot be read"),
    "no approval": (
        lambda f: told(f, lambda m: m["originals"][0].pop("decision")),
        "cannot be read",
    ),
    "windows line ends": (
        lambda f: f | {"SHA256SUMS": f["SHA256SUMS"].replace(b"\n", b"\r\n")},
        "SHA256SUMS is not as it was written|was added",
    ),
}


@pytest.mark.parametrize(("tamper", "said"), TAMPERED.values(), ids=TAMPERED)
def test_what_was_changed_is_named(
    built: Path, tmp_path: Path, tamper: Callable[[Files], Files], said: str
):
    changed = put_together(tamper(files_of(built)), tmp_path / "changed.zip")
    with pytest.raises(ChangedError, match=said):
        examine(changed)


def _with_remark(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"remark"


def _with_more(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../evil.txt", b"hi")


def _twice(path: Path) -> None:
    name = picture_in(files_of(path), "test-300x250/")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"another picture of the same name")


def _squeezed(path: Path) -> None:
    files = files_of(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)


STRANGE: dict[str, Callable[[Path], object]] = {
    "a remark": _with_remark,
    "a program before it": lambda path: path.write_bytes(b"#!/bin/sh\n" + path.read_bytes()),
    "a page behind it": lambda path: path.write_bytes(path.read_bytes() + b"<script>"),
    "a file outside": _with_more,
    "a file twice": _twice,
    "another way of writing": _squeezed,
    "nothing at all": lambda path: path.write_bytes(b""),
    "no ZIP": lambda path: path.write_bytes(b"hello" * 100),
    "an end alone": lambda path: path.write_bytes(b"PK\5\6" + bytes(18)),
    "an end that lies": lambda path: path.write_bytes(
        path.read_bytes()[:-22] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, 2**31, 2**31, 0)
    ),
}


@pytest.mark.parametrize("spoil", STRANGE.values(), ids=STRANGE)
def test_an_archive_that_the_studio_does_not_write_is_none(
    built: Path, tmp_path: Path, spoil: Callable[[Path], object]
):
    strange = tmp_path / "strange.zip"
    shutil.copyfile(built, strange)
    spoil(strange)
    assert not is_whole(strange)


def test_a_file_that_hides_behind_a_right_short_checksum_is_found(built: Path, tmp_path: Path):
    """The archive's own checksum is 32 bits that anybody can make fit."""
    files = files_of(built)
    name = picture_in(files, "test-300x250/")
    wanted = zlib.crc32(files[name])
    forged = with_crc(files[name][:-8] + bytes(4), wanted)
    assert (zlib.crc32(forged), len(forged)) == (wanted, len(files[name]))
    whole = built.read_bytes()
    at = whole.index(files[name])
    (tmp_path / "forged.zip").write_bytes(whole[:at] + forged + whole[at + len(forged) :])
    with pytest.raises(ChangedError, match=f"{re.escape(name)} was changed"):
        examine(tmp_path / "forged.zip")


def with_crc(content: bytes, wanted: int) -> bytes:
    """The content and four bytes that give it this CRC-32, worked out bit by bit."""
    base = zlib.crc32(content + bytes(4))
    rows = [(zlib.crc32(content + struct.pack("<I", 1 << n)) ^ base, 1 << n) for n in range(32)]
    left, tail = base ^ wanted, 0
    for bit in range(32):
        pivot = next(row for row in rows if row[0] >> bit & 1)
        rows = [
            (r ^ pivot[0], t ^ pivot[1]) if r >> bit & 1 else (r, t)
            for r, t in rows
            if (r, t) != pivot
        ]
        if left >> bit & 1:
            left, tail = left ^ pivot[0], tail ^ pivot[1]
    return content + struct.pack("<I", tail)


def test_a_pack_made_anew_is_only_told_apart_by_the_checksum_of_the_whole(
    built: Path, tmp_path: Path
):
    """What the document says of it; without a secret nothing inside a file can prove its maker."""
    files = _changed(files_of(built), "test-300x250/")
    name = picture_in(files, "test-300x250/")

    def agree(manifest: dict[str, Any]) -> None:
        [entry] = [own for own in manifest["renditions"] if own["path"] == name]
        entry["sha256"] = hashlib.sha256(files[name]).hexdigest()

    anew = put_together(told(files, agree), tmp_path / "anew.zip")
    examine(anew)
    with pytest.raises(ChangedError, match="its checksum is"):
        examine(anew, examine(built).sha256)


def test_what_a_stranger_called_a_pack_cannot_speak_to_the_terminal(built: Path, tmp_path: Path):
    title = "\x1b]0;owned\x07\u202e" + "x" * 500
    files = told(files_of(built), lambda manifest: manifest.update(title=title))
    shown = examine(put_together(files, tmp_path / "named.zip")).title
    assert shown == " ]0;owned  " + "x" * 89


@pytest.mark.slow
def test_as_many_files_as_a_zip_can_count_take_no_longer_for_each_of_them(tmp_path: Path):
    target = tmp_path / "many.zip"
    with PackZip(target, NOON) as archive:
        for number in range(65_000):
            archive.add(f"{number}.txt", b"")
    started = time.process_time()
    with pytest.raises(ChangedError, match=r"manifest\.json is missing"):
        examine(target)
    assert time.process_time() - started < 20, "seconds, where each looking at all takes minutes"


def test_papers_that_would_fill_the_memory_are_not_read(
    built: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(verify, "MAX_WHOLE_BYTES", 100)
    with pytest.raises(ChangedError, match="far too large"):
        examine(built)


def test_whoever_has_only_python_and_that_one_file_can_check_a_pack(built: Path, tmp_path: Path):
    alone = tmp_path / "proof.py"
    shutil.copyfile(verify.__file__, alone)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-S", str(alone), *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip

    sha256 = hashlib.sha256(built.read_bytes()).hexdigest()
    whole = run(str(built), sha256)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "each as it was written" in whole.stdout
    assert sha256 in whole.stdout
    (tmp_path / "cut.zip").write_bytes(built.read_bytes()[:-1])
    for arguments in ((str(built), "0" * 64), ("cut.zip",), ("nothing.zip",)):
        refused = run(*arguments)
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr
    assert run().returncode == 2


def test_the_usual_tool_agrees(built: Path, tmp_path: Path):
    """Every system has one that reads the list; here it is read as they do."""
    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        sha256, name = line.split("  ", 1)
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == sha256

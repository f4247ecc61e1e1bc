"""The archive itself: names for every system, one form for every reader, whole or not at all."""

import os
import re
import struct
import zipfile
from pathlib import Path

import pytest

from brandstudio.errors import PackError
from brandstudio.export import zip as packing
from brandstudio.export.build import build_pack
from brandstudio.export.zip import PackZip, portable
from brandstudio.storage.blobs.part_files import is_abandoned, part_name
from brandstudio.storage.blobs.port import PART_NAME
from tests.export.samples import NOON, asset, pack, placement, silent

DEVICES = ("CON", "prn", "Aux", "nul", "COM1", "com9", "LPT1", "lpt0")


def names_of(target: Path) -> list[str]:
    with zipfile.ZipFile(target) as archive:
        return archive.namelist()


def unpacked_strictly(target: Path, folder: Path) -> set[str]:
    """Every file, laid out by an unpacker that refuses whatever some system would not take."""
    folded: set[str] = set()
    with zipfile.ZipFile(target) as archive:
        for record in archive.infolist():
            name = record.filename
            assert name not in {"", "."}
            assert not name.startswith(("/", "\\"))
            assert not re.search(r'[<>:"\\|?*\x00-\x1f\x7f-\U0010ffff]', name)
            for part in name.split("/"):
                assert part not in {"", ".", ".."}
                assert not part.endswith((" ", "."))
                assert part.split(".")[0].upper() not in {d.upper() for d in DEVICES}
                assert len(part) <= 64
            assert record.external_attr >> 28 == 0o10, "no link, no folder"
            assert name.casefold() not in folded
            folded.add(name.casefold())
            place = folder / name
            assert place.resolve().is_relative_to(folder.resolve())
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(record))
    return folded


ODD = (
    "../../evil", "/etc/passwd", "C:\\windows", "con", "a\u202egnp.exe", "n" * 300, "-rf",
    "nul.txt", "new\nline", "Größe · Ährenfeld", "東京", "", "<script>", "aux", "COM1", ".", "..",
    "a:b|c?*",
)  # fmt: skip


def test_a_pack_of_odd_names_is_laid_out_on_every_system(tmp_path: Path):
    """Arms are free text, the rest are slugs that presets may choose as they like."""
    odd = [asset(number, arm=arm, template=arm) for number, arm in enumerate(ODD, start=1)]
    where = [placement(300, 250, slug=slug) for slug in ("con", "originals", "a_b", "a-b")]
    fonts = pack().brand.typography.but(family="Nul")
    content = pack(*where, assets=tuple(odd[:6]), brand=pack().brand.but(typography=fonts))
    report = build_pack(content, tmp_path / "pack.zip", on_progress=silent)
    assert report.renditions == 24
    laid_out = unpacked_strictly(tmp_path / "pack.zip", tmp_path / "out")
    assert laid_out == {file.path.casefold() for file in report.files}
    assert {"con-x", "originals", "a-b"} < {path.split("/")[0] for path in laid_out}
    assert "licenses/nul-x.txt" in laid_out


@pytest.mark.parametrize("text", ODD)
def test_any_text_becomes_a_name_that_every_system_takes(text: str):
    made = portable(text)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?", made)
    assert made.upper() not in DEVICES


@pytest.mark.parametrize(
    "path",
    ["../a.png", "/a.png", "a/../b.png", "a\\b.png", "A.png", "a b.png", "a/b/c.png", "a.exe",
     "con.txt", "nul/a.png", "a.png/", "", "é.png", "a.png\0", f"{'n' * 61}.png"],
)  # fmt: skip
def test_no_other_name_gets_into_the_archive(tmp_path: Path, path: str):
    with (
        pytest.raises(PackError, match="every system"),
        PackZip(tmp_path / "p.zip", NOON) as archive,
    ):
        archive.add(path, b"")
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_in_it_twice(tmp_path: Path):
    with PackZip(tmp_path / "p.zip", NOON) as archive:
        archive.add("a/b.png", b"")
        with pytest.raises(PackError, match="would be in the pack twice"):
            archive.add("a/b.png", b"")
    assert names_of(tmp_path / "p.zip") == ["a/b.png", "SHA256SUMS"]


def test_what_is_larger_than_every_program_can_unpack_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(packing, "MAX_BYTES", 20_000)
    three = iter(range(3))

    def fill() -> None:
        with PackZip(tmp_path / "p.zip", NOON) as archive:
            for number in three:
                archive.add(f"{number}.png", bytes(9_000))

    with pytest.raises(PackError, match=r"at most 0\.0 GB and 65,534 files") as refused:
        fill()
    assert next(three, None) is None, "two of them fit"
    assert "Build two packs" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("most", [200, pytest.param(packing.MAX_FILES, marks=pytest.mark.slow)])
def test_as_many_files_as_a_plain_zip_can_count_fit_and_one_more_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
):
    monkeypatch.setattr(packing, "MAX_FILES", most)
    target = tmp_path / "p.zip"
    with PackZip(target, NOON) as archive:
        for number in range(most):
            archive.add(f"{number}.txt", b"")
        with pytest.raises(PackError, match=f"{most:,} files"):
            archive.add("one-more.txt", b"")
    assert len(names_of(target)) == most + 1
    end = target.read_bytes()[-22:]
    assert struct.unpack("<4s4H", end[:12]) == (b"PK\5\6", 0, 0, most + 1, most + 1)


def test_the_sums_are_the_last_file_that_a_plain_zip_can_count():
    assert packing.MAX_FILES + 1 == 0xFFFF


def test_a_pack_at_its_limit_is_still_a_plain_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the limit leaves for heads, directory and sums is enough for them."""
    monkeypatch.setattr(packing, "MAX_BYTES", 1_000_000)
    target, name = tmp_path / "p.zip", "n" * 60

    def fill(archive: PackZip) -> None:
        for number in range(10_000):
            archive.add(f"{name}/{number:060}.png", b"")

    with PackZip(target, NOON) as archive, pytest.raises(PackError, match="holds at most"):
        fill(archive)
    assert len(names_of(target)) > 1_000
    assert 999_000 < target.stat().st_size <= 1_000_000


def test_what_a_dead_process_left_is_known_to_be_abandoned(tmp_path: Path):
    """Only then the sweeper takes it at the next start, and not an hour later."""
    dead = part_name("zip").replace(f"~{os.getpid()}~", "~999999999~")
    PackZip(tmp_path / dead, NOON)
    [left] = tmp_path.iterdir()
    assert left.name != dead
    assert PART_NAME.fullmatch(left.name)
    assert is_abandoned(left.name)

"""The wheel: every file of the package, the presets inside, and the same bytes every time."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

from brandstudio import __version__

ROOT = Path(__file__).parent.parent
INSIDE = ("presets/", "lora_weights/", "examples/")
FONTS = {".ttf", ".otf", ".woff", ".woff2"}


def tracked() -> Iterator[str]:
    """What git tracks, as it lies in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return (name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def copy_of_the_tree(folder: Path) -> Path:
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def build(tree: Path, kind: str, into: Path, *, umask: int = 0o022) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)],
        cwd=tree,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1796083200"},
        umask=umask,
        capture_output=True,
        check=True,
    )
    [made] = into.iterdir()
    return made


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_the_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tree, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked, as pip does."""
    folder = tmp_path_factory.mktemp("site")
    ZipFile(wheel).extractall(folder)
    return folder


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path):
    expected = {name for name in tracked() if name.startswith("brandstudio/")}
    expected |= {f"brandstudio/shipped/{name}" for name in tracked() if name.startswith(INSIDE)}
    names = ZipFile(wheel).namelist()
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert len(names) == len(set(names))


def test_the_wheel_has_version_licence_and_the_notices(site: Path):
    [folder] = site.glob("*.dist-info")
    metadata = Parser().parsestr((folder / "METADATA").read_text())
    assert (metadata["Version"], metadata["License-Expression"]) == (__version__, "Apache-2.0")
    files = metadata.get_all("License-File", [])
    assert {"LICENSE", "NOTICE", "licenses/gradio-frontend.txt"} < set(files)
    for name in files:
        assert (folder / "licenses" / name).read_bytes() == (ROOT / name).read_bytes()


def test_every_font_has_its_licence_beside_it_and_in_the_notice():
    folders = {Path(name).parent for name in tracked() if Path(name).suffix in FONTS}
    # Copies of the fonts in static/fonts, under names that browsers may keep.
    folders -= {Path("brandstudio/web/static/bundles")}
    notice = (ROOT / "NOTICE").read_text()
    for folder in folders:
        text = (ROOT / folder / "OFL.txt").read_text()
        assert "SIL Open Font License, Version 1.1" in text
        assert f"  {folder}/OFL.txt\n" in notice


def test_the_wheel_is_a_studio_in_an_empty_folder(site: Path, tmp_path: Path):
    def brandstudio(*arguments: str) -> str:
        ended = subprocess.run(
            [sys.executable, "-m", "brandstudio", *arguments],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    shipped = site / "brandstudio" / "shipped"
    settings = brandstudio("settings")
    assert f"{shipped / 'presets'} " in settings
    assert f"{shipped / 'lora_weights'} " in settings
    assert brandstudio("presets", "check").startswith("All good: 3 brands")
    example = shipped / "examples" / "voltra-summer-hero.yaml"
    assert f"brandstudio run {example}" in brandstudio("runs")
    assert "variants, about" in brandstudio("plan", str(example))


@pytest.mark.slow
def test_two_builds_of_one_commit_are_equal_also_through_the_sdist(
    tree: Path, wheel: Path, tmp_path: Path
):
    later = shutil.copytree(tree, tmp_path / "later", copy_function=shutil.copyfile)
    again = build(later, "wheel", tmp_path / "again", umask=0o077)
    assert again.read_bytes() == wheel.read_bytes()
    source = build(later, "sdist", tmp_path / "source")
    shutil.unpack_archive(source, tmp_path / "unpacked", filter="data")
    [unpacked] = (tmp_path / "unpacked").iterdir()
    from_source = build(unpacked, "wheel", tmp_path / "from-source")
    assert from_source.read_bytes() == wheel.read_bytes()

"""No version with a known hole: the floors that advisories set, and what each would mean here."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent

# package, first version without the hole, advisory, what it would mean here
FLOORS = (
    ("gradio", "4.44", "CVE-2024-47084", "a page of another site reads answers"),
    ("gradio", "4.44", "CVE-2024-47869", "the time of an answer tells a secret"),
    ("gradio", "5.0", "CVE-2024-47165", "a page without an origin counts as one of ours"),
    ("gradio", "5.0", "CVE-2024-47167", "the server asks any address that a form names"),
    ("gradio", "5.0", "CVE-2024-47868", "an answer carries a file that nobody meant"),
    ("gradio", "5.5", "CVE-2024-51751", "files of the server are read through an upload"),
    ("gradio", "5.6.1", "CVE-2025-23042", "a letter's case opens a blocked path"),
    ("gradio", "5.29.2", "CVE-2025-5320", "a host name that looks like ours counts as ours"),
    ("gradio", "5.31", "CVE-2025-48889", "flagging copies files of the server"),
    ("gradio", "6.6", "CVE-2026-28415", "a link of ours leads elsewhere"),
    ("gradio", "6.6", "CVE-2026-27167", "a sign-in of its own with a secret that everybody knows"),
    ("gradio", "6.6", "CVE-2026-28416", "the server asks any address that a page names"),
    ("gradio", "6.7", "CVE-2026-28414", "files of the server are read on Windows"),
    ("gradio", "6.15", "CVE-2026-48545", "one person's cookies reach another's requests"),
    ("gradio", "6.16", "CVE-2026-49119", "files of the server are read through FileExplorer"),
    ("gradio", "6.20", "CVE-2026-59806", "file=URL leads the server and its people elsewhere"),
    ("gradio", "6.25", "gradio issue 10276", "answers every origin, whatever its parent says"),
    ("gradio", "6.31", "CVE-2026-111497", "a small compressed answer fills the memory"),
    ("brotli", "1.2.1", "CVE-2026-111497", "the same, in the library that unpacks"),
    ("starlette", "0.47.2", "CVE-2025-54121", "a large upload holds up everybody"),
    ("starlette", "0.49.1", "CVE-2025-62727", "a Range header costs the square of its length"),
    ("starlette", "1.3.1", "CVE-2026-48710", "a Host header forges the address of a request"),
    ("starlette", "1.3.1", "CVE-2026-48817", "a flaw that this version mends"),
    ("starlette", "1.3.1", "CVE-2026-48818", "a flaw that this version mends"),
    ("starlette", "1.3.1", "CVE-2026-54282", "a flaw that this version mends"),
    ("starlette", "1.3.1", "CVE-2026-54283", "the limits of forms do not hold for typed ones"),
    ("python-multipart", "0.0.26", "CVE-2026-40347", "what surrounds a form holds up the server"),
    ("python-multipart", "0.0.27", "CVE-2026-42561", "endless headers of a part do"),
    ("python-multipart", "0.0.30", "GHSA-5rvq-cxj2-64vf", "semicolons cost the square of a form"),
    ("python-multipart", "0.0.31", "GHSA-v9pg-7xvm-68hf", "a negative length fills the memory"),
    ("h11", "0.16", "CVE-2025-43859", "chunked bodies smuggle a second request past a proxy"),
    ("jinja2", "3.1.6", "CVE-2025-27516", "a prompt pattern gets out of its sandbox"),
    ("pillow", "10.2", "CVE-2023-50447", "a crafted expression runs code"),
    ("pillow", "11.3", "CVE-2025-48379", "a crafted image writes beyond its buffer"),
    ("pyyaml", "5.4", "CVE-2020-14343", "a preset runs code"),
    ("torch", "2.6", "CVE-2025-32434", "weights_only=True runs code"),
    ("torch", "2.10", "CVE-2026-24747", "weights_only=True runs code once more"),
    ("ray", "2.52", "CVE-2025-62593", "a page in a browser runs code on the cluster"),
    ("ray", "2.56", "CVE-2026-57516", "a message to the cluster runs code"),
)
IDS = [f"{package} {advisory}" for package, _, advisory, _ in FLOORS]


def pinned() -> dict[str, str]:
    """The exact versions that the tests and `make` install."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {name.lower().replace("_", "-"): number for name, number in pairs}


def declared() -> dict[str, Requirement]:
    """What the package asks for, its extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    asked = [Requirement(line) for line in (*project["dependencies"], *extras)]
    return {one.name.lower(): one for one in asked}


@pytest.mark.parametrize(("package", "floor", "advisory", "meaning"), FLOORS, ids=IDS)
def test_what_is_pinned_and_installed_is_not_known_to_be_broken(
    package: str, floor: str, advisory: str, meaning: str
):
    said = f"{package} below {floor}: {meaning} ({advisory})"
    assert Version(pinned()[package]) >= Version(floor), said
    try:
        assert Version(version(package)) >= Version(floor), said
    except PackageNotFoundError:
        assert package == "ray", f"{package} is part of every install"


@pytest.mark.parametrize(
    ("package", "floor", "advisory", "meaning"),
    [row for row in FLOORS if row[0] in declared()],
    ids=[name for name in IDS if name.split()[0] in declared()],
)
def test_what_the_package_asks_for_leaves_no_way_to_a_broken_version(
    package: str, floor: str, advisory: str, meaning: str
):
    lowest = min(Version(s.version) for s in declared()[package].specifier if s.operator == ">=")
    assert lowest >= Version(floor), f"below {floor}: {meaning} ({advisory})"

"""What pages load is bundled from what lies in the tree, for the Gradio that is installed."""

import hashlib
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from brandstudio.services.studio import Studio
from brandstudio.web.bundles import FOLDER, STATIC, address, frontend, manifest
from brandstudio.web.gradio.no_inline_scripts import strict
from brandstudio.web.gradio.page_head import gradio_head, page_head
from brandstudio.web.gradio.pages import ROUTES, build_pages
from tests.web.make_bundles import COMPONENTS, FRONTEND, ROOT, make, sources

PAGES = ("create", *(path for _, path, _ in ROUTES))
has_tools = pytest.mark.skipif(
    not (ROOT / "node_modules" / "esbuild").is_dir(), reason="no tools here: make check-scripts"
)


def test_bundles_are_made_of_the_sources_as_they_are():
    assert manifest()["sources"] == sources(), "make bundles"


def test_the_bundled_frontend_is_that_of_the_installed_gradio():
    index = hashlib.sha256((FRONTEND / "index.html").read_bytes()).hexdigest()
    assert frontend().index == index, "make bundles"


@has_tools
def test_bundling_again_gives_the_same_bytes():
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        again = {file.name: file.read_bytes() for file in Path(folder).iterdir()}
    assert again == {file.name: file.read_bytes() for file in FOLDER.iterdir()}, "make bundles"


def test_the_manifest_names_everything_there_is_and_nothing_else():
    bundled = frontend()
    named = {*manifest()["files"].values(), Path(bundled.script).name, Path(bundled.sheet).name}
    there = {file.name for file in FOLDER.iterdir() if file.suffix != ".map"}
    assert there == named | {"manifest.json"}


def test_every_page_has_a_script():
    assert {file.stem for file in (STATIC / "js" / "pages").iterdir()} == set(PAGES)
    assert [page for page in PAGES if address(f"js/pages/{page}.js") not in page_head(page)] == []


def test_every_component_of_the_pages_is_bundled(studio: Studio):
    """Another copy of Gradio's own modules would come with one that is not."""
    config: dict[str, Any] = dict(build_pages(studio).get_config_file())
    assert {component["type"] for component in config["components"]} <= set(COMPONENTS)
    assert frontend().components == COMPONENTS


def test_bundles_name_no_file_that_may_change_under_its_name():
    scripts = [file.read_text(encoding="utf-8") for file in FOLDER.glob("*.[jc]s*")]
    found = [name for text in scripts for name in re.findall(r"/static/(?!bundles/)[\w./-]+", text)]
    assert found == []


def test_another_gradio_keeps_its_own_frontend():
    page = (FRONTEND / "index.html").read_text(encoding="utf-8")
    own = re.findall(r'"\./assets/index-[\w-]+\.(?:js|css)"', page)
    kept = strict(page, page_head("runs"), "")
    assert [address for address in own if address not in kept] == []
    assert "/static/js/gradio/boot.js" in kept
    bundled = strict(page, page_head("runs"), gradio_head())
    assert [address for address in own if address in bundled] == []
    assert page_head("runs") in bundled


def test_bundles_travel_compressed(visitor: TestClient):
    answer = visitor.get(frontend().script)
    assert answer.headers["content-encoding"] == "gzip"

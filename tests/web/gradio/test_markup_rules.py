"""What the pages are made of: no component that runs or serves what somebody typed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from brandstudio import web
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.pages import build_pages
from tests.source import Module, modules_in

WEB = Path(web.__file__).parent
MODULES = modules_in(WEB)
# Ours, as they are written and as they are bundled; Gradio's own is held by the page's policy.
SCRIPTS = [
    script
    for script in sorted((WEB / "static").rglob("*.js"))
    if not script.match("bundles/gradio-*.js")
]
TEMPLATES = sorted((WEB / "templates").glob("*.html"))

# All of Gradio that the studio uses. Not here: whatever evaluates markup (HTML, Dataframe),
# reads files (FileExplorer, Image, Gallery, File), signs in (LoginButton) or calls out (load).
USED = {
    "Blocks", "Button", "CheckboxGroup", "Column", "Dropdown", "Error", "Markdown", "Radio",
    "Request", "Row", "State", "Textbox", "mount_gradio_app", "render",
}  # fmt: skip
NEVER_SAID = {"js", "allowed_paths", "flagging_mode", "share", "auth", "root_path", "unsafe_allow"}


def names_of_gradio(module: Module) -> Iterator[str]:
    for node in module.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id="gr"), attr=name):
                yield name
            case _:
                pass


def test_only_harmless_parts_of_gradio_are_used():
    used = {(str(module), name) for module in MODULES for name in names_of_gradio(module)}
    assert sorted(f"{module}: {name}" for module, name in used if name not in USED) == []


def test_no_call_asks_for_scripts_of_its_own_or_for_open_folders():
    asked = [
        f"{module}, line {call.lineno}: {keyword.arg}="
        for module in MODULES
        if any(names_of_gradio(module))
        for _, call in module.calls
        for keyword in call.keywords
        if keyword.arg in NEVER_SAID and not is_empty_list(keyword.value)
    ]
    assert asked == []


def is_empty_list(node: ast.expr) -> bool:
    return isinstance(node, ast.List) and not node.elts


def test_markup_reaches_a_page_through_one_function_alone():
    makers = {
        module.path.name
        for module in MODULES
        if any(name.endswith(".Markdown") for name, _ in module.calls)
    }
    assert makers == {"page_frame.py"}
    assert (WEB / "gradio" / "pages" / "page_frame.py").read_text().count("gr.Markdown(") == 1
    switched_off = [m.path.name for m in MODULES if "sanitize_html=False" in m.text]
    assert switched_off == ["page_frame.py"]


def test_markup_is_written_by_the_functions_that_escape_it_and_nowhere_else():
    tag = re.compile(r"""["']\s*</?[a-z][a-z-]*[\s>{]""")
    writers = {
        module.path.name
        for module in MODULES
        for node in module.nodes
        if isinstance(node, ast.JoinedStr) and tag.search(ast.unparse(node))
    }
    assert writers == {"markup.py", "page_head.py"}


def matches_in(files: list[Path], forbidden: str) -> list[str]:
    """Where files hold what they must not."""
    pattern = re.compile(forbidden)
    return [
        f"{path.name}: {match}" for path in files for match in pattern.findall(path.read_text())
    ]


def test_our_scripts_never_read_text_as_markup_or_as_code():
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\(|new Function"
        r"|setTimeout\(\s*[\"'`]|createContextualFragment|DOMParser|javascript:"
    )
    assert SCRIPTS
    assert matches_in(SCRIPTS, forbidden) == []


def test_no_template_switches_escaping_off():
    assert TEMPLATES
    assert matches_in(TEMPLATES, r"\|\s*safe|autoescape|<script|\son\w+=|style=") == []


def test_every_event_of_the_pages_tells_expected_failures_in_words(studio: Studio):
    events = [event.fn for event in build_pages(studio).fns.values()]
    ours = [event for event in events if getattr(event, "__name__", "") != "apply"]
    assert len(ours) > 6
    assert [event for event in ours if not hasattr(event, "__wrapped__")] == []


def test_gradio_serves_no_file_of_the_studio_and_keeps_its_own_apart(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
):
    from gradio.utils import get_upload_folder, is_allowed_file  # noqa: PLC0415

    from brandstudio.cli.server import keep_gradio_apart  # noqa: PLC0415

    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    keep_gradio_apart(studio.settings)
    own = Path(get_upload_folder())
    assert studio.settings.data_dir in own.parents
    database = studio.settings.data_dir / "studio.db"
    everything = [Path("/"), Path.cwd(), own]
    closed = [studio.settings.data_dir]
    assert is_allowed_file(database, closed, everything, everything) == (False, "in_blocklist")

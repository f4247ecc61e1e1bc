"""The events of the pages: each is logged under a name that says what it does."""

import ast
from collections.abc import Iterator
from pathlib import Path

from brandstudio.web.gradio import pages

FILES = sorted(Path(pages.__file__).parent.glob("*.py"))


def events_in(file: Path) -> Iterator[str]:
    """The names of the functions of a file that are declared as events."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and any(map(is_event, node.decorator_list)):
            yield node.name


def is_event(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "event"
    )


def test_every_event_is_logged_under_a_name_of_its_own():
    names = [name for file in FILES for name in events_in(file)]
    assert len(names) > 15
    assert "handler" not in names
    assert sorted(names) == sorted(set(names))

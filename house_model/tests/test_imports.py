"""What the training takes from the studio: values, pictures, weights and how YAML is read."""

import ast
from collections.abc import Iterator
from pathlib import Path

HOUSE_MODEL = Path(__file__).parents[1]
KNOWN = {"checksums", "domain", "errors", "imaging", "presets.strict_yaml", "weights"}


def studio_imports(source: str) -> Iterator[str]:
    """The names below `brandstudio` that a module imports from."""
    for node in ast.walk(ast.parse(source)):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        yield from (name for name in modules if name.partition(".")[0] == "brandstudio")


def is_known(module: str) -> bool:
    return any(f"{module}.".startswith(f"brandstudio.{name}.") for name in KNOWN)


def test_only_what_pictures_and_weights_need_is_imported_from_the_studio() -> None:
    strange = [
        f"{path.relative_to(HOUSE_MODEL)}: {module}"
        for path in sorted(HOUSE_MODEL.rglob("*.py"))
        if "tests" not in path.relative_to(HOUSE_MODEL).parts
        for module in studio_imports(path.read_text())
        if not is_known(module)
    ]
    assert strange == []

"""The source of this repository, read and parsed once for every rule about it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "brandstudio"


@dataclass(frozen=True)
class Module:
    """One file of Python."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything in the file."""
        return tuple(ast.walk(ast.parse(self.text)))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """What the file imports, whole names: `a.b` for `from a import b`."""
        return tuple(self._imports())

    @cached_property
    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Every call, with what is called as it is written."""
        calls = (node for node in self.nodes if isinstance(node, ast.Call))
        return tuple((ast.unparse(call.func), call) for call in calls)

    def _imports(self) -> Iterator[str]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)


@cache
def modules_in(folder: Path) -> tuple[Module, ...]:
    """Every module below a folder."""
    return tuple(Module(path) for path in sorted(folder.rglob("*.py")))


def keywords_of(call: ast.Call) -> dict[str, str]:
    """The arguments that a call names, as they are written."""
    return {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg}

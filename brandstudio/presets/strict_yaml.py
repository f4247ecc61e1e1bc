"""YAML of plain values, and the line every one of them stands on."""

# PyYAML's stubs leave nodes and events untyped; what is read is checked by pydantic right after.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from brandstudio.errors import PresetError, Problem

_MAX_YAML_BYTES = 256_000


def read_yaml(path: Path) -> object:
    """The content of a small YAML file of plain values. Raises PresetError naming file and line."""
    try:
        size_bytes = path.stat().st_size
    except OSError as error:
        raise PresetError(str(path), [Problem("file", "cannot be read; check the path")]) from error
    return parse(path, size_bytes, str(path))[0]


def parse(path: Path, size_bytes: int, name: str) -> tuple[object, yaml.Node]:
    """The content of a file and its nodes, which know their lines. Raises PresetError."""
    if size_bytes > _MAX_YAML_BYTES:
        raise PresetError(name, [Problem("file", f"is larger than {_MAX_YAML_BYTES:,} bytes")])
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(name, [Problem("file", "is not readable UTF-8 text")]) from error
    root = compose(text, path, name)
    return yaml.load(text, Loader=_StrictLoader), root


def compose(text: str, path: Path, name: str = "") -> yaml.Node:
    """The nodes of a text whose root is a mapping. Raises PresetError with the line."""
    try:
        root = yaml.compose(text, Loader=_StrictLoader)
        if not isinstance(root, yaml.MappingNode):
            raise PresetError(
                name or str(path), [Problem("line 1", "must be a mapping of 'key: value'")]
            )
        yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}" if mark else "file"
        raise PresetError(
            name or str(path), [Problem(place, error.problem or "is not YAML")]
        ) from error
    except yaml.YAMLError as error:
        raise PresetError(name or str(path), [Problem("file", "is not readable text")]) from error
    return root


def with_line(problem: Problem, loc: Iterable[int | str], root: yaml.Node) -> Problem:
    """A problem whose place also names the line that `loc` leads to."""
    node = root
    for part in loc:
        node = _child(node, part) or node
    return Problem(f"line {node.start_mark.line + 1}, {problem.place}", problem.message)


def mappings(node: yaml.Node) -> Iterator[dict[str, yaml.ScalarNode]]:
    """Every mapping below a node, as its scalar values by key."""
    if isinstance(node, yaml.MappingNode):
        yield {k.value: v for k, v in node.value if isinstance(v, yaml.ScalarNode)}
        for _, value in node.value:
            yield from mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from mappings(value)


def top_level(text: str, path: Path) -> dict[str, yaml.ScalarNode]:
    """The scalar values of a document by key."""
    return next(mappings(compose(text, path)))


def _child(node: yaml.Node, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    return None


class _StrictLoader(yaml.SafeLoader):
    """Plain YAML values only: no tags, no duplicate keys, no aliases that grow without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem="aliases are not used in presets", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"'{key.value}' is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)

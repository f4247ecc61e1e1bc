"""YAML of plain values, and the line every one of them stands on."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, cast

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.reader import ReaderError
from yaml.resolver import Resolver

from brandstudio.domain.text import invisible
from brandstudio.errors import PresetError, Problem

_MAX_YAML_BYTES = 256_000
_MAX_DIGITS = 300


def read_yaml(path: Path) -> object:
    """The content of a small YAML file of plain values. Raises PresetError naming file and line."""
    return parse(path, str(path))[0]


def parse(path: Path, name: str) -> tuple[object, yaml.Node]:
    """The content of a file and its nodes, which know their lines. Raises PresetError."""
    try:
        size_bytes = path.stat().st_size
    except OSError as error:
        raise PresetError(name, [Problem("file", "cannot be read; check the path")]) from error
    if size_bytes > _MAX_YAML_BYTES:
        raise PresetError(name, [Problem("file", f"is larger than {_MAX_YAML_BYTES:,} bytes")])
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PresetError(name, [Problem("file", "is not readable UTF-8 text")]) from error
    return _read(text, name)


def compose(text: str, path: Path) -> yaml.Node:
    """The nodes of a text whose root is a mapping. Raises PresetError with the line."""
    return _read(text, str(path))[1]


def _constructed(loader: "_StrictLoader", root: yaml.Node) -> object:
    # PyYAML's stubs do not say what it constructs.
    return cast(object, loader.construct_document(root))  # pyright: ignore[reportUnknownMemberType]


def _read(text: str, name: str) -> tuple[object, yaml.Node]:
    try:
        loader = _StrictLoader(text)
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise PresetError(name, [Problem("line 1", "must be a mapping of 'key: value'")])
        return _constructed(loader, root), root
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "file"
        raise PresetError(name, [Problem(place, error.problem or "is not YAML")]) from error
    except yaml.YAMLError as error:
        raise PresetError(name, [Problem("file", _unreadable(error))]) from error
    except RecursionError as error:
        raise PresetError(name, [Problem("file", "is nested too deeply")]) from error


def _unreadable(error: yaml.YAMLError) -> str:
    if not isinstance(error, ReaderError):
        return "is not readable text"
    return f"character {error.position + 1} is U+{int(error.character):04X}, which no text needs"


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


class _StrictLoader(Composer, CParser, SafeConstructor, Resolver):
    """Plain YAML values only: no tags, no duplicate keys, no aliases that grow without end.

    Values are read as YAML 1.2 reads them: `no` and `16:9` are texts, 010 is a ten. libyaml, which
    every wheel of PyYAML holds, splits the text; what becomes of its parts is decided here.
    """

    # Its own table, filled below; the parent's knows the texts of YAML 1.1.
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise _marked("aliases are not used in presets", event)
        if getattr(event, "tag", None) not in {None, "!"}:
            raise _marked("tags are not used in presets", event)
        node = super().compose_node(parent, index)
        unseen = isinstance(node, yaml.ScalarNode) and invisible(node.value.replace("\n", " "))
        if unseen:
            raise _marked(unseen, event)
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _marked("a key must be a plain word", key)
            if key.value in seen:
                raise _marked(f"'{key.value}' is given twice", key)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _marked(problem: str, where: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=where.start_mark)


def _decimal(_loader: Any, node: yaml.ScalarNode) -> int | str:
    """A whole number; one with more digits than any field takes stays text, to be refused."""
    return int(node.value) if len(node.value) <= _MAX_DIGITS else str(node.value)


def _decimal_fraction(_loader: Any, node: yaml.ScalarNode) -> float:
    return float(node.value)


_StrictLoader.add_constructor("tag:yaml.org,2002:int", _decimal)
_StrictLoader.add_constructor("tag:yaml.org,2002:float", _decimal_fraction)
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?",
        list("-+.0123456789"),
    ),
):
    _StrictLoader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first
    )

"""Patterns become prompts: Jinja2, sandboxed and strict, so that a typo fails loudly."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from brandstudio.errors import StudioError

_MAX_PROMPT = 2000
_REMEMBERED_PATTERNS = 256
_jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)

# What a prompt needs, and nothing that can loop, multiply, call or fetch.
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Getitem,
    nodes.Slice, nodes.Neg,
)  # fmt: skip


class PatternError(StudioError):
    """A prompt pattern cannot be read or filled."""

    status = 409
    hint = "Correct the template's pattern; 'brandstudio presets check' names the place."


def expand(pattern: str, answers: Mapping[str, str]) -> str:
    """The pattern filled with the answers: one line, single spaces, no dangling commas.

    Raises PatternError for bad syntax or a name the answers lack.
    """
    try:
        filled = _compiled(pattern).render(dict(answers))
    except TemplateError as error:
        raise PatternError(f"The pattern cannot be filled: {error}") from error
    return tidy(filled)[:_MAX_PROMPT]


def names_in(pattern: str) -> set[str]:
    """The names a pattern asks for. Raises PatternError for what a pattern may not have."""
    return meta.find_undeclared_variables(_parsed(pattern))


def typed_stands_last(pattern: str, typed: Iterable[str]) -> bool:
    """Whether none of the pattern's own words follow what was typed into these fields.

    An encoder with a short window drops what comes last, and that must never be the brand's.
    """
    return _is_last(_parsed(pattern).body, frozenset(typed), is_typed=False) is not None


def _is_last(parts: Iterable[nodes.Node], typed: frozenset[str], *, is_typed: bool) -> bool | None:
    """Whether the parts end in typed text; None when the pattern's own words follow it."""
    for part in parts:
        ended = _after(part, typed, is_typed=is_typed)
        if ended is None:
            return None
        is_typed = ended
    return is_typed


def _after(part: nodes.Node, typed: frozenset[str], *, is_typed: bool) -> bool | None:
    if isinstance(part, nodes.Output):
        return _is_last(part.nodes, typed, is_typed=is_typed)
    if isinstance(part, nodes.If):
        branches = [part.body, *(other.body for other in part.elif_), part.else_]
        ends = [_is_last(branch, typed, is_typed=is_typed) for branch in branches]
        return None if None in ends else any(ends)
    if isinstance(part, nodes.Name) and part.name in typed:
        return True
    if isinstance(part, nodes.TemplateData):
        return None if is_typed and re.search(r"\w", part.data) else is_typed
    names = {name.name for name in part.find_all(nodes.Name)}
    return None if is_typed or names & typed else False


@lru_cache(_REMEMBERED_PATTERNS)
def _compiled(pattern: str) -> Template:
    _parsed(pattern)
    return _jinja.from_string(pattern)


def _parsed(pattern: str) -> nodes.Template:
    try:
        root = _jinja.parse(pattern)
    except (TemplateError, RecursionError) as error:
        reason = error.message if isinstance(error, TemplateError) else "it is nested too deeply"
        raise PatternError(f"The pattern cannot be read: {reason}") from error
    odd = next((n for n in root.find_all(nodes.Node) if not isinstance(n, _ALLOWED)), None)
    if odd is not None:
        raise PatternError(
            f"The pattern cannot be used: line {odd.lineno} has more than names, conditions, "
            "comparisons and slices"
        )
    return root


def tidy(text: str) -> str:
    """Collapse white space and the empty parts that unanswered fields leave between commas."""
    parts = (re.sub(r"\s+", " ", part).strip() for part in text.split(","))
    return ", ".join(part for part in parts if part)

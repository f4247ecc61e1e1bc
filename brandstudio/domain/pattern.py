"""Patterns become prompts: Jinja2, sandboxed and strict, so that a typo fails loudly."""

import re
from collections.abc import Mapping

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from brandstudio.errors import StudioError

_MAX_PROMPT = 2000
_jinja = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


class PatternError(StudioError):
    """A prompt pattern cannot be read or filled."""

    hint = "Correct the template's pattern; 'brandstudio presets check' names the place."


def expand(pattern: str, answers: Mapping[str, str]) -> str:
    """The pattern filled with the answers: one line, single spaces, no dangling commas.

    Raises PatternError for bad syntax or a name the answers lack.
    """
    try:
        filled = _jinja.from_string(pattern).render(dict(answers))
    except (TemplateError, OverflowError) as error:
        raise PatternError(f"The pattern cannot be filled: {error}") from error
    return tidy(filled)[:_MAX_PROMPT]


def names_in(pattern: str) -> set[str]:
    """The names a pattern asks for. Raises PatternError for bad syntax."""
    try:
        return meta.find_undeclared_variables(_jinja.parse(pattern))
    except TemplateError as error:
        raise PatternError(f"The pattern cannot be read: {error.message}") from error


def tidy(text: str) -> str:
    """Collapse white space and the empty parts that unanswered fields leave between commas."""
    parts = (re.sub(r"\s+", " ", part).strip() for part in text.split(","))
    return ", ".join(part for part in parts if part)

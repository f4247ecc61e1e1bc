"""What people may be called."""

import re

from brandstudio.domain.lookalikes import unmasked
from brandstudio.domain.people import OPERATOR
from brandstudio.errors import Problem

_NAME = re.compile(r"[^\W_][\w .@'-]{0,62}[\w.]")


def name_problem(name: str) -> Problem | None:
    """Why the name is refused, or None."""
    if _NAME.fullmatch(name) and unmasked(name) != OPERATOR:
        return None
    advice = "use 2 to 64 letters, digits, spaces or . - ' @, starting with a letter"
    return Problem("name", advice)


def taken_name(name: str) -> Problem:
    """The problem that someone else has the name, or one like it."""
    return Problem("name", f"'{name}' or a name that looks like it is taken; choose another")

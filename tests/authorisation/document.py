"""docs/authorisation.md: the whole matrix, as the running application answered it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from brandstudio.domain.access import RULES, Who
from tests.authorisation.cells import Cell
from tests.authorisation.world import ACTORS

FILE = Path(__file__).parents[2] / "docs" / "authorisation.md"
Row = tuple[str, Any, Mapping[str, Cell]]
"""A way in, what it asks for, and what everybody gets."""
_INTRO = """# Who may do what

Made by `pytest tests/authorisation --write-matrix` from a running application: every line was asked
by everyone in every column, and the test suite fails when an answer is not this one. Do not edit it
by hand.

A role belongs to a brand, or to every brand: a person can review for one and be a stranger to the
next. **{yes}** means the answer is given; **{sign_in}** asks to sign in, **{forbidden}** says that
the role, the token or the four eyes rule do not allow it, and **{not_found}** says that there is no
such thing: another brand's things answer exactly like things that do not exist. Lists and forms
answer everyone who is signed in, with what is theirs and nothing else.

The rules themselves are one table in `brandstudio/domain/access.py`:

| action | least role | whom | scope of an API token |
|---|---|---|---|
{rules}

"""
_SHORT = {
    "nobody signed in": "nobody",
    "owner of another brand": "other brand's owner",
    "creator, their own": "its creator",
}
_WHO = {
    Who.ANYONE: "anyone who has it",
    Who.MAKERS: "who made it, and brand owners",
    Who.OTHERS: "anyone but who made it",
}


def markdown(parts: Mapping[str, tuple[str, Sequence[Row]]]) -> str:
    """The page: an introduction, then a table for each kind of way in."""
    intro = _INTRO.format(
        yes=Cell.YES,
        sign_in=Cell.SIGN_IN,
        forbidden=Cell.FORBIDDEN,
        not_found=Cell.NOT_FOUND,
        rules="\n".join(_rules()),
    )
    return intro + "\n".join(_part(title, *part) for title, part in parts.items())


def table(title: str, about: str, columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A table with columns of its own."""
    head = f"| way in | asks for | {' | '.join(columns)} |\n|---|---|{'---|' * len(columns)}\n"
    lines = (
        f"| `{name}` | {need} | {' | '.join(cells[column] for column in columns)} |"
        for name, need, cells in rows
    )
    return f"\n## {title}\n\n{about}\n\n{head}" + "\n".join(lines) + "\n"


def _rules() -> Iterable[str]:
    for action, rule in RULES.items():
        least = rule.least.in_words if rule.least else "none"
        scope = f"`{rule.scope}`" if rule.scope else "any"
        yield f"| {action} | {least} | {_WHO[rule.who]} | {scope} |"


def _part(title: str, about: str, rows: Sequence[Row]) -> str:
    names = " | ".join(_SHORT.get(actor, actor) for actor in ACTORS)
    head = f"| way in | asks for | {names} |\n|---|---|{'---|' * len(ACTORS)}\n"
    lines = (
        f"| `{name}` | {need} | {' | '.join(cells[actor] for actor in ACTORS)} |"
        for name, need, cells in rows
    )
    return f"## {title}\n\n{about}\n\n{head}" + "\n".join(lines) + "\n"

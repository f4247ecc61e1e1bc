"""In whose name a command acts."""

from getpass import getuser
from typing import Annotated

import typer

from brandstudio.domain.people import Person
from brandstudio.services.people import users
from brandstudio.services.studio import Studio

As = Annotated[
    str, typer.Option("--as", help="In whose name, with their rights; the operator's unless given.")
]


def acting(studio: Studio, name: str) -> Person:
    """The person of that name, or the machine's operator, who may do everything."""
    return users.named(studio, name) if name else users.operator(studio)


def acting_to(studio: Studio, name: str, *doing: object) -> Person:
    """The same for what changes something: what is done in somebody's name is on record."""
    if not name:
        return users.operator(studio)
    command = " ".join(map(str, doing))
    return users.act_as(studio, name, doing=command[:200], account=_account())


def _account() -> str:
    try:
        return getuser()
    except (OSError, KeyError):  # a container's account may have no name
        return "unknown"

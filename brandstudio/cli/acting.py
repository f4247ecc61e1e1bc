"""In whose name a command acts."""

from typing import Annotated

import typer

from brandstudio.domain.people import Person
from brandstudio.services import users
from brandstudio.services.studio import Studio

As = Annotated[
    str, typer.Option("--as", help="In whose name, with their rights; the operator's unless given.")
]


def acting(studio: Studio, name: str) -> Person:
    """The person of that name, or the machine's operator, who may do everything."""
    return users.named(studio, name) if name else users.operator(studio)

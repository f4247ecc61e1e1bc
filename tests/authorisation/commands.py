"""Every command of the command line, asked in everybody's name where it takes one."""

import contextlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command

from brandstudio.cli import cli
from brandstudio.domain.access import NEEDS, Action, Beyond
from brandstudio.errors import StudioError
from tests.authorisation.cells import About, Cell, of_error
from tests.authorisation.world import NOBODY, World
from tests.conftest import BRIEF


@dataclass(frozen=True)
class Command:
    """One command, what it declares, and whether it acts in somebody's name."""

    name: str
    need: Action | Beyond | None
    takes_a_name: bool


def every_command() -> Iterator[Command]:
    """The commands as the terminal has them."""
    yield from _below(get_command(cli), "")


def about(name: str) -> About:
    """What a command is about."""
    return {"runs": About.OWN, "audit export": About.ANY_BRAND}.get(name, About.RUN)


def ask(command: Command, actor: str, world: World, folder: Path) -> Cell:
    """What the command does in that name, over the world's own data folder."""
    name = "nobody of this name" if actor == NOBODY else world.people[actor].name
    arguments = [*command.name.split(), *_ARGUMENTS[command.name], "--as", name]
    filled = [argument.format(**_names(world, folder)) for argument in arguments]
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")  # the export writes bytes
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            cli(args=filled, standalone_mode=False)
        except StudioError as error:
            return of_error(error)
    return Cell.YES


_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "plan": ("{brief}",),
    "runs": (),
    "pause": ("{run}",),
    "resume": ("{run}",),
    "variants": ("{run}",),
    "pack": ("--run", "{run}", "-o", "{output}"),
    "audit export": (),
    "review approve": ("{variant}",),
    "review reject": ("{variant}", "--comment", "dull"),
    "review request-changes": ("{variant}", "--comment", "dull"),
    "review reopen": ("{variant}",),
    "review submit": ("{variant}",),
}
OPERATORS = frozenset(
    {f"users {verb}" for verb in ("add", "invite", "role", "disable", "enable")}
    | {f"users {verb}" for verb in ("password", "link", "list", "sessions")}
    | {"tokens list", "tokens revoke"}
)
"""Manage people; whoever has the machine's account does it as its operator."""
DRAWS = frozenset({"run"})
"""Draws with the real model in this very process; what it asks is what `plan` and REST ask."""


def _names(world: World, folder: Path) -> dict[str, object]:
    brief = folder / "brief.yaml"
    brief.write_text(yaml.safe_dump(dict(BRIEF)))
    return {
        "brief": brief,
        "run": world.run,
        "variant": world.variants[1],
        "output": folder / "pack.zip",
    }


def _below(command: Any, path: str) -> Iterator[Command]:
    for name, one in getattr(command, "commands", {}).items():
        full = f"{path} {name}".strip()
        if hasattr(one, "commands"):
            yield from _below(one, full)
            continue
        names = {option for parameter in one.params for option in parameter.opts}
        function: Any = getattr(one.callback, "__wrapped__", one.callback)
        yield Command(full, getattr(function, NEEDS, None), "--as" in names)

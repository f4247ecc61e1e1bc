"""Every command of the command line, asked in everybody's name where it takes one."""

import contextlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from brandstudio.cli import briefs, cli
from brandstudio.domain.access import NEEDS, Action, Beyond
from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import carry_out
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


def about(command: Command) -> About:
    """What a command is about."""
    if command.need in STUDIO_WIDE:
        return About.STUDIO
    return _ABOUT.get(command.name, About.RUN)


_ABOUT: Mapping[str, About] = {
    "runs": About.OWN,
    "audit export": About.ANY_BRAND,
    "users list": About.ANY_BRAND,
    "users withdraw": About.LINK,
}
STUDIO_WIDE = {Action.MANAGE_PEOPLE, Action.SEE_SETTINGS}


def ask(command: Command, actor: str, world: World, folder: Path) -> Cell:
    """What the command does in that name, over the world's own data folder."""
    name = "nobody of this name" if actor == NOBODY else world.people[actor].name
    arguments = [*command.name.split(), *_ARGUMENTS[command.name], "--as", name]
    filled = [_filled(argument, world, folder) for argument in arguments]
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")  # the export writes bytes
    typed = io.StringIO(f"{NEW_PASSWORD}\n")
    with (
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        pytest.MonkeyPatch.context() as terminal,
    ):
        terminal.setattr("sys.stdin", typed)
        # The graphics card's part is a fake's; what was asked is asked before it.
        terminal.setattr(briefs, "_carry_out_here", _drawing(world))
        try:
            cli(args=filled, standalone_mode=False)
        except StudioError as error:
            return of_error(error)
    return Cell.YES


_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "plan": ("{brief}",),
    "run": ("{brief}",),
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
    "settings": (),
    "users add": ("{new}", "--role", "creator", "--brand", "voltra"),
    "users invite": ("--role", "creator", "--brand", "voltra"),
    "users role": ("{bystander}", "{role}", "--brand", "voltra"),
    "users disable": ("{bystander}",),
    "users enable": ("{bystander}",),
    "users remove": ("{gone}",),
    "users password": ("{gone}",),
    "users link": ("{bystander}",),
    "users withdraw": ("{link}",),
    "users list": (),
    "users sessions": ("{bystander}", "--end"),
    "tokens list": (),
    "tokens revoke": ("{token}",),
}
NEW_PASSWORD = "another long one of theirs"


def _drawing(world: World) -> Callable[[Studio, int], None]:
    def draw(studio: Studio, run_id: int) -> None:
        carry_out(replace(world.worker, studio=studio), run_id)

    return draw


def _filled(argument: str, world: World, folder: Path) -> str:
    named = re.fullmatch(r"\{(\w+)\}", argument)
    return str(_NAMES[named[1]](world, folder)) if named else argument


def _brief(folder: Path) -> Path:
    brief = folder / "brief.yaml"
    brief.write_text(yaml.safe_dump(dict(BRIEF)))
    return brief


_NAMES: Mapping[str, Callable[[World, Path], object]] = {
    "brief": lambda _, folder: _brief(folder),
    "run": lambda world, _: world.run,
    "variant": lambda world, _: world.variants[1],
    "output": lambda _, folder: folder / "pack.zip",
    "bystander": lambda world, _: world.bystander.name,
    "gone": lambda world, _: world.somebody("gone").name,
    "new": lambda *_: f"newcomer {next(_NUMBERS)}",
    "role": lambda *_: next(_ROLES),
    "link": lambda world, _: world.a_link(),
    "token": lambda world, _: world.a_token(),
}
_NUMBERS, _ROLES = count(1), cycle(("reviewer", "creator"))


def _below(command: Any, path: str) -> Iterator[Command]:
    for name, one in getattr(command, "commands", {}).items():
        full = f"{path} {name}".strip()
        if hasattr(one, "commands"):
            yield from _below(one, full)
            continue
        names = {option for parameter in one.params for option in parameter.opts}
        function: Any = getattr(one.callback, "__wrapped__", one.callback)
        yield Command(full, getattr(function, NEEDS, None), "--as" in names)

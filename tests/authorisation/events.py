"""Every event of the pages, asked by everybody: what a browser can send to Gradio's queue.

Nothing is written down here but what the fields hold: the events are those of the running pages,
and those that a part of a page adds once it is drawn for somebody.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from brandstudio.domain.access import NEEDS, Action, Beyond
from tests.authorisation.cells import About, Cell
from tests.authorisation.world import DISABLED, NOBODY, World
from tests.web.tabs import Tab

_TABS = count()


@dataclass(frozen=True)
class PageEvent:
    """One function that Gradio runs for a page."""

    number: int
    name: str
    need: Action | Beyond | None
    inputs: tuple[Any, ...] = field(compare=False)
    is_at_opening: bool = field(compare=False)


@dataclass(frozen=True)
class Asked:
    """Everything that one person's pages let them do, and what became of it."""

    actor: str
    cells: Mapping[str, Cell]
    needs: Mapping[str, Action | Beyond | None]


def of_pages(blocks: Any) -> Iterator[PageEvent]:
    """The events of some blocks, those that draw a part included."""
    drawing = {id(part.apply): part.fn for part in getattr(blocks, "renderables", ())}
    for number, event in blocks.fns.items():
        handler: Any = event.fn
        owner = getattr(handler, "__self__", None)
        function = getattr(owner, "fn", None) or drawing.get(id(handler)) or handler
        yield PageEvent(
            number,
            f"{_page(event, function)}: {_called(function)}",
            getattr(function, NEEDS, None),
            tuple(event.inputs),
            any(trigger == "load" for _, trigger in event.targets),
        )


def blocks_of(world: World) -> Any:
    """The pages as the server holds them."""
    return Tab(world, {}, "nobody").blocks  # pyright: ignore[reportArgumentType]


def about(name: str) -> About:
    """What is shown or done of one's own, or of the brand that the form names."""
    return About.RUN if name in _OF_THE_BRAND else About.OWN


_OF_THE_BRAND = frozenset(
    f"Create: {what}" for what in ["switch form", "sum up", "preview prompts", "submit brief"]
)


def ask_everything(world: World, actor: str) -> Asked:
    """Open every page, run whatever it has, then whatever was drawn."""
    tab = Tab(world, world.cookie(actor), f"{'x' * 8}{next(_TABS)}")  # pyright: ignore
    declared = list(of_pages(tab.blocks))
    cells: dict[str, Cell] = {}
    opening = [event for event in declared if event.is_at_opening]
    for events in (opening, [event for event in declared if not event.is_at_opening]):
        cells |= _run(tab, events)
    if actor in {NOBODY, DISABLED}:
        return Asked(actor, cells, {event.name: event.need for event in declared})
    known = {event.number for event in declared}
    mine: Any = tab.blocks.state_holder[tab.name].blocks_config
    drawn = [event for event in of_pages(mine) if event.number not in known]
    cells |= _run(tab, drawn)
    return Asked(actor, cells, {event.name: event.need for event in [*declared, *drawn]})


def in_full(everybodys: Iterable[Asked]) -> dict[str, tuple[Any, dict[str, Cell]]]:
    """Each event with what everybody got; what was never drawn for somebody is not there for them.

    Whoever is not signed in gets no further than the gate, whatever they name.
    """
    asked = list(everybodys)
    needs = {name: need for one in asked for name, need in one.needs.items()}
    missing = {NOBODY: Cell.SIGN_IN, DISABLED: Cell.SIGN_IN}
    return {
        name: (
            need,
            {
                one.actor: one.cells.get(name, missing.get(one.actor, Cell.NOT_FOUND))
                for one in asked
            },
        )
        for name, need in sorted(needs.items())
    }


def _run(tab: Tab, events: list[PageEvent]) -> dict[str, Cell]:
    """Start them all, and hear what became of them."""
    started: dict[str, str] = {}
    cells: dict[str, Cell] = {}
    for event in events:
        answer = tab.send(fn_index=event.number, data=[_held(one) for one in event.inputs])
        if answer.status == 200:
            started[_id_of(answer.body)] = event.name
        else:
            cells[event.name] = Cell(str(answer.status))
    if not started:
        return cells
    for said in tab.hear():
        name = started[said["event_id"]]
        # A part may be drawn for several things, some of which are somebody's own.
        cells[name] = _worse(cells.get(name), _of_outcome(said))
    return cells


def _held(component: Any) -> Any:
    """What a field holds: as it was drawn, but that the brand is Voltra, whoever's form it is."""
    name = getattr(component, "elem_id", "") or ""
    if name in _TYPED:
        return _TYPED[name]
    if type(component).__name__ == "State":
        return None
    return component.value if hasattr(component, "value") else None


_TYPED: Mapping[str, Any] = {
    "brand": "voltra",
    "answer-headline": "Turn it up",
    "token-name": "script",
    "current-password": "",
    "new-password": "not the same",
    "new-password-again": "as this one",
}


def _of_outcome(said: Mapping[str, Any]) -> Cell:
    output: Mapping[str, Any] = said["output"]
    told = str(output.get("error") or output.get("data"))
    for words, cell in _TOLD.items():
        if words in told:
            return cell
    # Or a form that is refused for another reason would look like one that is allowed.
    assert "brief-problems" not in told, told
    return Cell.YES


_TOLD = {
    "There is no brand": Cell.NOT_FOUND,
    # A choice that was not drawn for this person is told like one that nobody has.
    "cannot read what this page sent": Cell.NOT_FOUND,
    "may not": Cell.FORBIDDEN,
    "Someone else must": Cell.FORBIDDEN,
    "You are not signed in": Cell.SIGN_IN,
}


def _worse(one: Cell | None, other: Cell) -> Cell:
    return other if one is None or one is Cell.YES else one


def _id_of(body: bytes) -> str:
    return json.loads(body)["event_id"]


def _page(event: Any, function: Any) -> str:
    """The page an event belongs to; Gradio takes what is drawn later for the last page's."""
    module = str(getattr(function, "__module__", "")).rpartition(".")[2]
    page = {"create": "create", "own_sessions": "account", "own_tokens": "account"}.get(module)
    return (page or event.page or "create").capitalize()


def _called(function: Any) -> str:
    """`on_generate.<locals>.submit_brief` as `submit brief`, the name it is logged under."""
    return getattr(function, "__qualname__", str(function)).rpartition(".")[2].replace("_", " ")

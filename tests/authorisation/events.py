"""Every event of the pages, asked by everybody: what a browser can send to Gradio's queue."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from brandstudio.domain.access import NEEDS, Action, Beyond
from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio
from brandstudio.web.pages import account, administration, brands, create, own_tokens
from brandstudio.web.pages.brief_form import draw_form
from brandstudio.web.views.create import first_draft
from tests.authorisation.cells import About, Cell, of_error
from tests.authorisation.world import NOBODY, World

Call = Callable[[gr.Request], Any]


@dataclass(frozen=True)
class PageEvent:
    """One handler, by the page and the function it comes from."""

    name: str
    need: Action | Beyond | None
    call: Call


def declared(blocks: gr.Blocks) -> Iterator[tuple[str, object]]:
    """Every function of the pages with what it declares, those that draw a part included."""
    drawing = {id(part.apply): part.fn for part in blocks.renderables}
    for event in blocks.fns.values():
        handler: Any = event.fn
        owner = getattr(handler, "__self__", None)
        function = getattr(owner, "fn", None) or drawing.get(id(handler)) or handler
        yield getattr(function, "__qualname__", str(function)), getattr(function, NEEDS, None)


def every_event(studio: Studio) -> Iterator[PageEvent]:
    """The handlers as the pages make them, ready to be called as somebody."""
    with gr.Blocks():
        draft = first_draft(studio.catalogue.only(frozenset({"voltra"})), "key")
        fields = draw_form(studio.catalogue, studio.base_model, draft)
    typed: dict[Any, Any] = {c: getattr(c, "value", None) for c in fields.by_id.values()}
    typed |= {fields.brand: "voltra", fields.template: draft.template}
    typed[fields.by_id["answer-headline"]] = "Turn it up"
    made: Mapping[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "Create: open": (create.on_open(studio), ()),
        "Create: another brand or template": (create.on_switch(studio, fields, draft), (typed,)),
        "Create: preview prompts": (create.on_preview(studio, fields, draft), (typed,)),
        "Create: generate": (create.on_generate(studio, fields, draft), (typed,)),
        "Brands: open": (brands.on_open(studio), ()),
        "Administration: open": (administration.on_open(studio), ()),
        "Account: change the password": (
            account.on_password(studio),
            ("", "not the same", "as this one"),
        ),
        "Account: create a token": (own_tokens.on_new_token(studio), ("script", ["read"], 7, 0)),
    }
    for name, (handler, given) in made.items():
        yield PageEvent(name, getattr(handler, NEEDS, None), _bound(handler, given))


def about(name: str) -> About:
    """Forms and lists hold what is one's own; previewing and generating are about a brand."""
    return About.OWN if name.endswith(": open") or name.startswith("Account: ") else About.RUN


def ask(event: PageEvent, actor: str, world: World) -> Cell:
    """What this person gets from it; the gate gives Gradio their name, or turns them away."""
    if actor == NOBODY:
        return Cell.SIGN_IN
    name = world.people[actor].name
    try:
        shown = event.call(gr.Request(username=name, query_params={}))
    except gr.Error as error:
        cause = error.__cause__
        return of_error(cause if isinstance(cause, StudioError) else None)
    # The form shows what is wrong with it instead of failing.
    return Cell.NOT_FOUND if "There is no brand" in str(shown) else Cell.YES


def _bound(handler: Callable[..., Any], given: tuple[Any, ...]) -> Call:
    return lambda request: handler(*given, request)

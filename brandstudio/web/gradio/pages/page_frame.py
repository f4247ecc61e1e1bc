"""What every page is made of: the frame around it and the place for our own elements."""

from typing import Any

import gradio as gr

from brandstudio.domain.access import Action
from brandstudio.domain.ranking import SCORES
from brandstudio.services import reviews
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.boundary import current_person, event
from brandstudio.web.gradio.views.account import role_of
from brandstudio.web.gradio.views.markup import Markup, block, element

QUIETLY: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""How every event of the pages runs: nothing blinks, and nothing is published as an API."""

# What the elements in static/js need to name scores; titles and meanings exist once, in the domain.
SCORE_KINDS = [
    {
        "name": kind.name,
        "title": kind.title,
        "unit": kind.unit,
        "meaning": kind.meaning,
        "higher": kind.higher_is_better,
    }
    for kind in SCORES.values()
]


def place(*markup: Markup, elem_id: str | None = None) -> gr.Markdown:
    """Our own markup on a page.

    A Markdown component, because gr.HTML evaluates its template as code, which the page's policy
    forbids. The markup comes from views/markup.py alone, which escapes every value.
    """
    return gr.Markdown(
        block(*markup),
        sanitize_html=False,
        latex_delimiters=[],
        container=False,
        show_label=False,
        elem_id=elem_id,
    )


def frame(studio: Studio, blocks: gr.Blocks, page: str) -> None:
    """The rail with the page's place in it, and who is signed in."""
    place(element("app-shell", page=page))
    person = place()

    @event(Action.OWN_ACCOUNT)
    def greet(request: gr.Request) -> Markup:
        someone = current_person(studio, request)
        waiting = reviews.waiting(studio, person=someone)
        return block(
            element(
                "shell-person",
                name=someone.name,
                role=role_of(someone),
                waiting=waiting,
                administers=someone.owned_brands != frozenset(),
            )
        )

    blocks.load(greet, None, person, **QUIETLY)


def heading(title: str, sentence: str) -> Markup:
    """The title of a page and what one does there."""
    words = element("div", element("h1", title), element("p", sentence))
    return element("static-part", element("div", words, class_="bs-head"))

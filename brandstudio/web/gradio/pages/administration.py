"""Administration: people, access, the audit log, the settings, for whoever answers for them."""

from collections.abc import Callable

import gradio as gr

from brandstudio.domain.access import STUDIO, Action, Thing, may
from brandstudio.domain.people import Person
from brandstudio.services import audit_log
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.boundary import current_person, event
from brandstudio.web.gradio.pages.page_frame import QUIETLY, frame, heading, place
from brandstudio.web.gradio.views.markup import Markup, block, element

BRAND_PARTS = ("people", "log")
ALL_PARTS = ("people", "access", "log", "settings")


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out; what it holds is drawn when somebody comes, for them alone."""
    frame(studio, blocks, "administration")
    place(heading("Administration", "Who works here, what they may do, and what they did."))
    blocks.load(on_open(studio), None, place(), **QUIETLY)


def on_open(studio: Studio) -> Callable[[gr.Request], Markup]:
    """The parts of the page that the person may see, or a word that there are none."""

    @event(Action.OWN_ACCOUNT)
    def show_administration(request: gr.Request) -> Markup:
        person = current_person(studio, request)
        brands = answers_for(studio, person)
        parts = ALL_PARTS if may(person, Action.MANAGE_PEOPLE, STUDIO) else BRAND_PARTS
        if not brands and parts is BRAND_PARTS:
            return block(_nothing())
        return block(
            element(
                "studio-administration",
                parts=parts,
                brands=brands,
                me=person.id,
                runs_all=parts is ALL_PARTS,
            )
        )

    return show_administration


def answers_for(studio: Studio, person: Person) -> dict[str, str]:
    """The names of the brands in which the person gives roles and reads the log, by slug."""
    return {
        slug: name
        for slug, name in audit_log.brand_names(studio).items()
        if may(person, Action.MANAGE_MEMBERS, Thing("brand", slug, slug))
    }


def _nothing() -> Markup:
    sentence = "This page is for administrators and for those who own a brand."
    return element("static-part", element("p", sentence, class_="bs-none"))

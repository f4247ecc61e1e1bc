"""Brands: what each brand locks, to read; nothing here can be changed from a page."""

from collections.abc import Callable

import gradio as gr

from brandstudio.domain.access import Action
from brandstudio.services import brands
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.boundary import current_person, event
from brandstudio.web.gradio.pages.page_frame import QUIETLY, frame, heading, place
from brandstudio.web.gradio.views.brands import brand_sheet, broken_brands, no_brand
from brandstudio.web.gradio.views.markup import Markup, block, element


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out."""
    frame(studio, blocks, "brands")
    place(
        heading("Brands", "What is locked, and cannot be changed from a form, the API or a prompt.")
    )
    # Drawn when somebody comes: nobody's page may hold the brands of others.
    blocks.load(on_open(studio), None, place(), **QUIETLY)


def on_open(studio: Studio) -> Callable[[gr.Request], Markup]:
    """The sheets of the brands that the person works for."""

    @event(Action.VIEW)
    def show_brands(request: gr.Request) -> Markup:
        person = current_person(studio, request)
        catalogue = brands.catalogue(studio, person=person)
        if not catalogue.brands:
            return block(broken_brands(catalogue), no_brand(person))
        sheets = [brand_sheet(brand, catalogue) for brand in catalogue.brands.values()]
        names = {brand.slug: brand.name for brand in catalogue.brands.values()}
        return block(broken_brands(catalogue), element("brand-sheets", *sheets, names=names))

    return show_brands

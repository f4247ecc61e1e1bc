"""Brands: what each brand locks, to read; nothing here can be changed from a page."""

import gradio as gr

from brandstudio.services.studio import Studio
from brandstudio.web.pages.parts import frame, heading, place
from brandstudio.web.views.brands import brand_sheet, broken_brands
from brandstudio.web.views.markup import element


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out."""
    frame(studio, blocks, "brands")
    catalogue = studio.catalogue
    sheets = [brand_sheet(brand, catalogue) for brand in catalogue.brands.values()]
    names = {brand.slug: brand.name for brand in catalogue.brands.values()}
    place(
        heading(
            "Brands", "What is locked, and cannot be changed from a form, the API or a prompt."
        ),
        broken_brands(catalogue),
        element("brand-sheets", *sheets, names=names),
    )

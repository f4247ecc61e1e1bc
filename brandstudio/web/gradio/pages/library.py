"""Library: approved assets, and the packs they leave in."""

import gradio as gr

from brandstudio.services.studio import Studio
from brandstudio.web.gradio.pages.page_frame import frame, place
from brandstudio.web.gradio.views.markup import element


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out."""
    frame(studio, blocks, "library")
    place(element("asset-library"))

"""Review: everything that waits for a second pair of eyes."""

import gradio as gr

from brandstudio.services.studio import Studio
from brandstudio.web.gradio.pages.page_frame import SCORE_KINDS, frame, heading, place
from brandstudio.web.gradio.views.markup import element


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out."""
    frame(studio, blocks, "review")
    place(
        heading(
            "Review", "Approve what may leave the house. Every decision is kept with its name."
        ),
        element("review-grid", source="review", scores=SCORE_KINDS),
    )

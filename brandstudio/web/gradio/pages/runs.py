"""Runs: the list, or with ?run= one run with its progress and its ranked variants."""

import gradio as gr

from brandstudio.services.studio import Studio
from brandstudio.web.gradio.pages.page_frame import SCORE_KINDS, frame, place
from brandstudio.web.gradio.views.markup import element


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out; each of the two elements reads the address and shows itself or not."""
    frame(studio, blocks, "runs")
    place(element("run-list"), element("run-view", scores=SCORE_KINDS))

"""The pages: Create at the root, and one route per other page."""

from collections.abc import Callable

import gradio as gr

from brandstudio.services.studio import Studio
from brandstudio.web.gradio.events import StudioBlocks
from brandstudio.web.gradio.pages import account, administration, brands, create
from brandstudio.web.gradio.pages.page_frame import SCORE_KINDS, frame, heading, place
from brandstudio.web.gradio.views.markup import Markup, element

Build = Callable[[Studio, gr.Blocks], None]


def page_of(path: str, *elements: Markup) -> Build:
    """A page of our own elements alone, which ask the REST API for what they show."""

    def build(studio: Studio, blocks: gr.Blocks) -> None:
        frame(studio, blocks, path)
        place(*elements)

    return build


ROUTES: tuple[tuple[str, str, Build], ...] = (
    # Each of the two elements reads the address and shows itself or not.
    ("Runs", "runs", page_of("runs", element("run-list"), element("run-view", scores=SCORE_KINDS))),
    (
        "Review",
        "review",
        page_of(
            "review",
            heading(
                "Review", "Approve what may leave the house. Every decision is kept with its name."
            ),
            element("review-grid", source="review", scores=SCORE_KINDS),
        ),
    ),
    ("Library", "library", page_of("library", element("asset-library"))),
    ("Brands", "brands", brands.build),
    ("Administration", "administration", administration.build),
    ("Account", "account", account.build),
)


def build_pages(studio: Studio) -> StudioBlocks:
    """All pages, wired to this studio."""
    with StudioBlocks(title="BrandStudio", analytics_enabled=False, fill_width=True) as pages:
        create.build(studio, pages)
    for title, path, build in ROUTES:
        with pages.route(title, path):
            build(studio, pages)
    return pages

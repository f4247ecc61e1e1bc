"""The pages: Create at the root, and one route per other page."""

from collections.abc import Callable

import gradio as gr

from brandstudio.services.studio import Studio
from brandstudio.web.gradio.events import StudioBlocks
from brandstudio.web.gradio.pages import (
    account,
    administration,
    brands,
    create,
    library,
    review,
    runs,
)

Build = Callable[[Studio, gr.Blocks], None]
ROUTES: tuple[tuple[str, str, Build], ...] = (
    ("Runs", "runs", runs.build),
    ("Review", "review", review.build),
    ("Library", "library", library.build),
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

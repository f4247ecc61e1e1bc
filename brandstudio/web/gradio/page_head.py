"""What the head of a page loads: Gradio's frontend, the studio's sheet, the page's script."""

import hashlib
from functools import cache
from pathlib import Path

import gradio

from brandstudio.web.bundles import address, frontend

_INDEX = Path(gradio.__file__).parent / "templates" / "frontend" / "index.html"


def page_head(page: str) -> str:
    """The sheet, the script and the icon of one page: `create`, `runs` …"""
    return (
        f'<link rel="icon" href="{address("icons/mark.svg")}" type="image/svg+xml">'
        f'<link rel="stylesheet" href="{address("css/studio.css")}">'
        f'<script type="module" src="{address(f"js/pages/{page}.js")}"></script>'
    )


@cache
def gradio_head() -> str:
    """Gradio's frontend as it was bundled, or nothing where another Gradio is installed."""
    bundled = frontend()
    if hashlib.sha256(_INDEX.read_bytes()).hexdigest() != bundled.index:
        return ""
    return (
        f'<link rel="stylesheet" href="{bundled.sheet}">'
        f'<script type="module" src="{bundled.script}"></script>'
    )

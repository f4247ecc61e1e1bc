"""Scripts, sheets and icons as pages load them: bundled, under names that change with them.

`make bundles` writes static/bundles with its manifest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"
FOLDER = STATIC / "bundles"
_PLACE = "/static/bundles"


@dataclass(frozen=True, slots=True)
class Frontend:
    """Gradio's frontend in one script and one sheet, and the index.html they were made for."""

    index: str
    components: tuple[str, ...]
    script: str
    sheet: str


def address(source: str) -> str:
    """Where pages find a file of static/: `js/pages/create.js`, `icons/mark.svg`."""
    return f"{_PLACE}/{manifest()['files'][source]}"


def frontend() -> Frontend:
    """Gradio's frontend as it was bundled; script and sheet as addresses."""
    bundled = manifest()["gradio"]
    return Frontend(
        index=bundled["index"],
        components=tuple(bundled["components"]),
        script=f"{_PLACE}/{bundled['script']}",
        sheet=f"{_PLACE}/{bundled['sheet']}",
    )


@cache
def manifest() -> Mapping[str, Any]:
    """What the bundles are called, and what they were made of."""
    return json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))

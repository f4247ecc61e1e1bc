"""Every route of ours, asked by everybody."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from brandstudio.domain.access import NEEDS, Action, Beyond
from tests.authorisation.cells import About, Cell, of_status
from tests.authorisation.world import World
from tests.conftest import BRIEF, PASSWORD

Bodies = Mapping[str, Callable[[World], dict[str, Any]]]


@dataclass(frozen=True)
class Route:
    """One method of one path, and what it declares."""

    method: str
    path: str
    need: Action | Beyond | None
    summary: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def about(self) -> About:
        """Whose rules count: the brand's whose thing it names, the studio's, or one's own."""
        if self.need in _OF_THE_STUDIO:
            return About.STUDIO
        if "{link_id}" in self.path:
            return About.LINK
        names_a_thing = "{" in self.path or (self.method == "POST" and self.path in _JSON)
        if self.need in {Action.MANAGE_MEMBERS, Action.SEE_ACTIVITY} and not names_a_thing:
            return About.ANY_BRAND
        return About.RUN if names_a_thing else About.OWN


_OF_THE_STUDIO = {
    Action.SEE_WORKERS,
    Action.MONITOR,
    Action.MANAGE_PEOPLE,
    Action.SEE_SETTINGS,
}
_PEOPLE = "/api/v1/administration"
_JSON: Bodies = {
    f"{_PEOPLE}/people/{{person_id}}/roles": lambda world: {"brand": "voltra", "role": "reviewer"},
    f"{_PEOPLE}/invitations": lambda world: {"name": "", "roles": {"voltra": "creator"}},
    "/api/v1/plans": lambda world: BRIEF,
    "/api/v1/runs": lambda world: BRIEF,
    "/api/v1/decisions": lambda world: {"variants": [world.variants[-1]], "verdict": "approve"},
    "/api/v1/packs": lambda world: {"variants": [world.variants[0]], "placements": ["story"]},
}
_SENDING = {"POST", "PUT"}
_FORMS: Bodies = {
    "/sign-in": lambda world: {"name": world.people["reviewer"].name, "password": PASSWORD},
}
_NAMES: Mapping[str, Callable[[World], object]] = {
    "run_id": lambda world: world.run,
    "variant_id": lambda world: world.variants[1],
    "pack_id": lambda world: world.pack,
    "sha256": lambda world: world.images[0],
    "upload_id": lambda world: world.upload.id,
    "upload_sha256": lambda world: world.upload.sha256,
    "slug": lambda world: "voltra",
    "name:path": lambda world: "logo.svg",
    "placement": lambda world: "story",
    "person_id": lambda world: world.bystander.id,
    "session_id": lambda world: world.a_session(),
    "token_id": lambda world: world.a_token(),
    "link_id": lambda world: world.a_link(),
}


def every_route(app: FastAPI) -> Iterator[Route]:
    """Our own routes: those of Gradio are classified one by one in the gate."""
    for route in _routes(app.routes):
        summary = (route.endpoint.__doc__ or "").strip().partition("\n")[0]
        for method in sorted(route.methods - {"HEAD"}):
            need = getattr(route.endpoint, NEEDS, None)
            yield Route(method, route.path, need, summary)


def ask(actor: str, route: Route, world: World) -> Cell:
    """What this person's browser gets from it."""
    return of_answer(actor, route, world)[0]


def of_answer(actor: str, route: Route, world: World) -> tuple[Cell, str]:
    """The cell and the text of the answer."""
    client = world.browser(actor, anew=route.path in {"/sign-in", "/sign-out"})
    path = re.sub(r"\{([^}]*)\}", lambda name: str(_NAMES[name[1]](world)), route.path)
    body = _JSON[route.path](world) if route.path in _JSON and route.method in _SENDING else None
    # As a program asks: a browser that wants a page is led to the sign-in instead.
    answer = client.request(
        route.method,
        path,
        json=body,
        data=_FORMS[route.path](world) if route.path in _FORMS and body is None else None,
        headers={"Accept": "application/json"},
    )
    said = answer.json() if "json" in answer.headers.get("content-type", "") else None
    return of_status(answer.status_code, said), answer.text


def _routes(routes: Iterable[Any]) -> Iterator[Any]:
    """FastAPI keeps included routers whole; a mounted application has no endpoint of ours."""
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from _routes(route.effective_candidates())
        elif hasattr(route, "endpoint") and getattr(route, "methods", None):
            yield route

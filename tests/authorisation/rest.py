"""Every route of ours, asked by everybody."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Mount

from brandstudio.domain.access import NEEDS, Action, Beyond
from tests.authorisation.cells import About, Cell, of_status
from tests.authorisation.world import World
from tests.conftest import BRIEF, PASSWORD
from tests.hostile_images import base_images

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
        if str(self) in _FOR_SOME_BRAND:
            return About.ANY_BRAND
        return About.RUN if names_a_thing else About.OWN


ENDING = frozenset({"/sign-in", "/sign-out"})
"""They end the session that asks."""
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
_FOR_SOME_BRAND = {"POST /api/v1/uploads"}
"""For whoever works for a brand, whichever: it is named later."""
_IMAGES = {"POST /api/v1/uploads": base_images()["png"]}
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


_TYPE = {name: {"Content-Type": "image/png"} for name in _IMAGES}
_LEAVERS = {f"DELETE {_PEOPLE}/people/{{person_id}}"}
_LEAVING: Mapping[str, Callable[[World], object]] = {
    "person_id": lambda world: world.somebody("leaver").id
}
_OF_EVERYBODY = {f"DELETE {_PEOPLE}/sessions"}


def every_route(app: FastAPI) -> Iterator[Route]:
    """Our own routes: those of Gradio are classified one by one in the gate."""
    for route in _routes(app.routes):
        summary = (route.endpoint.__doc__ or "").strip().partition("\n")[0]
        for method in sorted(route.methods):
            need = getattr(route.endpoint, NEEDS, None)
            yield Route(method, route.path, need, summary)


def ask(actor: str, route: Route, world: World) -> Cell:
    """What this person's browser gets from it."""
    return of_answer(actor, route, world)[0]


def of_answer(actor: str, route: Route, world: World) -> tuple[Cell, str]:
    """The cell and the text of the answer."""
    return answered(world.browser(actor, anew=route.path in ENDING), route, world)


def with_a_body(app: FastAPI) -> Iterator[Route]:
    """The routes that take JSON."""
    return (one for one in every_route(app) if one.path in _JSON and one.method in _SENDING)


def body_of(route: Route, world: World) -> dict[str, Any]:
    """JSON that the route takes."""
    return dict(_JSON[route.path](world))


def address_of(route: Route, world: World) -> str:
    """Where there is something for it to act on."""
    names = {**_NAMES, **(_LEAVING if str(route) in _LEAVERS else {})}
    return re.sub(r"\{([^}]*)\}", lambda name: str(names[name[1]](world)), route.path)


def answered(client: TestClient, route: Route, world: World) -> tuple[Cell, str]:
    """The cell and the text of what somebody's browser, or a program, is answered."""
    path = address_of(route, world)
    body = _JSON[route.path](world) if route.path in _JSON and route.method in _SENDING else None
    # As a program asks: a browser that wants a page is led to the sign-in instead.
    answer = client.request(
        route.method,
        path,
        json=body,
        data=_FORMS[route.path](world) if route.path in _FORMS and body is None else None,
        content=_IMAGES.get(str(route)),
        headers={"Accept": "application/json"} | _TYPE.get(str(route), {}),
    )
    if str(route) in _OF_EVERYBODY:
        world.sign_everybody_in()
    assert answer.status_code < 500 or route.path == "/readyz", f"{route}: {answer.text}"
    is_json = answer.content and "json" in answer.headers.get("content-type", "")
    said = answer.json() if is_json else None
    return of_status(answer.status_code, said), answer.text


def _routes(routes: Iterable[Any]) -> Iterator[Any]:
    """FastAPI keeps included routers whole; a mounted application has no endpoint of ours."""
    for route in routes:
        if isinstance(route, Mount):
            continue
        if hasattr(route, "effective_candidates"):
            yield from _routes(route.effective_candidates())
        elif hasattr(route, "endpoint") and getattr(route, "methods", None):
            yield route

"""Every REST call, asked by programs whose tokens may do one thing each."""

from fastapi.testclient import TestClient

from brandstudio.domain.access import RULES, Action, Beyond
from brandstudio.domain.people import Scope
from brandstudio.services.people import tokens
from tests.authorisation import rest
from tests.authorisation.cells import Cell
from tests.authorisation.world import ORIGIN, World

OWNER = "administrator"
COLUMNS = tuple(Scope)
WITH_TOKENS = (
    "/api/v1/",
    "/images/",
    "/uploads/",
    "/brands/",
    "/renditions/",
    "/readyz",
    "/metrics",
)


def expected(need: Action | Beyond | None, scope: Scope) -> Cell:
    """A call is answered by the one scope that its action asks for, and by no other."""
    assert isinstance(need, Action)
    return Cell.YES if RULES[need].scope in {scope, None} else Cell.FORBIDDEN


def programs(world: World) -> dict[Scope, TestClient]:
    """A program for each scope, with a token of an administrator that has no other."""
    person = world.people[OWNER]

    def program(scope: Scope) -> TestClient:
        token = tokens.create(world.studio, person=person, name=scope, scopes={scope})
        headers = {"Authorization": f"Bearer {token}"}
        return TestClient(world.app, base_url=ORIGIN, follow_redirects=False, headers=headers)

    return {scope: program(scope) for scope in COLUMNS}


def takes_tokens(route: rest.Route) -> bool:
    """Whether programs ask there at all."""
    return isinstance(route.need, Action) and route.path.startswith(WITH_TOKENS)

"""What the rules say a cell of the matrix must be, and what the application answered."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from brandstudio.domain.access import RULES, STUDIO, Action, Beyond, Thing, require
from brandstudio.domain.people import Person
from brandstudio.errors import BriefError, ForbiddenError, NotFoundError, SignInError, StudioError
from tests.authorisation.world import DISABLED, MAKER, NOBODY, World


class Cell(StrEnum):
    """What one actor gets from one way in."""

    YES = "yes"
    SIGN_IN = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    NOT_ASKED = "–"


class About(StrEnum):
    """What a way in is about, which decides who is a stranger to it."""

    RUN = "a run of the brand"
    OWN = "what is one's own"
    """Lists and forms: everybody may ask, and gets what is theirs."""
    STUDIO = "the studio"
    ANY_BRAND = "any brand"
    """Lists for whoever answers for a brand, this one or another."""
    LINK = "a link into the brand"
    """Like a run; but who answers for no brand is told so before anything is looked for."""


def expected(world: World, actor: str, need: Action | Beyond, about: About) -> Cell:
    """The cell as the one table of rules has it."""
    if need is Beyond.NO_SIGN_IN:
        return Cell.YES
    if actor in {NOBODY, DISABLED}:
        return Cell.SIGN_IN
    assert isinstance(need, Action)
    person = world.people[actor]
    if about is About.OWN or need is Action.SIGNED_IN:
        return Cell.YES
    if about in {About.ANY_BRAND, About.LINK}:
        least = RULES[need].least
        is_enough = any(least and role.covers(least) for role in person.roles.values())
        if about is About.ANY_BRAND or not is_enough:
            return Cell.YES if is_enough else Cell.FORBIDDEN
    thing = STUDIO if about is About.STUDIO else a_run(world)
    return of_error(_refusal(person, need, thing))


def a_run(world: World) -> Thing:
    return Thing("run", world.run, "voltra", frozenset({world.people[MAKER].id}))


def _refusal(person: Person, need: Action, thing: Thing) -> StudioError | None:
    try:
        require(person, need, thing)
    except StudioError as error:
        return error
    return None


def of_error(error: StudioError | None) -> Cell:
    """The cell of a service that raised this, or nothing. A state that forbids is no refusal."""
    if isinstance(error, BriefError) and any(p.place == "brand" for p in error.problems):
        return Cell.NOT_FOUND
    for kind, cell in _KINDS.items():
        if isinstance(error, kind):
            return cell
    return Cell.YES


def of_status(status: int, body: Any = None) -> Cell:
    """The cell of an answer; a list of decisions may hold a refusal of its own."""
    said: Mapping[str, Any] = body if isinstance(body, dict) else {}
    if said.get("refused"):
        return _BY_KIND.get(said["refused"][0]["kind"], Cell.YES)
    problems = said.get("error", {}).get("problems", ())
    if any(problem["place"] == "brand" for problem in problems):
        return Cell.NOT_FOUND
    return _BY_STATUS.get(status, Cell.YES)


_KINDS = {
    SignInError: Cell.SIGN_IN,
    ForbiddenError: Cell.FORBIDDEN,
    NotFoundError: Cell.NOT_FOUND,
}
_BY_KIND = {"forbidden": Cell.FORBIDDEN, "not_found": Cell.NOT_FOUND}
_BY_STATUS = {401: Cell.SIGN_IN, 403: Cell.FORBIDDEN, 404: Cell.NOT_FOUND}

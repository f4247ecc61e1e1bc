"""Another brand's things answer exactly like things that do not exist: byte for byte, in every
parameter, with the same questions to the database, and nothing left behind."""

import re
from dataclasses import replace

import pytest

from tests.authorisation import rest
from tests.authorisation.strangers import Names, every_question, nowhere, there, told
from tests.authorisation.world import World

BOSS = "administrator"
STRANGERS = ("owner of another brand", "no role")
SAME_FOR_ALL = {
    f"GET /uploads/1/{'0' * 64}.webp",
    f"HEAD /uploads/1/{'0' * 64}.webp",
    "POST plans: references",
    "POST runs: references",
    "PUT roles: solenne administrator",
}
"""Wrong whoever asks: the hash of another image, an image of another brand, an impossible role."""


@pytest.fixture(scope="module")
def names(world: World) -> tuple[Names, Names, Names]:
    """Of Voltra's things, of nothing, and of what the stranger may name."""
    real = there(world)
    own = replace(nowhere(real), variant=world.other_variant, person=world.other_person.id)
    return real, nowhere(real), own


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_cannot_tell_what_is_another_brands_from_what_never_was(
    world: World, names: tuple[Names, Names, Names], stranger: str
):
    real, missing, own = names
    differing = []
    pairs = zip(every_question(real, own), every_question(missing, own), strict=True)
    for asked, of_nothing in pairs:
        one, other = told(world, stranger, asked, real), told(world, stranger, of_nothing, missing)
        if one != other:
            parts = [part for part in vars(one) if getattr(one, part) != getattr(other, part)]
            differing.append(f"{asked.method} {asked.name}: {', '.join(parts)}")
    assert differing == [], "\n".join(differing)


def test_whoever_runs_the_studio_is_told_another_thing(
    world: World, names: tuple[Names, Names, Names]
):
    """Or the test above would prove nothing: each of the questions finds something."""
    real, missing, own = names
    same = []
    pairs = zip(every_question(real, own), every_question(missing, own), strict=True)
    for asked, of_nothing in pairs:
        one, other = told(world, BOSS, asked, real), told(world, BOSS, of_nothing, missing)
        if (one.status, one.body) == (other.status, other.body):
            same.append(f"{asked.method} {asked.name}")
    assert set(same) == SAME_FOR_ALL | {f"HEAD /brands/{real.brand}/brand.yaml"}


def test_every_route_that_names_a_thing_is_asked(world: World, names: tuple[Names, Names, Names]):
    real, _, own = names
    asked = [(one.method, one.path.partition("?")[0]) for one in every_question(real, own)]
    left_out = [
        str(route)
        for route in rest.every_route(world.app)
        if "{" in route.path
        and not any(
            method == route.method and re.fullmatch(_pattern(route.path), path)
            for method, path in asked
        )
    ]
    assert left_out == []


def _pattern(path: str) -> str:
    return re.sub(r"\{([^}]*)\}", lambda m: ".+" if ":path" in m[1] else "[^/]+", path)

"""The words in which an action is refused: who somebody is here, and what they may not do."""

import pytest

from brandstudio.domain.access import STUDIO, Action, Thing, require
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.errors import ForbiddenError

RUN = Thing("run", 7, "voltra", makers=frozenset({1}))
VOLTRA = Thing("brand", "voltra", "voltra")


def person(roles: dict[str, Role], number: int = 2) -> Person:
    return Person(id=number, name="kim", roles=roles)


REVIEWER = person({"voltra": Role.REVIEWER})


@pytest.mark.parametrize(
    ("who", "action", "thing", "sentence"),
    [
        pytest.param(
            person({"voltra": Role.CREATOR}),
            Action.DECIDE,
            RUN,
            "kim is a creator and may not decide on variants",
            id="a role below the one asked for",
        ),
        pytest.param(
            person({"voltra": Role.BRAND_OWNER}),
            Action.MANAGE_PEOPLE,
            VOLTRA,
            "kim is a brand owner and may not manage people",
            id="a role of two words",
        ),
        pytest.param(
            person({"voltra": Role.ADMINISTRATOR}),
            Action.MANAGE_PEOPLE,
            STUDIO,
            "kim has no role in every brand and may not manage people",
            id="a role in one brand alone",
        ),
        pytest.param(
            REVIEWER,
            Action.CANCEL_RUN,
            RUN,
            "Only who made this run, or a brand owner, may cancel this run",
            id="not its maker",
        ),
        pytest.param(
            person({EVERY_BRAND: Role.REVIEWER}, number=1),
            Action.DECIDE,
            RUN,
            "Someone else must decide on your own run",
            id="its maker",
        ),
    ],
)
def test_a_refusal_in_one_sentence(who, action, thing, sentence):
    with pytest.raises(ForbiddenError) as refused:
        require(who, action, thing)
    assert str(refused.value) == sentence


def test_a_role_in_the_brand_and_one_in_every_brand_count_as_the_higher_of_the_two():
    both = person({"voltra": Role.REVIEWER, EVERY_BRAND: Role.BRAND_OWNER})
    assert both.role_in("voltra") is Role.BRAND_OWNER
    # In the alphabet, 'creator' stands behind 'brand_owner'.
    both = person({"voltra": Role.CREATOR, EVERY_BRAND: Role.BRAND_OWNER})
    assert both.role_in("voltra") is Role.BRAND_OWNER

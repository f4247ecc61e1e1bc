from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandstudio.domain.access import (
    NEEDS,
    RULES,
    STUDIO,
    Action,
    Thing,
    Who,
    may,
    needs,
    require,
    require_scope,
)
from brandstudio.domain.people import ALL_SCOPES, EVERY_BRAND, Person, Role, Scope
from brandstudio.errors import ForbiddenError, NotFoundError

RUN = Thing("run", 7, "voltra", makers=frozenset({1}))


def someone(role: Role | None, brand: str = "voltra", **more) -> Person:
    return Person(id=2, name="kim", roles={brand: role} if role else {}, **more)


def of_brand(role: Role) -> str:
    """Administrators are so everywhere."""
    return EVERY_BRAND if role is Role.ADMINISTRATOR else "voltra"


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role, action):
    person, rule = someone(role, of_brand(role)), RULES[action]
    stands_in = rule.who is not Who.MAKERS or role.covers(Role.BRAND_OWNER)
    allowed = (rule.least is None or role.covers(rule.least)) and stands_in
    assert may(person, action, RUN) == allowed


@pytest.mark.parametrize("action", list(Action))
def test_a_thing_of_another_brand_is_told_like_one_that_does_not_exist(action):
    with pytest.raises(NotFoundError) as told:
        require(someone(Role.BRAND_OWNER, "solenne"), action, RUN)
    assert str(told.value) == str(NotFoundError("run", 7))


def test_every_action_has_a_rule():
    assert set(RULES) == set(Action)


def test_nobody_decides_on_what_they_made_unless_the_brand_allows_it():
    maker = Person(id=1, name="rita", roles={EVERY_BRAND: Role.ADMINISTRATOR})
    with pytest.raises(ForbiddenError, match="Someone else must decide"):
        require(maker, Action.DECIDE, RUN)
    allowed = Thing("run", 7, "voltra", frozenset({1}), allow_self_review=True)
    assert require(maker, Action.DECIDE, allowed) is Role.ADMINISTRATOR
    assert require(someone(Role.REVIEWER), Action.DECIDE, RUN) is Role.REVIEWER


def test_only_makers_and_brand_owners_stop_a_run():
    maker = Person(id=1, name="carla", roles={"voltra": Role.CREATOR})
    assert may(maker, Action.CANCEL_RUN, RUN)
    with pytest.raises(ForbiddenError, match="Only who made this run, or a brand owner"):
        require(someone(Role.REVIEWER), Action.CANCEL_RUN, RUN)
    assert may(someone(Role.BRAND_OWNER), Action.CANCEL_RUN, RUN)


def test_who_lost_the_role_is_no_maker_any_more():
    assert not may(Person(id=1, name="carla"), Action.CANCEL_RUN, RUN)


def test_the_refusal_names_the_role_and_what_it_may_not_do():
    with pytest.raises(ForbiddenError, match="kim is a creator and may not decide on variants"):
        require(someone(Role.CREATOR), Action.DECIDE, RUN)
    with pytest.raises(
        ForbiddenError, match="kim has no role in every brand and may not manage people"
    ):
        require(someone(None), Action.MANAGE_PEOPLE, STUDIO)


def test_running_a_brand_is_not_running_the_studio():
    assert not may(someone(Role.BRAND_OWNER, EVERY_BRAND), Action.MANAGE_PEOPLE, STUDIO)
    assert not someone(Role.BRAND_OWNER, EVERY_BRAND).is_administrator


@pytest.mark.parametrize("action", [action for action, rule in RULES.items() if rule.scope])
def test_a_token_without_the_scope_does_nothing_of_it(action):
    scope = RULES[action].scope
    person = someone(Role.ADMINISTRATOR, EVERY_BRAND, scopes=ALL_SCOPES - {scope})
    with pytest.raises(ForbiddenError, match=f"no scope '{scope}'"):
        require(person, action, RUN)
    with pytest.raises(ForbiddenError, match=f"no scope '{scope}'"):
        require_scope(person, action)


roles = st.dictionaries(st.sampled_from([EVERY_BRAND, "voltra", "solenne"]), st.sampled_from(Role))
scopes = st.frozensets(st.sampled_from(Scope))


@given(roles, scopes, st.sampled_from(Action), st.booleans(), st.booleans())
def test_more_roles_and_scopes_never_allow_less(roles, scopes, action, is_maker, self_review):
    thing = Thing("run", 7, "voltra", frozenset({1} if is_maker else ()), self_review)
    if may(Person(1, "kim", roles, scopes), action, thing):
        more = {**roles, EVERY_BRAND: Role.ADMINISTRATOR}
        assert may(Person(1, "kim", more, ALL_SCOPES), action, thing)


@given(roles)
def test_a_person_sees_exactly_the_brands_they_have_a_role_in(roles):
    person = Person(1, "kim", roles)
    for brand in ("voltra", "solenne", "fjellro"):
        is_seen = person.brands is None or brand in person.brands
        assert is_seen == may(person, Action.VIEW, Thing("brand", brand, brand))


def test_a_handler_says_what_it_needs():
    @needs(Action.DECIDE)
    def decide() -> None: ...

    assert getattr(decide, NEEDS) is Action.DECIDE

import pytest

from brandstudio.domain.brief import check_brief, read_form
from brandstudio.errors import BriefError, StudioError
from tests.conftest import BRIEF


def check(catalogue, **changes):
    return check_brief(read_form(BRIEF | changes), catalogue, max_variants=64, seed=99)


def problems_of(catalogue, **changes):
    with pytest.raises(BriefError) as caught:
        check(catalogue, **changes)
    return {problem.place: problem.message for problem in caught.value.problems}


def answers(**changes):
    return {"answers": BRIEF["answers"] | changes}


def test_defaults_fill_what_was_left_out(catalogue):
    assert check(catalogue).answers["light"] == "neutral"


def test_a_seed_is_kept_when_given_and_drawn_when_not(catalogue):
    assert check(catalogue, seed=5).seed == 5
    assert check(catalogue, seed=None).seed == 99


def test_numbers_in_yaml_answers_count_as_text(catalogue):
    assert check(catalogue, **answers(headline=2026)).answers["headline"] == "2026"


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        pytest.param(
            {"template": "nope"}, "template", "There is no template 'nope'", id="template"
        ),
        pytest.param(
            {"brand": "nope"}, "brand", "There is no brand 'nope'; there are: ", id="brand"
        ),
        pytest.param({"layout": "nope"}, "layout", "There is no layout 'nope'", id="layout"),
        pytest.param({"placements": ["nope"]}, "placements", "no placement 'nope'", id="placement"),
        pytest.param({"axes": {"nope": ["a"]}}, "axes.nope", "it can compare: setting", id="axis"),
        pytest.param(
            {"axes": {"setting": ["moon"]}}, "axes.setting", "'moon' is not one of", id="level"
        ),
        pytest.param({"axes": {"setting": []}}, "axes.setting", "lists no values", id="no levels"),
        pytest.param(
            {"axes": {"setting": ["beach", "beach"]}}, "axes.setting", "listed twice", id="twice"
        ),
        pytest.param(answers(wings="yes"), "answers.wings", "no such field", id="unknown field"),
        pytest.param(
            answers(product="ship"), "answers.product", "'ship' is not one of", id="choice"
        ),
        pytest.param(
            answers(headline=""), "answers.headline", "Headline is required", id="required"
        ),
        pytest.param(
            answers(headline="x" * 41), "answers.headline", "at most 40 fit", id="too long"
        ),
        pytest.param(answers(headline="<lora:x:9>"), "answers.headline", "LoRA", id="lora"),
        pytest.param(
            answers(headline="A miracle"), "answers.headline", "'miracle'", id="forbidden"
        ),
        pytest.param({"seeds_per_arm": 5000}, "seeds_per_arm", "10,000 variants", id="too many"),
    ],
)
def test_every_mistake_names_its_place_and_the_way_out(catalogue, changes, place, said):
    assert said in problems_of(catalogue, **changes)[place]


def test_all_mistakes_are_named_at_once(catalogue):
    found = problems_of(catalogue, **answers(headline="", product="ship"), axes={"nope": ["x"]})
    assert set(found) == {"answers.headline", "answers.product", "axes.nope"}


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "brand",
        {"brand": "voltra"},
        BRIEF | {"lora": "mine"},
        BRIEF | {"seeds_per_arm": 0},
    ],
    ids=["nothing", "list", "text", "half", "smuggled key", "no seeds"],
)
def test_a_brief_of_the_wrong_shape_is_refused_in_words(content):
    with pytest.raises(BriefError) as caught:
        read_form(content)
    assert all(problem.place and problem.message for problem in caught.value.problems)


def test_every_error_carries_a_way_out(catalogue):
    with pytest.raises(StudioError) as caught:
        check(catalogue, brand="nope")
    assert caught.value.hint

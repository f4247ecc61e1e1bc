"""The place and the sentence of every problem a brief can have: screens and programs show them."""

from dataclasses import replace
from typing import Any

import pytest

from brandstudio.domain.brief import MAX_PROBLEMS, MAX_REFERENCES, check_brief, read_form
from brandstudio.domain.catalogue import Catalogue
from brandstudio.errors import BriefError, Problem
from tests.conftest import BRIEF


def problems(catalogue: Catalogue, unusable: tuple[int, ...] = (), **changes: Any) -> list[Problem]:
    with pytest.raises(BriefError) as caught:
        check_brief(
            read_form(BRIEF | changes), catalogue, max_variants=64, seed=99, unusable=unusable
        )
    return list(caught.value.problems)


def answers(**changes: object) -> dict[str, Any]:
    return {"answers": BRIEF["answers"] | changes}


@pytest.fixture
def narrow(catalogue: Catalogue) -> Catalogue:
    """Voltra with two of everything, so that a sentence that lists what it uses stays short."""
    brand = catalogue.brand("voltra").but(
        templates=("product-hero", "gift-guide"),
        layouts=("product-right", "product-left"),
        placements=("story", "instagram-square"),
    )
    return replace(catalogue, brands={**catalogue.brands, "voltra": brand})


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        pytest.param(
            {"template": "sale-banner", "answers": {"product": "can", "headline": "Go"},
             "axes": {}},
            "template",
            "Voltra does not use the template 'sale-banner'; it uses: gift-guide, product-hero",
            id="template",
        ),
        pytest.param(
            {"layout": "wide-left"},
            "layout",
            "Voltra does not use the layout 'wide-left'; it uses: product-left, product-right",
            id="layout",
        ),
        pytest.param(
            {"placements": ["reels"]},
            "placements",
            "Voltra does not use the placement 'reels'; it uses: instagram-square, story",
            id="placement of others",
        ),
        pytest.param(
            {"placements": ["moon"]},
            "placements",
            "There is no placement 'moon'; there are: instagram-square, story",
            id="placement of nobody",
        ),
        pytest.param(
            {"axes": {"position": ["left", "center"]}},
            "position",
            "Voltra has no layout like 'product-left' with the product center",
            id="position",
        ),
    ],
)  # fmt: skip
def test_what_a_brand_does_not_use_is_refused_with_what_it_uses(
    narrow: Catalogue, changes: dict[str, Any], place: str, message: str
) -> None:
    assert Problem(place, message) in problems(narrow, **changes)


def test_a_placement_nobody_knows_does_not_hide_the_next_one(narrow: Catalogue) -> None:
    refused = problems(narrow, placements=["moon", "reels"])
    assert [problem.place for problem in refused] == ["placements", "placements"]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param(
            answers(wings="yes", **{"y" * 90: "?"}),
            [
                ("answers.wings", "Product hero has no such field; it has: "),
                ("answers." + "y" * 80, "Product hero has no such field; it has: "),
            ],
            id="fields that do not exist",
        ),
        pytest.param(
            answers(headline="", cta=""),
            [("answers.headline", "Headline is required")],
            id="a required field left empty, an optional one too",
        ),
        pytest.param(
            answers(product="s" * 90),
            [("answers.product", f"'{'s' * 80}' is not one of: bottle, jar, can, box, mug, ")],
            id="not a choice",
        ),
        pytest.param(
            {"axes": {"headline": ["a", "b"]}},
            [("axes.headline", "Product hero cannot compare this; it can compare: setting, ")],
            id="not an axis",
        ),
        pytest.param(
            {"axes": {"headline": ["a"], "setting": ["beach", "beach", "moon"]}},
            [
                ("axes.headline", "Product hero cannot compare this; it can compare: setting, "),
                ("axes.setting", "a value is listed twice; list each once"),
                ("axes.setting", "'moon' is not one of: studio, beach, "),
            ],
            id="every axis is looked at",
        ),
        pytest.param(
            {"axes": {"setting": []}},
            [("axes.setting", "lists no values; list at least one")],
            id="an axis without values",
        ),
        pytest.param(
            {"seeds_per_arm": 33},
            [("seeds_per_arm", "2 arms of 33 seeds make 66 variants; at most 64 fit in one run")],
            id="too many variants",
        ),
        pytest.param(
            {"seeds_per_arm": 6400, "axes": {}},
            [("seeds_per_arm", "1 arm of 6,400 seeds make 6,400 variants; ")],
            id="one arm, far too many",
        ),
        pytest.param(
            {"name": "x" * 81},
            [("name", "is 81 characters long; at most 80 fit")],
            id="a name too long",
        ),
        pytest.param(
            {"name": "The miracle"},
            [("name", "Voltra does not use the word 'miracle'; say it another way")],
            id="a name the brand would not say",
        ),
    ],
)
def test_a_problem_names_its_place_and_says_what_fits(
    catalogue: Catalogue, changes: dict[str, Any], wanted: list[tuple[str, str]]
) -> None:
    refused = problems(catalogue, **changes)
    assert [problem.place for problem in refused] == [place for place, _ in wanted]
    for problem, (_, beginning) in zip(refused, wanted, strict=True):
        assert problem.message.startswith(beginning)


def test_as_many_variants_as_fit_are_planned(catalogue: Catalogue) -> None:
    brief = check_brief(
        read_form(BRIEF | {"seeds_per_arm": 32}), catalogue, max_variants=64, seed=1
    )
    assert brief.seeds_per_arm == 32


def test_attached_images_are_few_and_different_and_usable(catalogue: Catalogue) -> None:
    too_many = tuple(range(1, MAX_REFERENCES + 2))
    assert problems(catalogue, references=too_many) == [
        Problem(
            "references", f"{MAX_REFERENCES + 1} images are attached; at most {MAX_REFERENCES} fit"
        )
    ]
    assert problems(catalogue, references=(4, 4)) == [
        Problem("references", "an image is attached twice; attach each once")
    ]
    assert problems(catalogue, unusable=(3, 5), references=(5, 4, 3)) == [
        Problem("references", "image 5 cannot be used here; attach it again"),
        Problem("references", "image 3 cannot be used here; attach it again"),
    ]


def test_as_many_images_as_fit_may_be_attached(catalogue: Catalogue) -> None:
    form = read_form(BRIEF | {"references": tuple(range(1, MAX_REFERENCES + 1))})
    brief = check_brief(form, catalogue, max_variants=64, seed=1)
    assert brief.references == form.references


def test_rules_for_prompt_words_bind_the_fields_that_reach_the_prompt_alone(
    catalogue: Catalogue,
) -> None:
    """A headline is set in type and never reaches the model; a backdrop's words do."""
    sign = "sky | sea"
    typed = next(
        (template, field)
        for template in catalogue.templates.values()
        for field in template.fields
        if field.kind == "text" and field.use == "prompt"
    )
    template, field = typed
    form = {"template": template.slug, "axes": {}, "answers": {field.name: sign}}
    places = [p.place for p in problems(catalogue, **form) if "required" not in p.message]
    assert f"answers.{field.name}" in places
    headline = BRIEF["answers"] | {"headline": "Sky | sea"}
    form = read_form(BRIEF | {"name": "Sky | sea", "answers": headline})
    assert check_brief(form, catalogue, max_variants=64, seed=1).name == "Sky | sea"


def test_no_more_problems_are_listed_than_anybody_reads(catalogue: Catalogue) -> None:
    surplus = {f"field_{number}": "x" for number in range(MAX_PROBLEMS + 5)}
    assert len(problems(catalogue, **answers(**surplus))) == MAX_PROBLEMS


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        pytest.param([], "brief", "must be a mapping such as 'brand: voltra'", id="a list"),
        pytest.param(BRIEF | {"lora": "mine"}, "lora", "Extra inputs are not permitted", id="key"),
        pytest.param(
            BRIEF | {"axes": {"setting": [["beach"]]}},
            "axes.setting.0",
            "Input should be a valid string",
            id="deep inside",
        ),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_told_with_its_place(content: object, place: str, message: str) -> None:
    with pytest.raises(BriefError) as caught:
        read_form(content)
    assert list(caught.value.problems) == [Problem(place, message)]


@pytest.mark.parametrize(
    ("answer", "text"),
    [(7, "7"), (-2.5, "-2.5"), (10**17, "1" + "0" * 17)],
    ids=["whole", "with a point", "long"],
)
def test_numbers_are_answers_as_they_were_typed(answer: object, text: str) -> None:
    assert read_form(BRIEF | answers(headline=answer)).answers["headline"] == text


@pytest.mark.parametrize(
    "answer", [True, float("nan"), float("inf"), 10**400], ids=["yes", "nan", "inf", "huge"]
)
def test_what_nobody_typed_as_text_is_refused(answer: object) -> None:
    with pytest.raises(BriefError) as caught:
        read_form(BRIEF | answers(headline=answer))
    assert [problem.place for problem in caught.value.problems] == ["answers.headline"]


def test_the_first_value_of_an_axis_answers_a_field_left_empty(catalogue: Catalogue) -> None:
    """Or a required field that is compared would have to be answered twice."""
    template = catalogue.template("product-hero")
    fields = (f.but(default="") if f.name == "setting" else f for f in template.fields)
    open_setting = template.but(fields=tuple(fields))
    changed = replace(catalogue, templates={**catalogue.templates, template.slug: open_setting})
    form = read_form(BRIEF | answers(setting="") | {"axes": {"setting": ["forest", "beach"]}})
    assert check_brief(form, changed, max_variants=64, seed=1).answers["setting"] == "forest"

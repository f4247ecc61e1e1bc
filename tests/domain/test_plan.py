from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.pattern import PatternError, expand, tidy
from brandstudio.domain.plan import plan_brief
from brandstudio.errors import BriefError
from tests.conftest import BRIEF


def plan(catalogue, base_model="house", **changes):
    brief = check_brief(read_form(BRIEF | changes), catalogue, max_variants=10_000, seed=99)
    return plan_brief(brief, catalogue, catalogue.base_model(base_model))


def test_the_same_brief_gives_the_same_plan(catalogue):
    assert plan(catalogue) == plan(catalogue)


def test_arms_cross_every_level_and_share_their_seeds(catalogue):
    axes = {"setting": ["beach", "studio"], "position": ["left", "right"]}
    variants = plan(catalogue, axes=axes, seeds_per_arm=3).variants
    assert [v.index for v in variants] == list(range(12))
    seeds = {arm: [v.seed for v in variants if v.arm == arm] for arm in {v.arm for v in variants}}
    assert len(seeds) == 4
    assert set(map(tuple, seeds.values())) == {(7, 8, 9)}


def test_arms_differ_by_their_treatment_alone(catalogue):
    beach, studio = plan(catalogue, seeds_per_arm=1).variants
    changed = {
        name
        for name in type(beach.params).model_fields
        if getattr(beach.params, name) != getattr(studio.params, name)
    }
    assert changed == {"prompt"}


def test_without_axes_there_is_one_baseline_arm(catalogue):
    assert {v.arm for v in plan(catalogue, axes={}).variants} == {"baseline"}


def test_the_position_chooses_the_layout_of_the_same_family(catalogue):
    variants = plan(catalogue, axes={"position": ["left", "right"]}, seeds_per_arm=1).variants
    assert [v.layout for v in variants] == ["product-left", "product-right"]
    controls = [v.params.control for v in variants if v.params.control is not None]
    left, right = (control.drawing.product.left for control in controls)
    assert left < right


def test_the_brand_speaks_first_in_every_prompt_and_its_lora_is_in_every_variant(catalogue):
    brand = catalogue.brand("voltra")
    for variant in plan(catalogue).variants:
        assert variant.params.prompt.startswith("voltra brand style, ")
        own = variant.params.loras[0]
        assert [(own.sha256, own.scale)] == [(lora.sha256, lora.scale) for lora in brand.loras]


@pytest.mark.parametrize(("is_taken", "expected"), [(True, "blurry, text"), (False, "")])
def test_what_a_brand_excludes_is_said_only_to_a_model_that_was_trained_to_hear_it(
    catalogue, is_taken, expected
):
    brief = check_brief(read_form(BRIEF), catalogue, max_variants=64, seed=7)
    base_model = catalogue.base_model("house").but(takes_negative_prompt=is_taken)
    for variant in plan_brief(brief, catalogue, base_model).variants:
        assert variant.params.negative_prompt.startswith(expected)
        assert bool(variant.params.negative_prompt) == is_taken


FEW_STEPS = {
    "steps": 4,
    "guidance_scale": 1.0,
    "scheduler": "ddim",
    "lora": {
        "name": "four-steps",
        "file": "draft/four-steps.safetensors",
        "sha256": "4" * 64,
        "licence": "MIT",
    },
}


def few_step_plan(catalogue, quality):
    brief = check_brief(
        read_form(BRIEF | {"quality": quality}), catalogue, max_variants=10_000, seed=99
    )
    return plan_brief(brief, catalogue, catalogue.base_model("house").but(draft=FEW_STEPS))


def test_a_draft_carries_the_few_step_lora_after_the_brands_own(catalogue):
    lora = catalogue.brand("voltra").lora_for("house")
    for variant in few_step_plan(catalogue, "draft").variants:
        params = variant.params
        assert (params.steps, params.guidance_scale, params.scheduler) == (4, 1.0, "ddim")
        assert [(use.sha256, use.scale) for use in params.loras] == [
            (lora.sha256, lora.scale),
            ("4" * 64, 1.0),
        ]


def test_a_final_is_the_same_whether_or_not_drafts_have_a_lora(catalogue):
    finals = plan(catalogue, quality="final").variants
    assert few_step_plan(catalogue, "final").variants == finals
    assert {len(variant.params.loras) for variant in finals} == {1}


def test_a_final_may_not_carry_a_lora_that_is_not_the_brands(catalogue):
    with pytest.raises(ValueError, match=r"final\.lora: only drafts may"):
        catalogue.base_model("house").but(final=FEW_STEPS)


def test_unguided_drafts_are_expected_to_take_half_the_time_for_each_step(catalogue):
    drafts, finals = (few_step_plan(catalogue, quality) for quality in ("draft", "final"))
    ratio = catalogue.base_model("house").final.steps / 4 * 2
    assert finals.estimated_s == pytest.approx(ratio * drafts.estimated_s)


def test_headline_and_call_to_action_never_reach_the_prompt(catalogue):
    assert all("volume" not in v.params.prompt for v in plan(catalogue).variants)


def test_fingerprints_are_unique_within_a_plan_and_change_with_every_parameter(catalogue):
    variants = plan(catalogue, seeds_per_arm=8).variants
    assert len({v.params.fingerprint for v in variants}) == len(variants)
    params = variants[0].params
    assert params.but(steps=params.steps + 1).fingerprint != params.fingerprint


def test_a_base_model_the_brand_has_no_lora_for_is_refused(catalogue):
    with pytest.raises(BriefError, match="no LoRA locked for the base model 'sdxl'"):
        plan(catalogue, base_model="sdxl")


def test_every_shipped_brand_template_and_layout_go_together(catalogue):
    answers = BRIEF["answers"]
    for brand in catalogue.brands.values():
        for template, layout in product(brand.templates, brand.layouts):
            known = {field.name for field in catalogue.template(template).fields}
            own = {name: value for name, value in answers.items() if name in known}
            form = {"brand": brand.slug, "template": template, "layout": layout}
            [variant] = plan(
                catalogue, **form, answers=own, axes={}, seeds_per_arm=1, placements=[]
            ).variants
            assert "  " not in variant.params.prompt


@given(st.lists(st.sampled_from(["a b", "", "  ", "x"]), max_size=6))
def test_tidy_leaves_no_empty_parts(parts):
    tidied = tidy(" , ".join(parts))
    assert ", ," not in tidied
    assert not tidied.startswith(",")
    assert tidy(tidied) == tidied


@pytest.mark.parametrize(
    "pattern",
    ["{{ missing }}", "{{ x.__class__ }}", "{% for i in range(10**9) %}{% endfor %}", "{{ x"],
    ids=["unknown name", "python inside", "endless loop", "bad syntax"],
)
def test_a_pattern_that_cannot_be_filled_safely_is_refused(pattern):
    with pytest.raises(PatternError):
        expand(pattern, {"x": "word"})


def test_answers_are_never_read_as_patterns():
    assert expand("a {{ x }}", {"x": "{{ 7 * 7 }}"}) == "a {{ 7 * 7 }}"

"""What a plan takes from brand, template, layout and base model, and what it refuses them for."""

from dataclasses import replace

import pytest

from brandstudio.domain.arrangement import Overlay
from brandstudio.domain.base_model import Range
from brandstudio.domain.brief import check_brief, read_form
from brandstudio.domain.layout import ControlDrawing
from brandstudio.domain.pack import overlay_of
from brandstudio.domain.plan import arm_name, arms_of, plan_brief
from brandstudio.domain.prompt_length import most_tokens
from brandstudio.errors import BriefError, Problem
from tests.conftest import BRIEF


def brief_of(catalogue, **changes):
    return check_brief(read_form(BRIEF | changes), catalogue, max_variants=64, seed=99)


def refusal_of(catalogue, base_model):
    with pytest.raises(BriefError) as refused:
        plan_brief(brief_of(catalogue), catalogue, base_model)
    return refused.value.problems


def test_arms_are_named_after_their_levels():
    arms = arms_of({"setting": ("beach", "city"), "light": ("soft",)})
    assert [arm_name(arm) for arm in arms] == ["beach · soft", "city · soft"]


def test_a_base_model_without_a_lora_of_the_brand_is_a_problem_of_the_brand(catalogue):
    assert refusal_of(catalogue, catalogue.base_model("sdxl")) == (
        Problem(
            "brand",
            "Voltra has no LoRA locked for the base model 'sdxl'; lock one in its brand.yaml",
        ),
    )


def test_an_aspect_that_the_model_has_no_size_for_is_a_problem_of_the_layout(catalogue):
    model = catalogue.base_model("house").but(sizes={})
    aspect = catalogue.layout("product-left").aspect
    assert refusal_of(catalogue, model) == (
        Problem("layout", f"{model.title} cannot draw at {aspect}"),
    )


def test_a_controlnet_scale_beyond_the_model_is_a_problem_of_the_layout(catalogue):
    house = catalogue.base_model("house")
    ranges = house.allowed.but(controlnet_scale=Range(least=1.8, most=2))
    scale = catalogue.layout("product-left").controlnet_scale
    assert refusal_of(catalogue, house.but(allowed=ranges)) == (
        Problem("layout", f"asks for ControlNet scale {scale:g}; {house.title} allows 1.8 to 2"),
    )


@pytest.mark.parametrize(
    ("value", "is_allowed"), [(0.9, False), (1, True), (1.5, True), (2, True), (2.1, False)]
)
def test_both_ends_of_a_range_are_allowed(value, is_allowed):
    assert (value in Range(least=1, most=2)) == is_allowed


def test_every_parameter_comes_from_what_the_presets_declare(catalogue):
    model = catalogue.base_model("house").but(clip_skip=2)
    brief, layout = brief_of(catalogue), catalogue.layout("product-left")
    variant = plan_brief(brief, catalogue, model).variants[0]
    outline, params = catalogue.outline("can"), variant.params
    assert params.control is not None
    assert model.controlnet is not None
    size, drawing = model.sizes[layout.aspect], params.control.drawing
    assert (params.width_px, params.height_px) == (size.width_px, size.height_px)
    assert (params.base_model, params.revision) == (model.slug, model.checkpoint.revision)
    assert (params.clip_skip, params.seed, variant.index) == (2, 7, 0)
    assert params.control.controlnet == model.controlnet.id
    assert params.control.revision == model.controlnet.revision
    assert params.control.scale == layout.controlnet_scale
    assert (drawing.outline, drawing.outline_sha256) == (outline.slug, outline.sha256)


def test_the_control_drawing_shows_product_horizon_and_stand_of_the_layout(catalogue):
    layout = catalogue.layout("product-left").but(horizon=0.6, stand="podium")
    assert layout.drawing("can", "c" * 64) == ControlDrawing(
        outline="can",
        outline_sha256="c" * 64,
        product=layout.product,
        horizon=0.6,
        stand="podium",
    )


def test_a_choice_reaches_the_prompt_in_its_own_words(catalogue):
    beach, studio = plan_brief(
        brief_of(catalogue, seeds_per_arm=1), catalogue, catalogue.base_model("house")
    ).variants
    assert "on a sunny beach" in beach.params.prompt
    assert "studio background" in studio.params.prompt


def with_pattern(catalogue, pattern):
    """The catalogue with a product hero of that pattern, and one more field that is typed."""
    hero = catalogue.template("product-hero")
    typed = {"name": "mood", "kind": "text", "label": "Mood", "required": False}
    fields = [field for field in hero.fields if field.use != "position"]
    changed = hero.but(fields=[*fields, typed], pattern=pattern, axes=["setting"])
    return replace(catalogue, templates={**catalogue.templates, hero.slug: changed})


@pytest.mark.parametrize(
    ("mood", "words"), [("calm", "can, calm"), ("", "can")], ids=["answered", "left out"]
)
def test_typed_words_reach_the_prompt_as_they_are_and_nothing_where_they_were_left_out(
    catalogue, mood, words
):
    own = with_pattern(catalogue, "{{ product }}, {{ mood }}{{ backdrop }}")
    brief = brief_of(own, answers=BRIEF["answers"] | {"mood": mood})
    for variant in plan_brief(brief, own, own.base_model("house")).variants:
        assert variant.params.prompt == f"voltra brand style, {words}"


def test_a_template_that_asks_for_no_position_keeps_the_layout(catalogue):
    own = with_pattern(catalogue, "{{ product }}")
    [layout] = {v.layout for v in plan_brief(brief_of(own), own, own.base_model("house")).variants}
    assert layout == "product-left"


def test_an_image_takes_its_steps_times_the_seconds_of_one(catalogue):
    model = catalogue.base_model("house").but(seconds_per_step=0.5)
    assert model.seconds_each("final") == model.final.steps * 0.5


@pytest.mark.parametrize(
    ("answers", "overlay"),
    [
        pytest.param({}, Overlay("", "", ""), id="no answers"),
        pytest.param(
            {"headline": "Go", "cta": "Buy", "price": "9 €", "date": "today", "note": ""},
            Overlay("Go", "9 € · today", "Buy"),
            id="what is neither headline nor call to action is the subline",
        ),
    ],
)
def test_the_overlay_of_a_briefs_answers(answers, overlay):
    assert overlay_of(answers) == overlay


def test_a_brief_gives_its_overlay_answers_alone(catalogue):
    brief = brief_of(catalogue)
    template = catalogue.template("product-hero")
    assert brief.overlay(template) == {"headline": "Turn the volume up", "cta": "Try it"}


@pytest.mark.parametrize(
    ("text", "most"),
    [("", 0), ("ab c", 5), ("é", 3), ("\u0130", 4)],
    ids=["nothing", "bytes and words", "two bytes", "longer in small letters"],
)
def test_no_tokenizer_makes_more_tokens_than_bytes_and_words(text, most):
    assert most_tokens(text) == most

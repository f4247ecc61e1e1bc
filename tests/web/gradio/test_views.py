"""What the pages say, as plain values."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from brandstudio.domain.brief import BriefForm, check_brief
from brandstudio.domain.people import EVERY_BRAND, Person, Role
from brandstudio.domain.plan import plan_brief
from brandstudio.domain.template import FieldKind
from brandstudio.errors import BriefError, LockError, Problem
from brandstudio.services import runs
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.views import account, create_markup
from brandstudio.web.gradio.views.brands import brand_sheet, broken_brands
from brandstudio.web.gradio.views.create import (
    Draft,
    Sum,
    answer_to,
    choices_of,
    draft_from,
    draft_of,
    field_id,
    first_draft,
    fitted,
    placed,
    placements_by_channel,
    rehearsal,
    sum_of,
    title_of,
)
from brandstudio.web.gradio.views.markup import block, element, text
from brandstudio.web.gradio.views.words import on_day, roughly
from tests.conftest import NOON, People

EVIL = '"><img src=x onerror=alert(1)>\n# ${alert(1)}'


@pytest.fixture
def draft(studio: Studio) -> Draft:
    return first_draft(studio.catalogue, "key")


def test_text_and_attributes_are_escaped_and_stay_on_one_line():
    markup = element("a", text(EVIL), title=EVIL, cards={"evil": EVIL})
    assert "<img" not in markup
    assert "\n" not in markup


def test_an_attribute_is_left_out_when_there_is_nothing_to_say():
    assert element("i", hidden=False, title=None, remember=True) == "<i remember></i>"


def test_nothing_to_show_is_an_empty_text():
    assert block() == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(0.4, "about a second", id="at once"),
        pytest.param(4.2, "about 4 s", id="seconds"),
        pytest.param(38, "about 40 s", id="rounded to five"),
        pytest.param(200, "about 3 min", id="minutes"),
        pytest.param(9000, "about 2.5 h", id="hours"),
    ],
)
def test_an_estimate_is_never_more_exact_than_it_can_be(seconds: float, words: str):
    assert roughly(seconds) == words


def test_a_day_is_written_out():
    assert on_day(NOON) == "20 Nov 2026"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("answers.headline", "answer-headline"),
        ("axes.setting", "axis-setting"),
        ("brand", "brand"),
        ("name", "campaign-name"),
        ("seeds_per_arm", "seeds-per-arm"),
        ("placements", "placements"),
        ("references", "references"),
        ("position", "answer-position"),
    ],
)
def test_every_place_of_a_brief_has_its_field(place: str, expected: str):
    assert field_id(place) == expected


def test_a_problem_names_its_field_as_people_know_it(studio: Studio, draft: Draft):
    template = studio.catalogue.template(draft.template)
    [problem] = placed([Problem("answers.product_color", "is odd")], template)
    assert problem == {
        "field": "answer-product_color",
        "label": "Product colour",
        "message": "Is odd",
    }


def test_an_optional_choice_can_be_left_open(studio: Studio):
    template = studio.catalogue.template("product-hero")
    position = template.position_field
    assert position is not None
    assert choices_of(position)[0] == ("As in the layout", "")
    assert choices_of(template.product_field)[0][1] != ""


def test_a_choice_that_is_gone_falls_back_to_the_default(studio: Studio, draft: Draft):
    field = studio.catalogue.template(draft.template).product_field
    stale = Draft(draft.brand, draft.template, draft.layout, {draft.template: {field.name: "lamp"}})
    assert answer_to(field, stale) == field.default


def typed_into(studio: Studio, draft: Draft, **changes: object) -> dict[str, object]:
    template = studio.catalogue.template(draft.template)
    answers = {field_id(f"answers.{f.name}"): f.default for f in template.fields}
    axes = {field_id(f"axes.{axis}"): [] for axis in template.axes}
    fixed = {
        "layout": draft.layout,
        "seeds-per-arm": 2,
        "quality": "final",
        "campaign-name": None,
        "placements-0": ["story"],
        "references": "",
    }
    return {**answers, **axes, **fixed, **changes}


def test_what_was_typed_becomes_a_form(studio: Studio, draft: Draft):
    typed = typed_into(
        studio, draft, **{"answer-headline": "Louder", "axis-setting": ["beach", "studio"]}
    )
    form = draft_from(typed, draft).form()
    assert form.answers["headline"] == "Louder"
    assert form.axes == {"setting": ("beach", "studio")}
    assert (form.seeds_per_arm, form.quality, form.placements) == (2, "final", ("story",))


def test_the_hidden_field_carries_ids_and_nothing_else(studio: Studio, draft: Draft):
    carried = "12 7 x -1 1.5 ' OR 1=1 " + "9" * 30
    form = draft_from(typed_into(studio, draft, references=carried), draft).form()
    assert form.references == (12, 7)


def test_answers_survive_a_look_at_another_template(studio: Studio, draft: Draft):
    typed = typed_into(studio, draft, **{"answer-headline": "Louder"})
    kept = draft_from(typed, draft)
    other = fitted(Draft(draft.brand, "sale-banner", draft.layout, kept.answers), studio.catalogue)
    assert other.answers["product-hero"]["headline"] == "Louder"


def test_a_brand_never_gets_what_it_does_not_offer(studio: Studio, draft: Draft):
    strange = Draft(draft.brand, "no-template", "no-layout", placements=("no-placement", "story"))
    now, brand = fitted(strange, studio.catalogue), studio.catalogue.brand(draft.brand)
    assert now.template in brand.templates
    assert now.layout in brand.layouts
    assert now.placements == ("story",)


def test_the_sum_counts_arms_times_seeds(studio: Studio, draft: Draft):
    axes = {
        draft.template: {"setting": ["beach", "studio"], "light": ["warm", "cool"], "props": []}
    }
    asked = Draft(draft.brand, draft.template, draft.layout, axes=axes, seeds_per_arm=3)
    total = sum_of(asked, studio.base_model)
    assert (total.arms, total.variants) == (4, 12)
    assert total.estimated_s > 0


def test_the_summary_is_written_for_people():
    shown = create_markup.summary(Sum(arms=2, seeds_per_arm=4, estimated_s=38))
    assert "8 variants" in shown
    assert "2 arms × 4 · about 40 s" in shown


def test_a_form_without_its_texts_can_still_be_rehearsed(
    studio: Studio, people: People, draft: Draft
):
    template = studio.catalogue.template(draft.template)
    with pytest.raises(BriefError, match="Headline is required"):
        runs.preview(studio, draft.form(), person=people.carla)
    plan = runs.preview(studio, rehearsal(draft.form(), template), person=people.carla)
    assert len(plan.variants) == draft.seeds_per_arm


def test_the_preview_shows_one_prompt_per_arm(studio: Studio, brief: Callable[..., BriefForm]):
    checked = check_brief(brief(), studio.catalogue, max_variants=64, seed=1)
    plan = plan_brief(checked, studio.catalogue, studio.base_model)
    shown = create_markup.prompts(plan, studio.catalogue.template(checked.template))
    assert shown.count("<figcaption>") == 2
    assert "Sunny beach" in shown
    assert text(plan.variants[0].params.prompt) in shown


def test_an_earlier_brief_comes_back_as_it_was(studio: Studio, people: People, drawn_run: int):
    run = runs.get(studio, drawn_run, person=people.carla)
    form = draft_of(run, "key").form()
    assert form.answers == run.brief.answers
    assert form.axes == run.brief.axes


def test_every_field_kind_has_a_component_for_its_choices(studio: Studio):
    for template in studio.catalogue.templates.values():
        for field in template.fields:
            assert bool(field.choices) == (field.kind is FieldKind.CHOICE)


def test_placements_stand_under_their_channel_with_their_size(studio: Studio):
    catalogue = studio.catalogue
    brand = next(iter(catalogue.brands.values()))
    channels = placements_by_channel(brand, catalogue)
    assert sorted(channels) == list(channels)
    assert sum(map(len, channels.values())) == len(brand.placements)
    story = catalogue.placement("story")
    assert title_of(story).endswith("1080\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}1920")


def test_what_is_locked_is_named(studio: Studio, draft: Draft):
    brand = studio.catalogue.brand(draft.brand)
    shown = create_markup.locked(brand, studio.base_model)
    lora = brand.lora_for(studio.base_model.slug)
    assert lora is not None
    assert lora.name in shown
    assert studio.base_model.title in shown
    assert brand.typography.family in shown


def test_a_brand_sheet_shows_everything_that_is_locked(studio: Studio):
    for brand in studio.catalogue.brands.values():
        sheet = brand_sheet(brand, studio.catalogue)
        wanted = [brand.name, brand.loras[0].sha256[:12], *(s.hex.upper() for s in brand.palette)]
        wanted += list(brand.forbidden_words)
        assert [w for w in wanted if text(w) not in sheet] == []
        assert "\n" not in sheet


def test_a_brand_cannot_bring_markup_with_it(studio: Studio):
    brand = next(iter(studio.catalogue.brands.values())).but(name="<b>Voltra</b>", about=EVIL)
    sheet = brand_sheet(brand, studio.catalogue)
    assert "<b>Voltra" not in sheet
    assert "<img src=x" not in sheet


@pytest.mark.parametrize(
    ("name", "expected"), [("Mina Okafor", "MO"), ("leo", "L"), ("a.b.c", "AB")]
)
def test_initials(name: str, expected: str):
    assert account.initials(name) == expected


def test_a_person_is_told_what_their_role_may_do():
    shown = account.who(Person(1, "<Mina>", {EVERY_BRAND: Role.REVIEWER}))
    assert "&lt;Mina&gt;" in shown
    assert "approves" in shown


def test_a_brand_off_its_locked_files_says_why_it_cannot_be_used(studio: Studio):
    error = LockError("voltra.safetensors", locked="a" * 64, actual="b" * 64)
    catalogue = replace(studio.catalogue, broken={("brand", "voltra"): error})
    shown = broken_brands(catalogue)
    assert "voltra cannot be used" in shown
    assert text(error.hint) in shown
    assert broken_brands(replace(catalogue, broken={})) == ""

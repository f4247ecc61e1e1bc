"""The form of a brief: cards for what is chosen first, then the template's own fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from brandstudio.domain.base_model import BaseModelProfile
from brandstudio.domain.brand import Brand
from brandstudio.domain.catalogue import Catalogue
from brandstudio.domain.template import FieldKind, Template, TemplateField
from brandstudio.domain.upload import MAX_REFERENCES
from brandstudio.web.gradio.pages.page_frame import place
from brandstudio.web.gradio.views import create_markup as markup
from brandstudio.web.gradio.views.create import (
    SEEDS_OFFERED,
    Draft,
    answer_to,
    choices_of,
    field_id,
    has_pills,
    label_of,
    placements_by_channel,
    sum_of,
    title_of,
)
from brandstudio.web.gradio.views.markup import element


@dataclass(frozen=True, slots=True)
class BriefFields:
    """The form's components: those that hold an answer by their id, and those the page wires."""

    by_id: Mapping[str, Component]
    brand: gr.Radio
    template: gr.Radio
    summary: gr.Markdown
    prompts: gr.Markdown
    outcome: gr.Markdown
    preview: gr.Button
    generate: gr.Button

    @property
    def size_fields(self) -> list[Any]:
        """The components that decide how many variants there are and how long they take."""
        deciding = ("axis-", "seeds-per-arm", "quality")
        return [c for key, c in self.by_id.items() if key.startswith(deciding)]

    def read(self, typed: Mapping[Component, Any]) -> dict[str, Any]:
        """What the fields hold, by id."""
        return {key: typed[component] for key, component in self.by_id.items()}


def draw_form(catalogue: Catalogue, base_model: BaseModelProfile, draft: Draft) -> BriefFields:
    """Draw the whole form with what the draft holds and the catalogue offers."""
    brand, template = catalogue.brand(draft.brand), catalogue.template(draft.template)
    with gr.Row(elem_classes="bs-desk"):
        with gr.Column(scale=3, elem_classes="bs-desk-main", elem_id="brief-form"):
            outcome = place(elem_id="outcome")
            brands = _brand_choice(catalogue, draft)
            templates = _template_choice(catalogue, brand, draft)
            fields: dict[str, Component] = {"layout": _layout_choice(catalogue, brand, draft)}
            fields |= _answers(template, draft)
            fields |= _comparison(template, draft)
            fields |= _amount(draft)
            fields |= _placements(catalogue, brand, draft)
        with (
            gr.Column(scale=1, min_width=280, elem_classes="bs-desk-side"),
            gr.Column(elem_classes="bs-card bs-desk-card"),
        ):
            summary = place(markup.summary(sum_of(draft, base_model)), elem_id="summary")
            generate = gr.Button("Generate", variant="primary", elem_id="generate")
            preview = gr.Button("Preview prompts", elem_id="preview-prompts")
            prompts = place(elem_id="prompts")
            place(markup.locked(brand, base_model))
    return BriefFields(fields, brands, templates, summary, prompts, outcome, preview, generate)


def _brand_choice(catalogue: Catalogue, draft: Draft) -> gr.Radio:
    place(markup.step(1, "Brand", "Whose campaign is it? Everything visual follows from this."))
    choices = [(brand.name, brand.slug) for brand in catalogue.brands.values()]
    radio = _cards("brand", "Brand", choices, draft.brand)
    cards = markup.brand_cards(catalogue)
    place(element("choice-cards", for_="brand", kind="brand", cards=cards, remember=True))
    return radio


def _template_choice(catalogue: Catalogue, brand: Brand, draft: Draft) -> gr.Radio:
    place(markup.step(2, "Template", "What kind of picture does the campaign need?"))
    templates = [catalogue.template(slug) for slug in brand.templates]
    radio = _cards("template", "Template", [(t.title, t.slug) for t in templates], draft.template)
    cards = markup.template_cards(brand, catalogue)
    place(element("choice-cards", for_="template", kind="template", cards=cards))
    return radio


def _layout_choice(catalogue: Catalogue, brand: Brand, draft: Draft) -> gr.Radio:
    place(markup.step(3, "Layout", "Where the product stands, and where the words go."))
    layouts = [catalogue.layout(slug) for slug in brand.layouts]
    radio = _cards("layout", "Layout", [(lay.title, lay.slug) for lay in layouts], draft.layout)
    cards = markup.layout_cards(brand, catalogue)
    place(element("choice-cards", for_="layout", kind="layout", cards=cards))
    return radio


def _cards(elem_id: str, label: str, choices: list[tuple[str, str]], value: str) -> gr.Radio:
    return gr.Radio(
        choices,
        value=value,
        label=label,
        show_label=False,
        elem_id=elem_id,
        elem_classes="bs-cards",
        interactive=True,
    )


def _answers(template: Template, draft: Draft) -> dict[str, Component]:
    place(markup.step(4, template.title, "Everything here is plain words; the prompt is ours."))
    with gr.Column(elem_classes="bs-fields"):
        answers = {field_id(f"answers.{f.name}"): _answer(f, draft) for f in template.fields}
        return answers | _references(draft)


def _references(draft: Draft) -> dict[str, Component]:
    """Our own element shows the images; a field that nobody sees carries their ids."""
    with gr.Column(elem_id="references", elem_classes="bs-reference-field"):
        place(element("reference-picker", for_="reference-ids", limit=MAX_REFERENCES))
        carried = gr.Textbox(
            " ".join(map(str, draft.references)),
            show_label=False,
            elem_id="reference-ids",
            visible="hidden",
            interactive=True,
        )
    return {"references": carried}


def _answer(field: TemplateField, draft: Draft) -> Component:
    shared: dict[str, Any] = {
        "value": answer_to(field, draft),
        "label": label_of(field),
        "info": field.help or None,
        "elem_id": field_id(f"answers.{field.name}"),
        "interactive": True,
    }
    if field.kind is FieldKind.TEXT:
        return gr.Textbox(
            **shared, max_length=field.max_length, max_lines=1, elem_classes="bs-text counted"
        )
    if has_pills(field):
        return gr.Radio(choices_of(field), **shared, elem_classes="bs-pills")
    return gr.Dropdown(choices_of(field), **shared, elem_classes="bs-drop")


def _comparison(template: Template, draft: Draft) -> dict[str, Component]:
    if not template.axes:
        return {}
    place(
        markup.step(5, "Compare", "Choose several values, and each becomes an arm of the A/B test.")
    )
    with gr.Column(elem_classes="bs-fields two"):
        return {field_id(f"axes.{axis}"): _axis(template, axis, draft) for axis in template.axes}


def _axis(template: Template, axis: str, draft: Draft) -> Component:
    field = template.field(axis)
    assert field is not None, "a template's axes are among its fields"
    return gr.Dropdown(
        [(choice.label, choice.value) for choice in field.choices],
        value=list(draft.own_axes.get(axis, [])),
        multiselect=True,
        label=field.label,
        info="Same for all unless you choose values here.",
        elem_id=field_id(f"axes.{axis}"),
        elem_classes="bs-drop",
        interactive=True,
    )


def _amount(draft: Draft) -> dict[str, Component]:
    place(markup.step(6, "Amount", "How many pictures, how carefully drawn, under which name."))
    offered = sorted({*SEEDS_OFFERED, draft.seeds_per_arm})
    with gr.Column(elem_classes="bs-fields two"):
        return {
            "seeds-per-arm": gr.Radio(
                [(str(n), n) for n in offered],
                value=draft.seeds_per_arm,
                label="Variants per arm",
                info="All arms share the same seeds, so they differ by the comparison alone.",
                elem_id="seeds-per-arm",
                elem_classes="bs-pills",
                interactive=True,
            ),
            "quality": gr.Radio(
                [("Draft", "draft"), ("Final", "final")],
                value=draft.quality,
                label="Quality",
                info="Draft is quick and good for choosing; final takes more steps.",
                elem_id="quality",
                elem_classes="bs-pills",
                interactive=True,
            ),
            "campaign-name": gr.Textbox(
                draft.name,
                label="Campaign name (optional)",
                info="How you find it again in Runs and Library.",
                max_length=80,
                max_lines=1,
                elem_id="campaign-name",
                elem_classes="bs-text counted",
                interactive=True,
            ),
        }


def _placements(catalogue: Catalogue, brand: Brand, draft: Draft) -> dict[str, Component]:
    place(
        markup.step(7, "Placements", "Where it will run. You can still change this in the library.")
    )
    channels = placements_by_channel(brand, catalogue)
    with gr.Column(elem_classes="bs-fields bs-channels", elem_id="placements"):
        return {
            f"placements-{number}": gr.CheckboxGroup(
                [(title_of(p), p.slug) for p in placements],
                value=[p.slug for p in placements if p.slug in draft.placements],
                label=channel,
                elem_id=f"placements-{number}",
                elem_classes="bs-checks",
                interactive=True,
            )
            for number, (channel, placements) in enumerate(channels.items())
        }

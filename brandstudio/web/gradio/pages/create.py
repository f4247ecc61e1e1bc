"""Create: brand, template and layout as cards, then the form that the template asks for."""

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from brandstudio.domain.access import Action
from brandstudio.errors import BriefError
from brandstudio.services import runs
from brandstudio.services.studio import Studio
from brandstudio.web.gradio.boundary import current_person, event, query_value
from brandstudio.web.gradio.pages.brief_form import BriefFields, draw_form
from brandstudio.web.gradio.pages.page_frame import QUIETLY, frame, heading, place
from brandstudio.web.gradio.views import create_markup as markup
from brandstudio.web.gradio.views.brands import broken_brands, no_brand
from brandstudio.web.gradio.views.create import (
    Draft,
    draft_from,
    draft_of,
    first_draft,
    fitted,
    placed,
    rehearsal,
    sum_of,
)
from brandstudio.web.gradio.views.markup import Markup, block, element

log = logging.getLogger(__name__)

Desk = dict[str, Any]
"""A draft as plain values, which is what a gr.State can keep."""
Typed = dict[Component, Any]


def build(studio: Studio, blocks: gr.Blocks) -> None:
    """Lay the page out; the form is drawn anew when the brand or the template changes."""
    frame(studio, blocks, "create")
    place(
        heading("New brief", "A short form. The brand's look and rules are already set."),
        element("field-counters"),
    )
    desk, notice = gr.State(None), place()
    blocks.load(on_open(studio), None, [desk, notice], **QUIETLY)

    @gr.render(inputs=[desk], triggers=[desk.change], show_progress="hidden")
    @event(Action.CREATE_RUN)
    def show_form(values: Desk | None, request: gr.Request) -> None:
        if values is not None:
            draft, catalogue = (
                Draft(**values),
                studio.catalogue_for(current_person(studio, request)),
            )
            _wire(studio, draw_form(catalogue, studio.base_model, draft), draft, desk)


def on_open(studio: Studio) -> Callable[[gr.Request], tuple[Desk | None, Markup]]:
    """Start with an empty form, or with the brief of the run that ?again= names."""

    @event(Action.CREATE_RUN)
    def open_form(request: gr.Request) -> tuple[Desk | None, Markup]:
        person = current_person(studio, request)
        catalogue, key = studio.catalogue_for(person), uuid4().hex
        if not catalogue.brands:
            return None, block(broken_brands(catalogue), no_brand(person))
        again = query_value(request, "again")
        if not again.isdecimal():
            return asdict(first_draft(catalogue, key)), ""
        run = runs.get(studio, int(again[:18]), person=person)
        return asdict(fitted(draft_of(run, key), catalogue)), ""

    return open_form


def on_switch(
    studio: Studio, fields: BriefFields, draft: Draft
) -> Callable[[Typed, gr.Request], Desk]:
    """Another brand or template: keep everything that was typed, and draw the form anew."""

    @event(Action.CREATE_RUN)
    def switch_form(typed: Typed, request: gr.Request) -> Desk:
        now = draft_from(fields.read(typed), draft)
        chosen = replace(now, brand=typed[fields.brand], template=typed[fields.template])
        return asdict(fitted(chosen, studio.catalogue_for(current_person(studio, request))))

    return switch_form


def on_change(studio: Studio, fields: BriefFields, draft: Draft) -> Callable[[Typed], Markup]:
    """What the form adds up to now."""

    @event(Action.CREATE_RUN)
    def sum_up(typed: Typed) -> Markup:
        now = draft_from(fields.read(typed), draft)
        return block(markup.summary(sum_of(now, studio.base_model)))

    return sum_up


def on_preview(
    studio: Studio, fields: BriefFields, draft: Draft
) -> Callable[[Typed, gr.Request], Markup]:
    """The prompts that the form would expand into."""
    template = studio.catalogue.template(draft.template)

    @event(Action.CREATE_RUN)
    def preview_prompts(typed: Typed, request: gr.Request) -> Markup:
        person = current_person(studio, request)
        try:
            form = rehearsal(draft_from(fields.read(typed), draft).form(), template)
            return block(markup.prompts(runs.preview(studio, form, person=person), template))
        except BriefError as error:
            return block(markup.not_yet(placed(error.problems, template)))

    return preview_prompts


def on_generate(
    studio: Studio, fields: BriefFields, draft: Draft
) -> Callable[[Typed, gr.Request], Markup]:
    """Submit and go to the run, or mark every field that is wrong and lose nothing."""
    template = studio.catalogue.template(draft.template)

    @event(Action.CREATE_RUN)
    def submit_brief(typed: Typed, request: gr.Request) -> Markup:
        person = current_person(studio, request)
        try:
            form = draft_from(fields.read(typed), draft).form()
            # The same form twice is a double click; a changed form is another run.
            key = f"{draft.key}:{form.digest[:16]}"
            run_id = runs.submit(studio, form, person=person, idempotency_key=key)
        except BriefError as error:
            # Where, and never what: a brief is a client's secret.
            areas = sorted({problem.place.partition(".")[0] for problem in error.problems})
            log.info("a brief was refused for its %s", ", ".join(areas))
            problems = placed(error.problems, template)
            return block(element("brief-problems", problems=problems, shown=uuid4().hex))
        return block(element("go-to", href=f"/studio/runs?run={run_id}"))

    return submit_brief


def _wire(studio: Studio, fields: BriefFields, draft: Draft, desk: gr.State) -> None:
    typed: set[Block] = {*fields.by_id.values(), fields.brand, fields.template}
    for switch in (fields.brand, fields.template):
        switch.input(on_switch(studio, fields, draft), typed, desk, **QUIETLY)
    total = on_change(studio, fields, draft)
    for component in fields.size_fields:
        component.input(total, typed, fields.summary, trigger_mode="always_last", **QUIETLY)
    fields.preview.click(on_preview(studio, fields, draft), typed, fields.prompts, **QUIETLY)
    fields.generate.click(on_generate(studio, fields, draft), typed, fields.outcome, **QUIETLY)

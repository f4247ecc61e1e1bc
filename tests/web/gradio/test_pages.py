"""The pages build, keep to themselves, publish nothing, and their handlers do what they say."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import pytest

from brandstudio.domain.access import Action
from brandstudio.domain.accounts import OpenSession
from brandstudio.domain.brief import BriefForm
from brandstudio.errors import SignInError, StudioError
from brandstudio.services import runs
from brandstudio.services.people import sessions, tokens, users
from brandstudio.services.studio import Studio, build_studio, token_digest
from brandstudio.settings import Settings
from brandstudio.web.bundles import STATIC
from brandstudio.web.gradio.boundary import current_person, event
from brandstudio.web.gradio.pages import (
    ROUTES,
    account,
    build_pages,
    create,
    own_sessions,
    own_tokens,
)
from brandstudio.web.gradio.pages.brief_form import BriefFields, draw_form
from brandstudio.web.gradio.views.create import Draft, first_draft
from tests.conftest import PASSWORD, People


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What Gradio would send to a browser; built once, since nobody changes it."""
    studio = build_studio(Settings(data_dir=tmp_path_factory.mktemp("pages")))
    yield dict(build_pages(studio).get_config_file())
    studio.database.close()


@pytest.fixture
def form(studio: Studio) -> tuple[BriefFields, Draft, dict[Any, Any]]:
    """The drawn form, its draft, and what its fields hold when nothing was touched."""
    draft = first_draft(studio.catalogue, "key")
    with gr.Blocks():
        fields = draw_form(studio.catalogue, studio.base_model, draft)
    components: list[Any] = [*fields.by_id.values(), fields.brand, fields.template]
    return fields, draft, {component: component.value for component in components}


def as_person(name: str) -> gr.Request:
    return gr.Request(username=name)


def test_there_is_a_page_for_every_place_in_the_rail(config: dict[str, Any]):
    assert [page[0] for page in config["pages"]] == ["", *(path for _, path, _ in ROUTES)]


def test_no_event_reaches_into_another_page(config: dict[str, Any]):
    events = {event["id"]: event for event in config["dependencies"]}
    for page in config["page"].values():
        for one in map(events.__getitem__, page["dependencies"]):
            assert {*one["inputs"], *one["outputs"]} <= {*page["components"]}


def test_no_handler_is_published_as_an_api(config: dict[str, Any]):
    """What gr.render adds of its own is `undocumented`; the gate refuses calls by name anyway."""
    events = config["dependencies"]
    assert [e["api_name"] for e in events if e["api_visibility"] == "public"] == []
    own = [e for e in events if not str(e["api_name"]).startswith("apply")]
    assert {e["api_visibility"] for e in own} == {"private"}


def test_no_page_evaluates_a_template_or_runs_inline_script(config: dict[str, Any]):
    """gr.HTML and js= need a policy that allows eval; the studio's does not."""
    assert [c for c in config["components"] if c["type"] == "html"] == []
    assert [e for e in config["dependencies"] if e["js"]] == []


def test_our_markup_is_one_line_inside_one_block(config: dict[str, Any]):
    """Otherwise Markdown would take part of it for text to format."""
    shown = [c["props"]["value"] for c in config["components"] if c["type"] == "markdown"]
    assert [value for value in shown if value and not value.startswith("<div>")] == []
    assert [value for value in shown if value and "\n" in value] == []


def test_no_script_of_ours_reads_text_as_markup():
    banned = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
    found = [
        (script.name, word)
        for script in (STATIC / "js").rglob("*.js")
        for word in banned
        if word in script.read_text(encoding="utf-8")
    ]
    assert found == []


def test_scripts_and_sheets_load_nothing_from_elsewhere():
    files = [*(STATIC / "js").rglob("*.js"), *(STATIC / "css").glob("*.css")]
    texts = [file.read_text(encoding="utf-8").replace("http://www.w3.org/", "") for file in files]
    texts = [text.replace("http%3A//www.w3.org/", "") for text in texts]
    assert [file.name for file, text in zip(files, texts, strict=True) if "://" in text] == []


def test_every_module_that_is_imported_exists():
    imported = re.compile(r'(?:from|import) "(\.[^"]+)"')
    missing = [
        (script.name, path)
        for script in (STATIC / "js").rglob("*.js")
        for path in imported.findall(script.read_text(encoding="utf-8"))
        if not (script.parent / path).is_file()
    ]
    assert missing == []


def test_an_expected_failure_reaches_the_person_with_its_hint():
    class TeapotError(StudioError):
        hint = "Use a cup."

    @event(Action.VIEW)
    def handler() -> None:
        raise TeapotError("This is a teapot")

    with pytest.raises(gr.Error, match=r"This is a teapot\. Use a cup\."):
        handler()


def test_a_bug_is_not_dressed_up_as_a_message():
    @event(Action.VIEW)
    def handler() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        handler()


def test_an_event_without_a_name_is_nobodys(studio: Studio, people: People):
    with pytest.raises(StudioError):
        current_person(studio, gr.Request())
    with pytest.raises(StudioError):
        current_person(studio, as_person(users.operator(studio).name))
    assert current_person(studio, as_person("rita")) == people.rita


def test_whoever_was_disabled_a_moment_ago_reads_nobodys_name(studio: Studio, people: People):
    users.disable(studio, people.carla.id, person=people.ada)
    with pytest.raises(SignInError) as told:
        current_person(studio, as_person("carla"))
    assert "rita" not in f"{told.value} {told.value.hint}"


def test_an_incomplete_form_marks_its_fields_and_creates_nothing(
    studio: Studio,
    people: People,
    form: tuple[BriefFields, Draft, dict[Any, Any]],
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.INFO, "brandstudio")
    fields, draft, typed = form
    shown = create.on_generate(studio, fields, draft)(typed, as_person("carla"))
    assert "brief-problems" in shown
    assert "answer-headline" in shown
    assert "a brief was refused for its answers" in caplog.text
    assert runs.recent(studio, person=people.carla) == ()


def test_a_complete_form_leads_to_its_run_and_a_double_click_to_the_same(
    studio: Studio, people: People, form: tuple[BriefFields, Draft, dict[Any, Any]]
):
    fields, draft, typed = form
    typed[fields.by_id["answer-headline"]] = "Louder"
    generate = create.on_generate(studio, fields, draft)
    first, second = (generate(typed, as_person("carla")) for _ in range(2))
    [run] = runs.recent(studio, person=people.carla)
    assert first == second
    assert f"/studio/runs?run={run.id}" in first
    assert run.creator == "carla"


def test_a_form_drawn_for_another_version_of_the_brand_is_sent_back_with_a_sentence(
    studio: Studio, people: People, form: tuple[BriefFields, Draft, dict[Any, Any]]
):
    fields, draft, typed = form
    typed[fields.by_id["answer-headline"]] = "Louder"
    assert draft.version == studio.catalogue.brand(draft.brand).version
    older = replace(draft, version=1)
    with pytest.raises(gr.Error, match=r"filled in for version 1\. Nothing was created\. Look"):
        create.on_generate(studio, fields, older)(typed, as_person("carla"))
    assert runs.recent(studio, person=people.carla) == ()


def test_a_changed_form_is_another_run(
    studio: Studio, people: People, form: tuple[BriefFields, Draft, dict[Any, Any]]
):
    fields, draft, typed = form
    generate = create.on_generate(studio, fields, draft)
    for headline in ("Louder", "Even louder"):
        typed[fields.by_id["answer-headline"]] = headline
        generate(typed, as_person("carla"))
    assert len(runs.recent(studio, person=people.carla)) == 2


@pytest.mark.usefixtures("people")
def test_another_template_keeps_what_was_typed(
    studio: Studio, form: tuple[BriefFields, Draft, dict[Any, Any]]
):
    fields, draft, typed = form
    typed[fields.by_id["answer-headline"]] = "Louder"
    typed[fields.template] = "sale-banner"
    desk = create.on_switch(studio, fields, draft)(typed, as_person("carla"))
    assert desk["template"] == "sale-banner"
    assert desk["answers"]["product-hero"]["headline"] == "Louder"


@pytest.mark.usefixtures("people")
def test_prompts_can_be_read_before_the_form_is_complete(
    studio: Studio, form: tuple[BriefFields, Draft, dict[Any, Any]]
):
    fields, draft, typed = form
    assert "<figure>" in create.on_preview(studio, fields, draft)(typed, as_person("carla"))


@pytest.mark.usefixtures("people")
def test_what_people_type_is_shown_as_text(
    studio: Studio, form: tuple[BriefFields, Draft, dict[Any, Any]]
):
    fields, draft, typed = form
    typed[fields.by_id["answer-headline"]] = "<img src=x onerror=alert(1)>"
    typed[fields.by_id["campaign-name"]] = "<script>alert(1)</script>"
    for shown in (
        create.on_generate(studio, fields, draft)(typed, as_person("carla")),
        create.on_preview(studio, fields, draft)(typed, as_person("carla")),
    ):
        assert "<img" not in shown
        assert "<script" not in shown


def test_the_form_holds_every_field_of_every_template(studio: Studio):
    brand = next(iter(studio.catalogue.brands.values()))
    for slug in brand.templates:
        with gr.Blocks():
            draft = Draft(brand.slug, slug, brand.layouts[0])
            fields = draw_form(studio.catalogue, studio.base_model, draft)
        template = studio.catalogue.template(slug)
        wanted = {f"answer-{f.name}" for f in template.fields}
        wanted |= {f"axis-{axis}" for axis in template.axes}
        assert wanted <= set(fields.by_id)


@pytest.mark.usefixtures("people")
def test_an_earlier_brief_can_be_used_again(
    studio: Studio, drawn_run: int, brief: Callable[..., BriefForm]
):
    request = gr.Request(username="carla", query_params={"again": str(drawn_run)})
    desk, _ = create.on_open(studio)(request)
    assert desk is not None
    assert desk["answers"]["product-hero"]["headline"] == brief().answers["headline"]
    assert desk["axes"]["product-hero"]["setting"] == ["beach", "studio"]


@pytest.mark.parametrize("again", ["", "x", "-1", "1; drop table"])
@pytest.mark.usefixtures("people")
def test_a_strange_address_opens_an_empty_form(studio: Studio, again: str):
    request = gr.Request(username="carla", query_params={"again": again})
    desk, _ = create.on_open(studio)(request)
    assert desk is not None
    assert desk["answers"] == {}


@pytest.mark.usefixtures("people")
def test_two_different_new_passwords_change_nothing(studio: Studio):
    change = account.on_password(studio)
    with pytest.raises(gr.Error, match="same password twice"):
        change(PASSWORD, "a new long password", "another password", as_person("carla"))
    assert sessions.sign_in(studio, "carla", PASSWORD)


@pytest.mark.usefixtures("people")
def test_a_changed_password_leads_to_the_sign_in_page(studio: Studio):
    change = account.on_password(studio)
    shown = change(PASSWORD, "a new long password", "a new long password", as_person("carla"))
    assert "/sign-in" in shown
    assert sessions.sign_in(studio, "carla", "a new long password")


def test_a_new_token_is_shown_once_and_can_be_revoked(studio: Studio, people: People):
    shown, name, changed = own_tokens.on_new_token(studio)(
        "Nightly job", ["read", "pack"], 30, 0, as_person("carla")
    )
    [token] = tokens.own(studio, person=people.carla)
    assert token.prefix in shown
    assert (name, changed) == ("", 1)
    own_tokens.on_revoke(studio, token.id, changed)(as_person("carla"))
    assert tokens.own(studio, person=people.carla) == ()


@pytest.mark.parametrize(("scopes", "days"), [([], 30), (["read"], 31), (["everything"], 30)])
@pytest.mark.usefixtures("people")
def test_a_token_is_made_only_of_what_the_form_offers(studio: Studio, scopes: list[str], days: int):
    with pytest.raises(gr.Error, match="choose"):
        own_tokens.on_new_token(studio)("x", scopes, days, 0, as_person("carla"))


def test_other_sessions_are_ended_and_this_one_stays(studio: Studio, people: People):
    here, *others = (sessions.sign_in(studio, "carla", PASSWORD) for _ in range(3))
    browser = gr.Request(username="carla", cookies={"bs_session": here})
    [named] = [one.id for one in sessions.own(studio, person=people.carla) if _is(one, others[0])]
    own_sessions.on_end(studio, named, 0)(browser)
    assert sessions.person_of_session(studio, others[0]) is None
    assert own_sessions.on_end_others(studio, 1)(browser) == 2
    assert sessions.person_of_session(studio, others[1]) is None
    assert sessions.person_of_session(studio, here)


def _is(opened: OpenSession, token: str) -> bool:
    return token_digest(token).startswith(opened.id)


def test_whoever_is_not_there_any_more_is_not_told_who_is(studio: Studio, people: People):
    with pytest.raises(StudioError) as told:
        current_person(studio, gr.Request(username="somebody who left"))
    said = f"{told.value} {told.value.hint}"
    assert not any(person.name in said for person in (people.carla, people.rita, people.ada))

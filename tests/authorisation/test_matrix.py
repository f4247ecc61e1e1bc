"""Every way in × everybody: what the rules say, what is answered, and what the document says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from fastapi import FastAPI

from brandstudio.domain.access import Beyond
from brandstudio.domain.people import Scope
from brandstudio.web.server import without_pages
from tests.authorisation import commands, events, methods, rest, scopes
from tests.authorisation.cells import Cell, expected
from tests.authorisation.document import FILE, Row, markdown, table
from tests.authorisation.world import ACTORS, CANARY, NOBODY, ORIGIN, World

STRANGERS = (NOBODY, "disabled", "no role", "owner of another brand")


def test_every_route_event_and_command_says_what_it_needs(world: World, page_events: Sequence[Row]):
    everywhere = [*rest.every_route(world.app), *rest.every_route(with_a_provider(world))]
    silent = [str(route) for route in everywhere if route.need is None]
    silent += [name for name, need, _ in page_events if need is None]
    silent += [one.name for one in commands.every_command() if one.need is None]
    assert silent == [], "these do not declare what they need: use @needs or @event"


def test_every_route_is_ours_and_declares_or_is_classified_at_the_gate(world: World):
    ours = {(route.method, route.path) for route in rest.every_route(world.app)}
    gates = set(methods.foreign(world))
    assert set(methods.classified(world.app)) == ours | gates
    assert ours.isdisjoint(gates)


def with_a_provider(world: World) -> FastAPI:
    """The application with the routes of single sign-on, which others do not have."""
    told = {"oidc_issuer": "https://id.example", "oidc_client_id": "studio"}
    settings = world.studio.settings.model_copy(update=told)
    return without_pages(replace(world.studio, settings=settings), link_base=ORIGIN)


def test_every_command_acts_in_a_name_or_is_the_machines_own():
    for command in commands.every_command():
        assert command.takes_a_name != (command.need is Beyond.MACHINE_ACCOUNT), command.name


@pytest.fixture(scope="module")
def routes(world: World) -> Sequence[Row]:
    return [
        (
            str(route),
            route.need,
            {actor: rest.ask(actor, route, world) for actor in ACTORS},
        )
        for route in rest.every_route(world.app)
    ]


def test_every_route_answers_everybody_as_the_rules_say(world: World, routes: Sequence[Row]):
    by_name = {str(route): route for route in rest.every_route(world.app)}
    wrong = [
        f"{name} by {actor}: {cell}, not {wanted}"
        for name, need, cells in routes
        for actor, cell in cells.items()
        if cell != (wanted := expected(world, actor, need, by_name[name].about))
    ]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_no_answer_to_a_stranger_names_what_is_the_brands(world: World, stranger: str):
    for route in rest.every_route(world.app):
        _, text = rest.of_answer(stranger, route, world)
        assert CANARY not in text, f"{route} tells {stranger} of it"
        assert "creator their own" not in text, f"{route} tells {stranger} who made it"


def test_a_member_of_the_brand_does_read_it(world: World):
    """Or the test above would prove nothing."""
    told = [
        str(route)
        for route in rest.every_route(world.app)
        if CANARY in rest.of_answer("reviewer", route, world)[1]
    ]
    assert {"GET /api/v1/runs", "GET /api/v1/runs/{run_id}", "GET /api/v1/packs"} <= set(told)


@pytest.fixture(scope="module")
def page_events(world: World) -> Sequence[Row]:
    asked = events.in_full(events.ask_everything(world, actor) for actor in ACTORS)
    return [(name, need, cells) for name, (need, cells) in asked.items()]


def test_every_page_event_answers_everybody_as_the_rules_say(
    world: World, page_events: Sequence[Row]
):
    wrong = [
        f"{name} by {actor}: {cell}, not {wanted}"
        for name, need, cells in page_events
        for actor, cell in cells.items()
        if cell != (wanted := expected(world, actor, need, events.about(name)))
    ]
    assert wrong == [], "\n".join(wrong)


def test_every_event_of_the_running_pages_was_asked(world: World, page_events: Sequence[Row]):
    asked = {name for name, _, _ in page_events}
    assert asked >= {event.name for event in events.of_pages(events.blocks_of(world))}
    # What is drawn for somebody stands in no list of the pages.
    drawn = {"Create: submit brief", "Account: revoke token", "Account: end other sessions"}
    assert asked >= drawn


@pytest.fixture(scope="module")
def at_the_gate(world: World) -> Sequence[Row]:
    return [
        (
            " ".join(route),
            access,
            {actor: methods.ask(world, actor, route) for actor in ACTORS},
        )
        for route, access in sorted(
            methods.foreign(world).items(), key=lambda one: (one[1], one[0][1], one[0][0])
        )
    ]


def test_every_address_of_gradios_answers_everybody_as_the_gate_says(
    world: World, at_the_gate: Sequence[Row]
):
    access = {" ".join(route): (route, how) for route, how in methods.foreign(world).items()}
    wrong = [
        f"{name} by {actor}: {cell}, not {wanted}"
        for name, _, cells in at_the_gate
        for actor, cell in cells.items()
        if cell != (wanted := methods.expected(actor, *access[name]))
    ]
    assert wrong == [], "\n".join(wrong)


def test_every_other_method_of_every_address_is_refused_to_everybody_and_changes_nothing(
    world: World,
):
    before, asked = world.everything(), 0
    for route in methods.others(world):
        for actor in ACTORS:
            asked += 1
            answered = methods.status(world, actor, route)
            if route == ("HEAD", "/static/{path}"):
                assert answered == 200  # what a GET says without its body
            else:
                assert answered in methods.REFUSED, f"{route} by {actor}: {answered}"
    assert asked > 9_000
    assert world.everything() == before


@pytest.fixture(scope="module")
def by_scope(world: World) -> Sequence[Row]:
    asking = scopes.programs(world)
    return [
        (
            str(route),
            route.need,
            {scope: rest.answered(program, route, world)[0] for scope, program in asking.items()},
        )
        for route in rest.every_route(world.app)
        if scopes.takes_tokens(route)
    ]


def test_a_token_opens_what_its_scopes_say_and_nothing_else(by_scope: Sequence[Row]):
    wrong = [
        f"{name} with {scope}: {cell}, not {wanted}"
        for name, need, cells in by_scope
        for scope, cell in cells.items()
        if cell != (wanted := scopes.expected(need, Scope(scope)))
    ]
    assert wrong == [], "\n".join(wrong)


@pytest.fixture(scope="module")
def at_the_terminal(world: World, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Row]:
    folder = tmp_path_factory.mktemp("terminal")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("BRANDSTUDIO_DATA_DIR", str(world.studio.settings.data_dir))
        return [
            (command.name, command.need, _cells(command, world, folder))
            for command in commands.every_command()
        ]


def _cells(command: commands.Command, world: World, folder) -> Mapping[str, Cell]:
    if not command.takes_a_name:
        return dict.fromkeys(ACTORS, Cell.NOT_ASKED)
    return {actor: commands.ask(command, actor, world, folder) for actor in ACTORS}


def test_every_command_answers_everybody_as_the_rules_say(
    world: World, at_the_terminal: Sequence[Row]
):
    by_name = {command.name: command for command in commands.every_command()}
    wrong = [
        f"{name} as {actor}: {cell}, not {wanted}"
        for name, need, cells in at_the_terminal
        for actor, cell in cells.items()
        if by_name[name].takes_a_name
        and cell != (wanted := expected(world, actor, need, commands.about(by_name[name])))
    ]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.usefixtures("world")
def test_the_document_says_what_was_answered(
    routes: Sequence[Row],
    page_events: Sequence[Row],
    at_the_gate: Sequence[Row],
    at_the_terminal: Sequence[Row],
    by_scope: Sequence[Row],
    request: pytest.FixtureRequest,
):
    made = markdown(
        {
            "Routes": ("Pages' own elements and programs ask these.", routes),
            "Events of the pages": (
                "What Gradio's queue runs for a browser, also what a part of a page adds once it is"
                " drawn: a form whose brand is not one's own never offers it.",
                page_events,
            ),
            "Commands": (
                "With `--as NAME`; without it the machine's operator acts, who may do everything."
                " What only the machine's own account can do asks nobody (–).",
                at_the_terminal,
            ),
            "Gradio's own addresses, and ours for files": (
                "Who gets past the gate: `open` is for everyone, `gradio` for whoever is signed in,"
                " `blocked` does not exist for anyone. Of every address on this page every other"
                f" method ({', '.join(methods.METHODS)}) is refused to everybody with 401, 404 or"
                " 405.",
                at_the_gate,
            ),
        }
    ) + table(
        "API tokens",
        "An administrator's token with this one scope: what it opens. Roles limit it further.",
        [*scopes.COLUMNS],
        by_scope,
    )
    if request.config.getoption("--write-matrix"):
        FILE.write_text(made, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == made, "run pytest tests/authorisation --write-matrix"

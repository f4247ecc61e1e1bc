"""Every way in × everybody: what the rules say, what is answered, and what the document says."""

from collections.abc import Iterator, Mapping, Sequence

import pytest

from brandstudio.domain.access import Beyond
from brandstudio.web.pages import build_pages
from tests.authorisation import commands, events, rest
from tests.authorisation.cells import Cell, expected
from tests.authorisation.document import FILE, Row, markdown
from tests.authorisation.world import ACTORS, CANARY, NOBODY, World

STRANGERS = (NOBODY, "disabled", "no role", "owner of another brand")


def test_every_route_event_and_command_says_what_it_needs(world: World):
    silent = [str(route) for route in rest.every_route(world.app) if route.need is None]
    silent += [name for name, need in events.declared(build_pages(world.studio)) if need is None]
    silent += [event.name for event in events.every_event(world.studio) if event.need is None]
    silent += [one.name for one in commands.every_command() if one.need is None]
    assert silent == [], "these do not declare what they need: use @needs or @event"


def test_every_command_acts_in_a_name_or_is_the_machines_own():
    for command in commands.every_command():
        is_the_machines = command.need is Beyond.MACHINE_ACCOUNT
        assert command.takes_a_name != is_the_machines or command.name in commands.OPERATORS


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
    assert wrong == []


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
    return [
        (event.name, event.need, {actor: events.ask(event, actor, world) for actor in ACTORS})
        for event in events.every_event(world.studio)
    ]


def test_every_page_event_answers_everybody_as_the_rules_say(
    world: World, page_events: Sequence[Row]
):
    wrong = [
        f"{name} by {actor}: {cell}, not {wanted}"
        for name, need, cells in page_events
        for actor, cell in cells.items()
        if cell != (wanted := expected(world, actor, need, events.about(name)))
    ]
    assert wrong == []


@pytest.fixture(scope="module")
def at_the_terminal(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sequence[Row]]:
    folder = tmp_path_factory.mktemp("terminal")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("BRANDSTUDIO_DATA_DIR", str(world.studio.settings.data_dir))
        yield [
            (command.name, command.need, _cells(command, world, folder))
            for command in commands.every_command()
        ]


def _cells(command: commands.Command, world: World, folder) -> Mapping[str, Cell]:
    if not command.takes_a_name or command.name in commands.DRAWS:
        return dict.fromkeys(ACTORS, Cell.NOT_ASKED)
    return {actor: commands.ask(command, actor, world, folder) for actor in ACTORS}


def test_every_command_answers_everybody_as_the_rules_say(
    world: World, at_the_terminal: Sequence[Row]
):
    wrong = [
        f"{name} as {actor}: {cell}, not {wanted}"
        for name, need, cells in at_the_terminal
        for actor, cell in cells.items()
        if cell is not Cell.NOT_ASKED
        and cell != (wanted := expected(world, actor, need, commands.about(name)))
    ]
    assert wrong == []


def test_the_document_says_what_was_answered(
    world: World,
    routes: Sequence[Row],
    page_events: Sequence[Row],
    at_the_terminal: Sequence[Row],
    request: pytest.FixtureRequest,
):
    made = markdown(
        {
            "Routes": ("Pages' own elements and programs ask these.", routes),
            "Events of the pages": ("What Gradio's queue runs for a browser.", page_events),
            "Commands": (
                "With `--as NAME`; without it the machine's operator acts, who may do everything."
                " What only the machine's own account can do asks nobody (–).",
                at_the_terminal,
            ),
        }
    )
    if request.config.getoption("--write-matrix"):
        FILE.write_text(made, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == made, "run pytest tests/authorisation --write-matrix"

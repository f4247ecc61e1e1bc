"""Whatever people and presets are called, no browser runs it: with the policy, and without it.

Every place is looked at where it stands; the attack must be there, as text, and must not run.
"""

from collections.abc import Callable, Iterator

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from brandstudio.domain.brief import BriefForm
from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.domain.review import Verdict
from brandstudio.domain.run import VariantRecord
from brandstudio.errors import BriefError
from brandstudio.services import packs, reviews, runs
from brandstudio.services.people import sessions, users
from brandstudio.services.studio import Studio
from brandstudio.web.gate.middleware import SESSION_COOKIE
from brandstudio.web.server import build_app
from tests.browsers import chromium, needs_chromium
from tests.conftest import PASSWORD, People
from tests.web.hostile import ATTACKS, Hostile, hostile_studio, unchecked
from tests.web.hostile_places import PLACES
from tests.web.hostile_walk import WATCH, Visit, walk, walk_outside
from tests.web.serving import serving


class WithoutPolicy:
    """The same application, whose browsers are told of no policy: then escaping alone must hold."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def stripped(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = b"content-security-policy"
                message["headers"] = [(k, v) for k, v in message["headers"] if k.lower() != policy]
            await send(message)

        await self.app(scope, receive, stripped)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    with hostile_studio(tmp_path_factory.mktemp("hostile")) as studio:
        yield studio


# Escaping alone is what must hold; that pages start under the policy is asked on every page.
@pytest.fixture(
    params=["without the policy", pytest.param("with the policy", marks=pytest.mark.slow)]
)
def visit(hostile: Hostile, request: pytest.FixtureRequest) -> Iterator[Visit]:
    app: ASGIApp = build_app(hostile.studio, link_base="http://127.0.0.1")
    app = app if request.param == "with the policy" else WithoutPolicy(app)
    token = sessions.sign_in(hostile.studio, hostile.ada.name, PASSWORD)
    with unchecked(), serving(app) as address, chromium() as browser:
        stranger, context = browser.new_context(), browser.new_context()
        context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address.url}])
        for each in (stranger, context):
            each.add_init_script(WATCH)
        visiting = Visit(context, address.url)
        walk(visiting)
        visiting.go_as(stranger)
        walk_outside(visiting, hostile.invitations)
        yield visiting


@pytest.mark.browser
@needs_chromium
def test_what_people_and_presets_say_is_shown_everywhere_and_runs_nowhere(visit: Visit):
    assert len(PLACES) * len(ATTACKS) > 1_080
    assert visit.missing() == []
    assert visit.ran == []
    assert visit.suspicious == []


def accepted(write: Callable[[str], object]) -> set[str]:
    """The attacks that an input takes in."""
    taken: set[str] = set()
    for attack in ATTACKS:
        try:
            write(attack)
        except BriefError:
            continue
        taken.add(attack)
    return taken


def test_most_attacks_are_refused_where_they_are_typed(
    studio: Studio,
    people: People,
    brief: Callable[..., BriefForm],
    pending: tuple[VariantRecord, ...],
):
    first = pending[0].id
    reviews.decide(studio, first, Verdict.APPROVE, person=people.rita)
    harmless_without_a_browser = {ATTACKS[5], ATTACKS[7], ATTACKS[11]}

    def run(**changes: str) -> object:
        return runs.preview(studio, brief(**changes), person=people.carla)

    def headline(text: str) -> object:
        answers = brief().answers | {"headline": text[:40]}
        return runs.preview(studio, brief(answers=answers), person=people.carla)

    def pack(name: str) -> object:
        return packs.build(studio, [first], ["display-200x200"], person=people.carla, name=name)

    def person(name: str) -> object:
        by = users.operator(studio)
        return users.add(studio, name, {EVERY_BRAND: Role.CREATOR}, PASSWORD, by=by)

    assert accepted(lambda text: run(name=text)) == harmless_without_a_browser
    assert accepted(headline) == harmless_without_a_browser
    assert accepted(pack) == harmless_without_a_browser
    assert accepted(person) == set()

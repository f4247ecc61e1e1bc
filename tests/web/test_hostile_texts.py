"""Whatever people and presets are called, no browser runs it: with the policy, and without it.

Every place is looked at where it stands; the attack must be there, as text, and must not run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from brandstudio.domain.brief import BriefForm
from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.domain.review import Verdict
from brandstudio.domain.run import VariantRecord
from brandstudio.errors import BriefError
from brandstudio.services import packs, reviews, runs, sessions, users
from brandstudio.services.studio import Studio
from brandstudio.web.gate import SESSION_COOKIE
from brandstudio.web.server import build_app
from tests.browsers import chromium, needs_chromium
from tests.conftest import PASSWORD, People
from tests.web.hostile import ATTACKS, Hostile, hostile_studio, texts, unchecked
from tests.web.serving import serving

WATCH = "window.hits = []; window.hit = (what) => { window.hits.push(what) };"
LOOK = """(places) => {
  const links = ["href", "src", "action"];
  const runs = ({ name, value }) =>
    (name.startsWith("on") && value.includes("hit(")) || name === "srcdoc"
    || (links.includes(name) && value.trim().toLowerCase().startsWith("javascript:"));
  const isScript = (node) =>
    node.localName === "script" && !node.type.endsWith("json") && node.textContent.includes("hit(");
  const text = (attribute) => (node) =>
    attribute === "value" ? node.value
      : attribute ? node.getAttribute(attribute) : node.textContent;
  return {
    texts: places.map(([where, attribute]) =>
      [...document.querySelectorAll(where)].map(text(attribute))),
    hits: window.hits,
    suspicious: [...document.querySelectorAll("*")]
      .filter((node) => isScript(node) || [...node.attributes].some(runs))
      .map((node) => node.outerHTML.slice(0, 200)),
  };
}"""


@dataclass(frozen=True)
class Place:
    """Where texts of one source stand: the text of the elements, or an attribute of theirs."""

    page: str
    source: str
    where: str
    attribute: str = ""


RUNS, RUN, REVIEW, LIBRARY, BRANDS, CREATE, AGAIN, ACCOUNT, ZOOM, TOASTS, SIGN_IN = (
    "runs", "run", "review", "library", "brands", "create", "again", "account", "zoom", "toasts",
    "sign-in",
)  # fmt: skip
PEOPLE, ACCESS, LOG = "people", "access", "log"
PLACES = (
    Place(RUNS, "campaign", ".bs-runs h2"),
    Place(RUNS, "preset", ".bs-runs p.bs-quiet"),
    Place(RUNS, "person", ".bs-runs p.bs-quiet"),
    Place(RUNS, "preset", ".bs-brand-menu [role=menuitemradio]"),
    Place(RUN, "campaign", "run-view h1"),
    Place(RUN, "campaign", "title"),
    Place(RUN, "person", "run-view .bs-head"),
    Place(RUN, "preset", "run-view summary"),
    Place(RUN, "preset", "run-view dt"),
    Place(RUN, "answer", "run-view dd"),
    Place(RUN, "preset", "run-view dd"),
    Place(RUN, "preset", "run-view .bs-tile-name"),
    Place(RUN, "preset", "run-view .bs-tile-name", "title"),
    Place(RUN, "preset", "run-view [data-variant-id]", "data-name"),
    Place(ZOOM, "comment", "dialog .bs-history p"),
    Place(ZOOM, "person", "dialog .bs-history li"),
    Place(ZOOM, "preset", "dialog h2"),
    Place(ZOOM, "answer", "dialog .bs-copy p"),
    Place(ZOOM, "preset", "dialog .bs-copy p"),
    Place(ZOOM, "campaign", "dialog .bs-facts-head a"),
    Place(ZOOM, "person", "dialog .bs-facts-head p"),
    Place(ZOOM, "preset", "dialog .bs-quick button"),
    Place(ZOOM, "preset", "dialog .bs-rendition img", "alt"),
    Place(REVIEW, "campaign", "review-grid h2 a"),
    Place(REVIEW, "preset", "review-grid .bs-group-head p"),
    Place(REVIEW, "person", "review-grid .bs-group-head p"),
    Place(REVIEW, "campaign", "review-grid option"),
    Place(REVIEW, "preset", "review-grid option"),
    Place(REVIEW, "preset", "review-grid .bs-tile-name"),
    Place(LIBRARY, "campaign", ".bs-asset-text strong"),
    Place(LIBRARY, "preset", ".bs-asset-text span"),
    Place(LIBRARY, "campaign", ".bs-asset input", "aria-label"),
    Place(LIBRARY, "campaign", "asset-library option"),
    Place(LIBRARY, "pack", ".bs-pack strong"),
    Place(LIBRARY, "person", ".bs-pack-text span"),
    Place(LIBRARY, "pack", ".bs-pack a", "aria-label"),
    Place(LIBRARY, "preset", ".bs-placements summary"),
    Place(LIBRARY, "preset", ".bs-placements label span"),
    Place(LIBRARY, "preset", ".bs-placements button", "aria-label"),
    Place(BRANDS, "preset", "brand-sheets [role=tab]"),
    Place(BRANDS, "preset", ".bs-sheet h2"),
    Place(BRANDS, "preset", ".bs-sheet-tagline"),
    Place(BRANDS, "preset", ".bs-sheet-about"),
    Place(BRANDS, "preset", ".bs-logos img", "alt"),
    Place(BRANDS, "preset", ".bs-palette strong"),
    Place(BRANDS, "preset", ".bs-specimen-line"),
    Place(BRANDS, "preset", ".bs-specimen-text"),
    Place(BRANDS, "preset", "brand-specimen .bs-quiet"),
    Place(BRANDS, "preset", "brand-specimen", "family"),
    Place(BRANDS, "preset", ".bs-sheet .bs-plain"),
    Place(BRANDS, "preset", ".bs-sheet .bs-chips li"),
    Place(BRANDS, "preset", ".bs-sheet .bs-list strong"),
    Place(BRANDS, "preset", ".bs-sheet .bs-list span"),
    Place(BRANDS, "preset", ".bs-layouts strong"),
    Place(CREATE, "preset", "#brand label"),
    Place(CREATE, "preset", "#template label"),
    Place(CREATE, "preset", "#layout label"),
    Place(CREATE, "preset", "#brief-form [data-testid=block-info]"),
    Place(CREATE, "preset", "#brief-form .bs-text"),
    Place(CREATE, "preset", "#brief-form .bs-pills label"),
    Place(CREATE, "preset", "#brief-form .bs-pills"),
    Place(CREATE, "preset", "#placements label"),
    Place(AGAIN, "answer", "#brief-form .bs-text input", "value"),
    Place(AGAIN, "answer", "#prompts p"),
    Place(ACCOUNT, "token", ".bs-row .bs-line strong"),
    Place(PEOPLE, "person", "admin-people .bs-person-cell strong"),
    Place(PEOPLE, "person", "admin-people button", "aria-label"),
    Place(PEOPLE, "preset", "admin-people option"),
    Place(ACCESS, "token", "admin-access strong"),
    Place(LOG, "person", "admin-log strong"),
    Place(LOG, "person", "admin-log p"),
    Place(LOG, "comment", "admin-log q"),
    Place(LOG, "pack", "admin-log p"),
    Place(LOG, "preset", "admin-log option"),
    Place(TOASTS, "person", ".bs-toast strong"),
    Place(TOASTS, "comment", ".bs-toast span"),
    Place(SIGN_IN, "person", "#name", "value"),
    Place(SIGN_IN, "address", "[name=next]", "value"),
)


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


class Visit:
    """Somebody who opens every page and notes which texts stand in which place."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url
        self.page = self.go_as(context)
        self.seen: dict[Place, set[str]] = {place: set() for place in PLACES}
        self.ran: list[str] = []
        self.suspicious: list[str] = []

    def go_as(self, context: BrowserContext) -> Page:
        """Go on in a browser of somebody else."""
        self.page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("dialog", lambda dialog: (self.ran.append(dialog.message), dialog.dismiss()))
        return self.page

    def open(self, path: str, settled: str) -> None:
        """Go to a page and wait until it shows this."""
        self.page.goto(f"{self.url}{path}")
        self.page.locator(settled).first.wait_for(state="attached")

    def note(self, name: str) -> None:
        """Note every text in the places of this page, and whatever ran or could run."""
        here = [place for place in PLACES if place.page == name]
        found = self.page.evaluate(LOOK, [[place.where, place.attribute] for place in here])
        for place, said in zip(here, found["texts"], strict=True):
            self.seen[place].update(text for text in said if text)
        self.ran += [f"{name}: {hit}" for hit in found["hits"]]
        self.suspicious += found["suspicious"]

    def missing(self) -> list[str]:
        """Attacks that were not shown where they should have been."""
        return [
            f"{place.page} {place.where} {place.attribute}: {text}"
            for place, seen in self.seen.items()
            for text in texts(place.source)
            if not any(text in found for found in seen)
        ]


def walk(visit: Visit) -> None:
    """Every page, with everything on it opened."""
    visit.open("/studio/runs", ".bs-runs h2")
    visit.note(RUNS)
    _runs(visit)
    visit.open("/studio/review", "review-grid h2 a")
    visit.note(REVIEW)
    _toasts(visit)
    visit.open("/studio/library", ".bs-pack")
    visit.page.locator(".bs-asset input").first.check(force=True)
    visit.note(LIBRARY)
    visit.open("/studio/brands", "brand-specimen .bs-quiet")
    visit.note(BRANDS)
    _create(visit)
    visit.open("/studio/account", ".bs-row .bs-line strong")
    visit.note(ACCOUNT)
    _administration(visit)
    for attack in ATTACKS[:4]:
        visit.open(f"/studio/runs?run={attack}&__theme={attack}#{attack}", "run-view")
        visit.open(f"/studio/?again={attack}", "#placements label")
        visit.note("addresses")


def _runs(visit: Visit) -> None:
    visit.open("/studio/runs?run=1", "run-view [data-variant-id]")
    scores = visit.page.locator("run-view").get_attribute("scores")
    for number, campaign in enumerate(texts("campaign"), start=1):
        visit.page.evaluate(
            """([number, scores]) => {
              history.replaceState(null, "", `?run=${number}`);
              const fresh = document.createElement("run-view");
              fresh.setAttribute("scores", scores);
              document.querySelector("run-view").replaceWith(fresh);
            }""",
            [number, scores],
        )
        visit.page.wait_for_function(
            "(name) => document.querySelector('run-view h1')?.textContent === name", arg=campaign
        )
        visit.page.locator("run-view [data-variant-id]").nth(1).wait_for()
        visit.note(RUN)
        _zoom(visit)


def _zoom(visit: Visit) -> None:
    visit.page.locator("run-view .bs-tile-zoom").first.evaluate("(button) => button.click()")
    for _ in range(2):
        visit.page.wait_for_function(
            "() => !document.querySelector('dialog .bs-history')?.textContent.includes('Loading')"
        )
        visit.page.locator("dialog .bs-quick button").first.evaluate("(button) => button.click()")
        visit.note(ZOOM)
        visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Escape")


def _toasts(visit: Visit) -> None:
    for title, hint in zip(texts("person"), texts("comment"), strict=True):
        visit.page.evaluate(
            """async ([title, hint]) => {
              const { toast } = await import("/static/js/toast.js");
              toast(title, { kind: "bad", hint, action: [title, () => {}] });
            }""",
            [title, hint],
        )
    visit.note(TOASTS)


def _create(visit: Visit) -> None:
    visit.open("/studio/", "#placements label")
    visit.note(CREATE)
    visit.open("/studio/?again=1", "#placements label")
    visit.page.locator("#preview-prompts").click()
    visit.page.locator("#prompts figure").first.wait_for()
    visit.note(AGAIN)


def _administration(visit: Visit) -> None:
    visit.open("/studio/administration", "admin-people .bs-person-cell")
    visit.note(PEOPLE)
    visit.page.get_by_role("tab", name="Access").click()
    visit.page.locator("admin-access strong").first.wait_for()
    visit.note(ACCESS)
    visit.page.get_by_role("tab", name="Audit log").click()
    earlier = visit.page.get_by_role("button", name="Show earlier")
    visit.page.locator("admin-log li").first.wait_for()
    while earlier.is_visible():
        shown = visit.page.locator("admin-log li").count()
        earlier.click()
        visit.page.wait_for_function(
            "(shown) => document.querySelectorAll('admin-log li').length > shown", arg=shown
        )
    visit.note(LOG)


def _sign_in(visit: Visit) -> None:
    for name, wanted in zip(texts("person"), texts("address"), strict=True):
        visit.open(f"/sign-in?next=/{quote(wanted)}", "#name")
        visit.page.locator("#name").fill(name)
        visit.page.locator("#password").fill("wrong")
        visit.page.get_by_role("button", name="Sign in").click()
        visit.page.get_by_role("alert").wait_for()
        visit.note(SIGN_IN)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    with hostile_studio(tmp_path_factory.mktemp("hostile")) as studio:
        yield studio


@pytest.fixture(params=["with the policy", "without the policy"])
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
        _sign_in(visiting)
        yield visiting


@pytest.mark.browser
@needs_chromium
def test_what_people_and_presets_say_is_shown_everywhere_and_runs_nowhere(visit: Visit):
    assert len(PLACES) * len(ATTACKS) > 800
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

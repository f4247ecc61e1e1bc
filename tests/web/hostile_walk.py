"""Somebody who opens everything there is to open, and notes which texts stand where."""

from collections.abc import Sequence
from urllib.parse import quote

from playwright.sync_api import BrowserContext, Dialog, Page

from tests.web.hostile import ATTACKS, texts
from tests.web.hostile_places import (
    ACCESS,
    ACCOUNT,
    AGAIN,
    ASKED,
    BRANDS,
    CREATE,
    FILTERS,
    LARGE,
    LIBRARY,
    LOG,
    MENU,
    PEOPLE,
    PLACES,
    REFUSED,
    REVIEW,
    RUN,
    RUNS,
    SIGN_IN,
    TOASTS,
    WELCOME,
    ZOOM,
    Place,
)  # fmt: skip

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


DROP = """(names) => {
  const dropped = new DataTransfer();
  for (const name of names) dropped.items.add(new File(["x"], name, { type: "text/plain" }));
  const event = { dataTransfer: dropped, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new DragEvent("drop", event));
}"""


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
        self.page.on("dialog", self._dismiss)
        return self.page

    def _dismiss(self, dialog: Dialog) -> None:
        self.ran.append(dialog.message)
        dialog.dismiss()

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

    def ask(self) -> None:
        """Note what a dialog asks that is open now, and close it."""
        self.page.locator("dialog.bs-dialog[open]").wait_for()
        self.note(ASKED)
        self.page.keyboard.press("Escape")

    def ask_each(self, buttons: str) -> None:
        """Press each of the buttons, and note what it asks."""
        for press in self.page.locator(buttons).all():
            press.evaluate("(button) => button.click()")
            self.ask()

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
        visit.page.locator("run-view .bs-reference").first.evaluate("(button) => button.click()")
        visit.note(LARGE)
        visit.page.keyboard.press("Escape")
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
              const { toast } = await import("/static/js/shared/toast.js");
              toast(title, { kind: "bad", hint, action: [title, () => {}] });
            }""",
            [title, hint],
        )
    visit.note(TOASTS)


def _create(visit: Visit) -> None:
    visit.open("/studio/", "#placements label")
    visit.note(CREATE)
    visit.page.evaluate(DROP, texts("file"))
    visit.page.locator("reference-picker [role=alert] p").first.wait_for()
    visit.note(REFUSED)
    for run in range(1, len(ATTACKS) + 1):
        visit.open(f"/studio/?again={run}", ".bs-tray .bs-reference")
        if run == 1:
            visit.page.locator("#preview-prompts").click()
            visit.page.locator("#prompts figure").first.wait_for()
        visit.note(AGAIN)


def _administration(visit: Visit) -> None:
    visit.open("/studio/administration", "admin-people [data-link-id]")
    visit.note(PEOPLE)
    for press in visit.page.locator("admin-people [aria-label^='More about']").all():
        press.evaluate("(button) => button.click()")
        visit.note(MENU)
        visit.page.get_by_role("menuitem", name="Disable").evaluate("(button) => button.click()")
        visit.ask()
    visit.ask_each("admin-people [data-link-id] button")
    visit.ask_each("admin-people .bs-admin-bar button.primary")
    visit.page.get_by_role("tab", name="Access").click()
    visit.page.locator("admin-access [data-session-id]").first.wait_for()
    visit.note(ACCESS)
    visit.ask_each("admin-access [data-token-id] button")
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
    for text in texts("address"):
        sought = f"part=log&person={quote(text)}&text={quote(text)}"
        visit.open(f"/studio/administration?{sought}", "admin-log [aria-label=Who]")
        visit.note(FILTERS)


def walk_outside(visit: Visit, invitations: Sequence[str]) -> None:
    """Every page that a stranger sees."""
    _sign_in(visit)
    for token in invitations:
        visit.open(f"/welcome?token={token}", "#name")
        visit.note(WELCOME)


def _sign_in(visit: Visit) -> None:
    for name, wanted in zip(texts("person"), texts("address"), strict=True):
        visit.open(f"/sign-in?next=/{quote(wanted)}", "#name")
        visit.page.locator("#name").fill(name)
        visit.page.locator("#password").fill("wrong")
        visit.page.get_by_role("button", name="Sign in").click()
        visit.page.get_by_role("alert").wait_for()
        visit.note(SIGN_IN)

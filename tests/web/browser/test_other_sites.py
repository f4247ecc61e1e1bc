"""A page of another site, and one of a sibling sub-domain, against somebody who is signed in.

Over https and under real names: browsers treat 127.0.0.1 and plain http in ways of their own.
"""

import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from brandstudio.domain.review import ReviewStatus
from brandstudio.domain.run import VariantRecord
from brandstudio.services import reviews, runs
from brandstudio.services.studio import Studio
from brandstudio.web.server import build_app
from tests.browsers import chromium, needs_chromium
from tests.conftest import PASSWORD, People
from tests.web.serving import serving

pytestmark = [pytest.mark.browser, needs_chromium]
OURS = "brand.corp.test"

ATTACK = """async ([studio, image, variant]) => {
  const said = {};
  const ask = async (name, path, options = {}) => {
    try {
      const answer = await fetch(studio + path, { credentials: "include", ...options });
      said[name] = answer.type === "opaque" ? "opaque" : `read ${answer.status}`;
    } catch { said[name] = "refused"; }
  };
  const json = { "Content-Type": "application/json" };
  const decision = JSON.stringify({ variants: [variant], verdict: "approve" });
  const event = JSON.stringify({ session_hash: "stolen", fn_index: 0, data: [] });
  const gradio = "/studio/gradio_api";
  await ask("token", `${gradio}/token`);
  await ask("config", "/studio/config");
  await ask("runs", "/api/v1/runs");
  await ask("page", "/studio/");
  const blindly = { method: "POST", mode: "no-cors" };
  await ask("join", `${gradio}/queue/join`, { method: "POST", headers: json, body: event });
  await ask("join blindly", `${gradio}/queue/join`, { ...blindly, body: event });
  await ask("decide", "/api/v1/decisions", { method: "POST", headers: json, body: decision });
  await ask("decide blindly", "/api/v1/decisions", { ...blindly, body: decision });
  await ask("see blindly", image, { mode: "no-cors" });
  const loaded = (node, where) => new Promise((done) => {
    node.onload = () => done("loaded");
    node.onerror = () => done("refused");
    Object.assign(node, where);
    document.body.append(node);
  });
  said.img = await loaded(document.createElement("img"), { src: studio + image });
  const script = (path) => loaded(document.createElement("script"), { src: studio + path });
  said.script = await script("/api/v1/runs");
  said.code = await script("/static/js/shared/dom.js");
  said.style = await loaded(document.createElement("link"),
    { rel: "stylesheet", href: studio + "/studio/theme.css" });
  said.stream = await new Promise((done) => {
    const stream = new EventSource(`${studio}/api/v1/runs/1/events`, { withCredentials: true });
    stream.addEventListener("progress", () => done("read"));
    stream.onerror = () => { stream.close(); done("refused"); };
  });
  said.socket = await new Promise((done) => {
    const socket = new WebSocket(studio.replace("https", "wss") + "/studio/ws");
    socket.onopen = () => done("open");
    socket.onerror = () => done("refused");
  });
  await ask("sign out blindly", "/sign-out", blindly);
  return said;
}"""


@dataclass(frozen=True)
class Town:
    """Where the studio is and where the others are, and Rita's browser."""

    studio: str
    others: dict[str, str]
    rita: BrowserContext


@contextmanager
def certificate(folder: Path) -> Generator[dict[str, str]]:
    """A certificate that nobody signed; the browser is told not to mind."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=corp.test", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*made, *subject], check=True, capture_output=True)
    yield {"ssl_keyfile": str(key), "ssl_certfile": str(cert)}


@pytest.fixture
def town(studio: Studio, people: People, tmp_path: Path) -> Iterator[Town]:  # noqa: ARG001 - who sign in
    app = build_app(studio, link_base=f"https://{OURS}")
    elsewhere = Starlette(routes=[Route("/", lambda _: HTMLResponse("<body>Hello</body>"))])
    with (
        certificate(tmp_path) as secured,
        serving(app, **secured) as ours,
        serving(elsewhere, **secured) as theirs,
        chromium() as browser,
    ):
        names = {"a sibling": "wiki.corp.test", "a stranger": "evil.test"}
        others = {kind: f"https://{name}:{theirs.port}/" for kind, name in names.items()}
        rita = browser.new_context(ignore_https_errors=True)
        at = f"https://{OURS}:{ours.port}"
        sign_in(rita.new_page(), at)
        yield Town(at, others, rita)


def sign_in(page: Page, studio: str) -> None:
    page.goto(f"{studio}/sign-in")
    page.get_by_label("Name").fill("rita")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studio/**")


def tried(town: Town, where: str, variant: VariantRecord) -> dict[str, str]:
    """What a page at that address got when it tried everything."""
    page = town.rita.new_page()
    page.goto(where)
    return page.evaluate(ATTACK, [town.studio, f"/images/{variant.sha256}.png", variant.id])


def still_as_it_was(town: Town, studio: Studio, people: People, waiting: int) -> bool:
    """Nothing is decided and Rita is still signed in."""
    page = town.rita.new_page()
    page.goto(f"{town.studio}/studio/review")
    page.wait_for_load_state()
    queue = reviews.queue(studio, person=people.rita)
    return "/sign-in" not in page.url and len(queue) == waiting


def test_no_other_page_reads_or_changes_anything_in_the_name_of_who_is_signed_in(
    town: Town, studio: Studio, people: People, pending: tuple[VariantRecord, ...]
):
    for where in town.others.values():
        said = tried(town, where, pending[0])
        assert {name: what for name, what in said.items() if what != "refused"} == {}
        assert not is_shown_in_a_frame(town, where)
        for form in ("/sign-out", "/api/v1/decisions"):
            assert is_refused(town, where, form, pending[0])
        assert is_out_of_reach(town, where)
        assert still_as_it_was(town, studio, people, len(pending))


def test_the_same_attempts_succeed_from_the_studios_own_page(
    town: Town, studio: Studio, people: People, pending: tuple[VariantRecord, ...]
):
    said = tried(town, f"{town.studio}/static/js/shared/toast.js", pending[0])
    assert {said[name] for name in ("runs", "config", "page", "decide")} == {"read 200"}
    assert (said["img"], said["stream"], said["style"]) == ("loaded", "read", "loaded")
    assert (said["token"], said["socket"]) == ("read 404", "refused")
    variants = runs.variants(studio, pending[0].run_id, person=people.rita)
    [review] = [v.review for v in variants if v.id == pending[0].id]
    assert review is ReviewStatus.APPROVED
    assert not still_as_it_was(town, studio, people, len(pending))  # it signed out, too


def is_shown_in_a_frame(town: Town, where: str) -> bool:
    page = town.rita.new_page()
    page.goto(where)
    with page.expect_event("console", lambda said: "frame-ancestors" in said.text):
        page.set_content(f'<iframe src="{town.studio}/studio/review"></iframe>')
    return any(town.studio in frame.url for frame in page.frames)


def is_refused(town: Town, where: str, path: str, variant: VariantRecord) -> bool:
    """Whether a form sent from there is; as plain text it can carry almost any JSON."""
    begun = f'{{"variants":[{variant.id}],"verdict":"approve","comment":"'
    page = town.rita.new_page()
    page.goto(where)
    page.set_content(
        f"<form method=post enctype=text/plain action='{town.studio}{path}'>"
        f"""<input name='{begun}' value='"}}'><button>Win a car</button></form>"""
    )
    with page.expect_response(f"**{path}") as answered:
        page.get_by_role("button").click()
    answer = answered.value
    return answer.status in {401, 403} or answer.headers.get("location", "").startswith("/sign-in")


def is_out_of_reach(town: Town, where: str) -> bool:
    """Whether a window that was opened from there neither sees nor is seen by its opener."""
    page = town.rita.new_page()
    page.goto(where)
    with page.context.expect_page() as opened:
        page.evaluate("(to) => { window.taken = window.open(to) }", f"{town.studio}/studio/runs")
    opened.value.wait_for_load_state()
    return page.evaluate("window.taken.closed") and opened.value.evaluate("!window.opener")

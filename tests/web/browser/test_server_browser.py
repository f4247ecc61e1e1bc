"""The pages in a real browser: they start, and run nothing that is not a file of ours."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from brandstudio.domain.review import Verdict
from brandstudio.domain.run import RunStatus
from brandstudio.services import reviews, runs
from brandstudio.services.studio import Studio
from brandstudio.services.work.worker import Worker, carry_out
from tests.browsers import needs_chromium
from tests.conftest import PASSWORD, People
from tests.fakes import Overflowing
from tests.hostile_images import PAGE, base_images

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture
def page(chrome: Browser) -> Page:
    return chrome.new_context().new_page()


@pytest.mark.usefixtures("people")
def test_every_page_starts_under_the_strict_policy(address: str, page: Page):
    complaints: list[str] = []
    foreign: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if r.url.startswith(address) else foreign.append(r.url))
    page.goto(f"{address}/studio/review?run=1")
    page.get_by_label("Name").fill("carla")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/studio/review?run=1")
    for name in ("", "runs", "review", "library", "brands", "administration", "account"):
        page.goto(f"{address}/studio/{name}")
        page.locator("gradio-app .gradio-container").wait_for()
        page.get_by_role("navigation").first.wait_for()
    assert [text for text in complaints if "Content Security Policy" in text] == []
    assert [url for url in foreign if not url.startswith(("data:", "blob:"))] == []


@pytest.mark.usefixtures("people")
def test_markup_that_slips_into_a_page_runs_nothing(address: str, page: Page):
    page.goto(f"{address}/sign-in")
    page.get_by_label("Name").fill("carla")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("gradio-app .gradio-container").wait_for()
    page.evaluate(
        """() => {
          const slipped = document.createElement("div");
          slipped.innerHTML =
            "<img src=/nothing onerror='window.hit = 1'><svg onload='window.hit = 1'>";
          const script = document.createElement("script");
          script.textContent = "window.hit = 1";
          document.body.append(slipped, script);
          return new Promise((seen) => slipped.firstChild.addEventListener("error", seen));
        }"""
    )
    assert page.evaluate("window.hit") is None


@pytest.mark.usefixtures("pending")
def test_a_click_whose_answer_got_lost_is_sent_again_and_decides_once(
    address: str, people: People, page: Page, studio: Studio
):
    clicks: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        body = route.request.post_data_json
        assert body is not None
        clicks.append(body["request_id"])
        if len(clicks) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/decisions", lose_the_first_answer)
    page.goto(f"{address}/studio/review")
    page.get_by_label("Name").fill("rita")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    tiles = page.get_by_role("grid", name="Variants").locator("[data-variant-id]")
    tiles.first.focus()
    with page.expect_response("**/api/v1/decisions") as answered:
        page.keyboard.press("a")
    [decided] = answered.value.json()["decided"]
    assert len(clicks) == 2
    assert len(set(clicks)) == 1
    said = reviews.history(studio, decided["variant"], person=people.rita)
    assert [decision.verdict for decision in said] == [Verdict.SUBMIT, Verdict.APPROVE]


@pytest.mark.usefixtures("people", "pending")
def test_the_lightbox_leaves_out_what_a_variant_does_not_have(address: str, page: Page):
    enter(page, f"{address}/studio/review", "rita")
    page.get_by_role("grid", name="Variants").locator("[data-variant-id]").first.focus()
    page.keyboard.press("Enter")
    facts = page.get_by_role("region", name="Facts")
    expect(facts.get_by_role("heading", name="Parameters")).to_be_visible()
    expect(facts).not_to_contain_text("null")


def test_the_page_shows_which_image_came_out_empty_and_draws_it_again(
    address: str, people: People, page: Page, studio: Studio, worker: Worker, brief: Any
):
    run_id = runs.submit(studio, brief(), person=people.carla)
    first = runs.variants(studio, run_id, person=people.carla)[0]
    carry_out(replace(worker, generator=Overflowing(seeds=frozenset([first.seed]))), run_id)
    page.goto(f"{address}/studio/runs?run={run_id}")
    page.get_by_label("Name").fill("carla")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    failed = page.locator(f"[data-failed-variant='{first.id}']")
    failed.get_by_text("The model drew an empty image.").wait_for()
    failed.get_by_role("button", name="Draw again").click()
    failed.get_by_text("Waiting to be drawn again").wait_for()
    assert page.locator("[data-failed-variant]").count() == 2
    assert runs.get(studio, run_id, person=people.carla).status is RunStatus.QUEUED


def test_a_page_that_gets_no_progress_stream_still_sees_the_run_end(
    address: str, people: People, page: Page, studio: Studio, worker: Worker, brief: Any
):
    run_id = runs.submit(studio, brief(), person=people.carla)
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=429, json={"error": {"kind": "too_many_streams", "message": "No"}})
        if len(refused) == 2:
            carry_out(worker, run_id)

    page.route("**/events", refuse)
    page.goto(f"{address}/studio/runs?run={run_id}")
    page.get_by_label("Name").fill("carla")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("review-grid [data-variant-id]").first.wait_for()
    assert len(refused) >= 2


def test_reference_images_go_from_the_form_to_the_reviewers_lightbox(
    address: str, people: People, page: Page, studio: Studio, worker: Worker, tmp_path: Path
):
    hits: list[str] = []
    page.on("dialog", lambda dialog: hits.append(dialog.message))
    named = tmp_path / "<img src=x onerror=alert(1)>.png"
    named.write_bytes(base_images()["png see-through"])
    (tmp_path / "page.png").write_bytes(PAGE)
    (tmp_path / "logo.svg").write_text("<svg/>")
    enter(page, f"{address}/studio/", "carla")
    files = page.locator("reference-picker input[type=file]")
    files.set_input_files([named, tmp_path / "page.png", tmp_path / "logo.svg"])
    attached = page.get_by_role("list", name="Attached images").locator("img")
    refusals = page.locator("reference-picker").get_by_role("alert").locator("p")
    expect(refusals).to_have_count(2)
    expect(refusals.nth(0)).to_contain_text("logo.svg: please upload PNG, JPEG or WebP")
    expect(refusals.nth(1)).to_contain_text("page.png: please upload PNG, JPEG or WebP")
    paste(page, base_images()["jpeg"])
    expect(page.get_by_role("button", name="Remove Pasted image")).to_be_visible()
    drop(page, base_images()["webp"])
    expect(page.get_by_role("button", name="Remove Dropped.webp")).to_be_visible()
    expect(attached).to_have_count(3)
    page.locator("reference-picker").scroll_into_view_if_needed()
    expect(page.locator("#generate")).to_be_in_viewport()
    page.get_by_role("button", name="Remove Pasted image").press("Enter")
    expect(page.get_by_role("button", name="Remove Dropped.webp")).to_be_focused()
    for template in ("Sale banner", "Product hero"):  # each draws the form anew
        page.get_by_role("radio", name=template).click(force=True)
        page.get_by_role("heading", name=template).wait_for()
    page.get_by_role("textbox", name=re.compile("^Headline")).fill("Turn the volume up")
    page.get_by_role("textbox", name=re.compile("^Call to action")).fill("Try it")
    expect(attached).to_have_count(2)
    page.locator("#generate").click()
    page.wait_for_url("**/studio/runs?run=*")
    shown = page.get_by_role("list", name="Reference images").get_by_role("button")
    expect(shown).to_have_count(2)
    [run] = runs.recent(studio, person=people.carla)
    assert [r.name for r in run.references] == ["<img src=x onerror=alert(1)>.png", "Dropped.webp"]
    carry_out(worker, run.id)
    for variant in runs.variants(studio, run.id, person=people.carla):
        reviews.decide(studio, variant.id, Verdict.SUBMIT, person=people.carla)
    page.goto(f"{address}/studio/?again={run.id}")
    expect(attached).to_have_count(2)
    page.context.clear_cookies()
    enter(page, f"{address}/studio/review", "rita")
    page.get_by_role("grid", name="Variants").locator("[data-variant-id]").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Variant").get_by_label("Look at Dropped.webp").click()
    large = page.get_by_role("dialog", name="Reference image")
    expect(large.get_by_role("img", name="Dropped.webp")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(large.get_by_role("img", name="<img src=x onerror=alert(1)>.png")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Variant")).to_be_visible()
    assert hits == []


def enter(page: Page, address: str, name: str) -> None:
    """Go there and sign in on the way."""
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("gradio-app .gradio-container").wait_for()


def paste(page: Page, content: bytes) -> None:
    """Paste a picture, as from a screenshot."""
    event = "new ClipboardEvent('paste', { clipboardData: held, bubbles: true })"
    page.evaluate(TRANSFER % event, [list(content), "image/jpeg", "image.jpg"])


def drop(page: Page, content: bytes) -> None:
    """Drop a file somewhere on the page."""
    event = "new DragEvent('drop', { dataTransfer: held, bubbles: true, cancelable: true })"
    page.evaluate(TRANSFER % event, [list(content), "image/webp", "Dropped.webp"])


TRANSFER = """([content, type, name]) => {
  const held = new DataTransfer();
  held.items.add(new File([new Uint8Array(content)], name, { type }));
  document.body.dispatchEvent(%s);
}"""

"""Whoever is signed out in the middle of something signs in again beside it, and loses nothing."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from brandstudio.services import runs
from brandstudio.services.people import sessions
from brandstudio.services.studio import Studio
from tests.browsers import needs_chromium
from tests.conftest import PASSWORD, People

pytestmark = [pytest.mark.browser, needs_chromium]
HEADLINE = "Wake up to orange"


@pytest.fixture
def window(chrome: Browser) -> BrowserContext:
    return chrome.new_context(viewport={"width": 1440, "height": 900})


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def headline_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name=re.compile("^Headline"))


def signed_out_while_writing(
    window: BrowserContext, address: str, studio: Studio, people: People
) -> Page:
    """The form of somebody who just learned that their session has ended."""
    page = window.new_page()
    page.goto(f"{address}/sign-in")
    sign_in(page, "carla")
    headline_of(page).fill(HEADLINE)
    sessions.end_all_own(studio, person=people.carla)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("dialog", name="You were signed out")).to_be_visible()
    return page


def sign_in_beside(page: Page, name: str) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    sign_in(opened.value, name)
    opened.value.wait_for_url("**/studio/account")
    opened.value.close()
    page.bring_to_front()
    # Without a screen no window ever has the focus, so none regains it.
    page.evaluate("window.dispatchEvent(new Event('focus'))")


def test_a_brief_that_was_being_written_goes_on_after_signing_in_beside_it(
    address: str, people: People, studio: Studio, window: BrowserContext
):
    page = signed_out_while_writing(window, address, studio, people)
    sign_in_beside(page, "carla")
    expect(page.get_by_role("dialog", name="You were signed out")).to_be_hidden()
    expect(headline_of(page)).to_have_value(HEADLINE)
    page.get_by_role("button", name="Generate").click()
    page.wait_for_url("**/studio/runs?run=*")
    [run] = runs.recent(studio, person=people.carla)
    assert run.brief.answers["headline"] == HEADLINE


def test_a_page_does_not_go_on_in_the_name_of_somebody_else(
    address: str, people: People, studio: Studio, window: BrowserContext
):
    page = signed_out_while_writing(window, address, studio, people)
    sign_in_beside(page, "rita")
    expect(page.locator("shell-person[name=rita]")).to_be_attached()
    expect(headline_of(page)).to_have_value("")


@pytest.mark.usefixtures("pending")
def test_a_decision_after_the_session_ended_asks_to_sign_in_and_is_not_lost_sight_of(
    address: str, people: People, studio: Studio, window: BrowserContext
):
    page = window.new_page()
    page.goto(f"{address}/studio/review")
    sign_in(page, "rita")
    tiles = page.get_by_role("grid", name="Variants").locator("[data-variant-id]")
    tiles.first.focus()
    sessions.end_all_own(studio, person=people.rita)
    page.keyboard.press("a")
    expect(page.get_by_role("dialog", name="You were signed out")).to_be_visible()
    sign_in_beside(page, "rita")
    # Nothing behind an open dialog takes the focus.
    expect(page.get_by_role("dialog", name="You were signed out")).to_be_hidden()
    tiles.first.focus()
    with page.expect_response("**/api/v1/decisions") as answered:
        page.keyboard.press("a")
    assert len(answered.value.json()["decided"]) == 1

"""How much a page asks for: few files the first time, hardly one the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from brandstudio.services.studio import Studio
from brandstudio.web.server import build_app
from tests.browsers import chromium, needs_chromium
from tests.conftest import PASSWORD
from tests.web.serving import serving

pytestmark = [pytest.mark.browser, needs_chromium]

PAGES = ("", "runs", "review", "library", "brands", "administration", "account")
COLD, WARM = 25, 5
CALLS = ("/api/", "/studio/gradio_api/")
"""Where pages ask for data or events; the rest are files."""


@dataclass(frozen=True)
class Asked:
    """The paths that a page asked the server for, without what the browser had kept."""

    files: tuple[str, ...]
    calls: tuple[str, ...]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def address(studio: Studio) -> Iterator[str]:
    with serving(build_app(studio, link_base="http://127.0.0.1")) as running:
        yield running.url


@pytest.mark.usefixtures("people")
def test_pages_ask_for_few_files_the_first_time_and_hardly_one_the_next(
    address: str, browser: Browser
):
    page = browser.new_page()
    page.goto(f"{address}/sign-in")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator("gradio-app .gradio-container").wait_for()
    for name in PAGES:
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        cold, warm = (opened(page, f"{address}/studio/{name}") for _ in range(2))
        assert len(cold.files) + len(cold.calls) <= COLD, (name, cold)
        assert len(warm.files) <= WARM, (name, warm)
        assert [path for path in cold.files if path.startswith("/studio/assets/")] == []
        assert page.evaluate("[...document.querySelectorAll(':not(:defined)')].length") == 0


def opened(page: Page, address: str) -> Asked:
    """What a page asks for until it has settled."""
    page.goto("about:blank")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    asked: dict[str, str] = {}
    session.on("Network.requestWillBeSent", lambda e: asked.update({e["requestId"]: url_of(e)}))
    session.on("Network.requestServedFromCache", lambda e: drop(asked, e))
    session.on("Network.responseReceived", lambda e: drop_if_kept(asked, e))
    page.goto(address)
    page.locator("gradio-app .gradio-container").wait_for()
    expect(page.get_by_role("navigation", name="Studio")).to_be_visible()
    page.locator("shell-person").wait_for(state="attached")
    page.wait_for_timeout(1_500)  # what comes last is asked for once all the rest is there
    session.detach()
    paths = [urlsplit(url).path for url in asked.values() if url.startswith("http")]
    calls = tuple(path for path in paths if path.startswith(CALLS))
    return Asked(tuple(path for path in paths if not path.startswith(CALLS)), calls)


def url_of(event: dict[str, dict[str, str]]) -> str:
    return event["request"]["url"]


def drop(asked: dict[str, str], event: dict[str, Any]) -> None:
    asked.pop(event["requestId"], None)


def drop_if_kept(asked: dict[str, str], event: dict[str, Any]) -> None:
    if event["response"]["fromDiskCache"]:
        asked.pop(event["requestId"], None)

"""The machine's own Chromium, kept from reaching anything but this machine."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request, sync_playwright

CHROMIUM = (
    os.environ.get("PLAYWRIGHT_CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("google-chrome")
)
QUIET = (
    # Chromium refuses to run as root in its sandbox, and containers are often root.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
)
ONLY_HERE = ("MAP *.test 127.0.0.1", "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt install chromium")


@contextmanager
def chromium() -> Generator[Browser]:
    """A started browser; ends with a failure when a page asked for anything beyond this machine."""
    if CHROMIUM is None:
        pytest.fail("These tests drive Chromium: apt-get install chromium")
    outside: list[str] = []

    def note(request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        if host not in {"", "localhost", "127.0.0.1"} and not host.endswith(".test"):
            outside.append(request.url)

    with sync_playwright() as playwright:
        rules = f"--host-resolver-rules={', '.join(ONLY_HERE)}"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, rules])
        browser.on("context", lambda context: context.on("request", note))
        yield browser
        browser.close()
    assert not outside, f"a page asked for {outside}"

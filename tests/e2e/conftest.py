"""A real server with the real house model, and browsers in front of it."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browsers import chromium
from tests.conftest import PASSWORD


@dataclass(frozen=True)
class Server:
    """A running studio, as its administrator sees it start."""

    url: str
    welcome: str


# Closed with the module: Playwright's loop would otherwise run under every later test.
@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`brandstudio serve` on a free port over a fresh data folder."""
    port = _free_port()
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [sys.executable, "-m", "brandstudio", "serve", "--port", str(port)],
        env=os.environ | {"BRANDSTUDIO_DATA_DIR": str(home / "data"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=(home / "log").open("w"),
        text=True,
    )
    try:
        yield Server(f"http://127.0.0.1:{port}", _welcome_link(process, home / "log"))
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture
def sign_in(browser: Browser, server: Server) -> Iterator[Callable[[str], Page]]:
    """Opens a browser of one's own for a person and signs them in."""
    contexts = []

    def enter(name: str) -> Page:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{server.url}/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/studio/**")
        return page

    yield enter
    for context in contexts:
        context.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _welcome_link(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout
    for line in process.stdout:
        found = re.search(r"http\S+/welcome\?token=\S+", line)
        if found:
            return found.group()
    raise AssertionError(f"the server printed no sign-in link: {log.read_text()}")

"""Nothing that the tests run reaches beyond this machine; these test the guard itself."""

import socket
import subprocess
import sys
import urllib.request

import pytest

from tests import offline
from tests.browsers import chromium, needs_chromium
from tests.offline import OutsideError

FAR = "192.0.2.1"  # an address that nobody has


def refused() -> str:
    """The one attempt that was noted."""
    [said] = offline.attempts()
    return said


def test_a_connection_to_another_machine_is_refused_and_noted_with_the_test():
    with socket.socket() as line, pytest.raises(OutsideError, match=FAR):
        line.connect((FAR, 80))
    assert "test_a_connection_to_another_machine" in refused()


def test_a_refusal_that_is_swallowed_is_noted_all_the_same():
    with pytest.raises(OSError, match="example"):
        urllib.request.urlopen("http://example.invalid/", timeout=1)
    assert "'example.invalid'" in refused()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: socket.gethostbyname("example.invalid"),
        lambda: socket.gethostbyname_ex("example.invalid"),
        lambda: socket.gethostbyaddr(FAR),
        lambda: socket.getnameinfo((FAR, 80), 0),
        lambda: socket.getaddrinfo("example.invalid", 80),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (FAR, 53)),
        lambda: socket.socket().connect_ex((FAR, 80)),
    ],
    ids=["name", "names", "address", "both", "all", "datagram", "quietly"],
)
def test_no_question_leaves_either(ask):
    with pytest.raises(OutsideError):
        ask()
    assert "test_no_question_leaves" in refused()


def test_a_python_that_a_test_starts_is_kept_here_too():
    script = f"import socket; socket.create_connection(({FAR!r}, 80), timeout=1)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode != 0
    assert "test_a_python_that_a_test_starts" in refused()


def test_this_machine_can_be_reached_by_all_its_names():
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name in ("127.0.0.1", "localhost"):
            socket.create_connection((name, server.getsockname()[1])).close()
    assert offline.attempts() == []


@pytest.mark.browser
@needs_chromium
def test_a_page_that_asks_for_something_outside_fails_its_test():
    with pytest.raises(AssertionError, match="example"), chromium() as browser:  # noqa: PT012
        page = browser.new_context().new_page()
        with page.expect_event("requestfailed"):
            page.set_content("<img src='http://example.invalid/x.png'>")

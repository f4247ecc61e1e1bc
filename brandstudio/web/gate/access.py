"""Who may reach which address: what is open, and what of Gradio there is at all.

Default deny: without a person only `OPEN` answers, and of everything below /studio only the pages
and `GRADIO_ROUTES` exist for anyone. `tests/web/routes.txt` says this of every route there is.
"""

import re
from enum import StrEnum

OPEN = re.compile(r"/sign-in(/elsewhere|/returned)?|/welcome|/healthz|/favicon\.ico|/static/.+")
"""What answers without a session."""

HASH = r"[A-Za-z0-9_-]{1,64}"
GRADIO_ROUTES = {
    "GET": re.compile(
        r"/studio(/config|/theme\.css|/gradio_api/theme\.css|/favicon\.ico"
        r"|/assets/[\w.-]+|/static/[\w./-]+|/svelte/[\w./-]+"
        rf"|/gradio_api/(startup-events|queue/data|heartbeat/{HASH}))"
    ),
    "POST": re.compile(r"/studio/gradio_api/(queue/join|cancel)"),
}
"""Gradio's routes that the pages need; the gate answers 404 for all its others."""

_ODD_PATH = re.compile(r"//|/\.{1,2}(/|$)|[\\\x00-\x1f\x7f;]|%")


class Access(StrEnum):
    """Who gets past the gate at an address."""

    OPEN = "open"
    SIGNED_IN = "signed-in"
    GRADIO = "gradio"
    BLOCKED = "blocked"


def access_to(method: str, path: str, pages: frozenset[str]) -> Access:
    """Who may ask for this; `pages` are the addresses of Gradio's pages."""
    if OPEN.fullmatch(path):
        return Access.OPEN
    if not path.startswith("/studio"):
        return Access.SIGNED_IN
    reading = "GET" if method == "HEAD" else method
    allowed = GRADIO_ROUTES.get(reading)
    is_page = path in pages and reading == "GET"
    if is_page or (allowed is not None and allowed.fullmatch(path)):
        return Access.GRADIO
    return Access.BLOCKED


def is_odd(path: str) -> bool:
    """Whether the path is written in a way that two readers might read differently."""
    return _ODD_PATH.search(path) is not None

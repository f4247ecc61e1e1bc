"""The studio's address for browsers, shared with commands that run beside `serve`."""

from collections.abc import Generator
from contextlib import contextmanager

from brandstudio.settings import Settings


def site_url(settings: Settings) -> str:
    """Where browsers reach a studio with these settings."""
    return (settings.public_url or f"http://{_shown(settings.host)}:{settings.port}").rstrip("/")


@contextmanager
def served_at(settings: Settings) -> Generator[str, None, None]:
    """The address, known to the other commands for as long as the block runs.

    `serve --port` is nowhere else: a link that 'users invite' prints would lead to no server.
    """
    url, note = site_url(settings), settings.data_dir / "served-at"
    note.write_text(f"{url}\n", encoding="utf-8")
    try:
        yield url
    finally:
        note.unlink(missing_ok=True)


def link_to(settings: Settings, token: str) -> str:
    """The address of a one-time link on the studio that is served, or that would be."""
    note = settings.data_dir / "served-at"
    is_told = note.is_file() and not settings.public_url
    base = note.read_text(encoding="utf-8").strip() if is_told else site_url(settings)
    return f"{base}/welcome?token={token}"


def _shown(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)

"""Pages outside Gradio (sign-in, welcome, errors, the API page): server-rendered, no script."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

from brandstudio.logs import reference
from brandstudio.web.bundles import address

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# These pages run no script at all and load nothing but our own style sheets and icons.
PLAIN_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def render(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A finished page; every value is escaped."""
    return HTMLResponse(
        _pages.get_template(template).render(
            values | {"status": status, "reference": reference(), "address": address}
        ),
        status_code=status,
        headers={"Content-Security-Policy": PLAIN_PAGE_POLICY},
    )

"""The web server: Gradio's pages, sign-in, REST and files in one application behind the gate."""

from collections.abc import Mapping
from typing import Any
from warnings import catch_warnings, filterwarnings

import gradio as gr
from fastapi import APIRouter, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from brandstudio.domain.access import Action, Beyond, needs
from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio
from brandstudio.web import failures
from brandstudio.web.bundles import STATIC
from brandstudio.web.gate.gradio_bodies import NoPages, Pages
from brandstudio.web.gate.middleware import Gate, Site
from brandstudio.web.gate.rate_limits import Limits
from brandstudio.web.gradio.no_inline_scripts import StrictPages
from brandstudio.web.gradio.page_head import page_head
from brandstudio.web.gradio.pages import build_pages
from brandstudio.web.gradio.theme import theme
from brandstudio.web.rest import docs_page, files, health
from brandstudio.web.rest import routes as api
from brandstudio.web.routing import joined
from brandstudio.web.sign_in import password

STUDIO = "/studio"
DEFAULT_LIMITS = Limits()
MAX_OPEN_PAGES = 2_000
"""Of everybody. Gradio keeps a tenth of a megabyte and more for each, until there are so many."""
UVICORN: Mapping[str, Any] = {
    # Also where another parser is installed: this one bounds the head of a request.
    "http": "h11",
    "ws": "none",
    "log_level": "warning",
    "log_config": None,
    # An access log would keep the one-time link's token.
    "access_log": False,
    "server_header": False,
    # Whom a proxy names is read at the gate, which knows the proxies.
    "proxy_headers": False,
    # Open progress streams would hold up the end for ever.
    "timeout_graceful_shutdown": 5,
}
"""How the application is to be served."""


class NoSingleSignOnError(StudioError):
    """A provider is set but what speaks to it is not installed."""

    hint = "Install it with: pip install 'brandstudio[oidc]'."


def build_app(studio: Studio, *, link_base: str, limits: Limits = DEFAULT_LIMITS) -> FastAPI:
    """The whole application; `link_base` is where browsers reach it: http://127.0.0.1:7860."""
    blocks = build_pages(studio)
    app = _behind_the_gate(studio, link_base, _page_heads(blocks), blocks, limits)
    return _mounted(app, blocks, studio)


def without_pages(studio: Studio, *, link_base: str, limits: Limits = DEFAULT_LIMITS) -> FastAPI:
    """Everything but Gradio: sign-in, REST and files behind the gate."""
    return _behind_the_gate(studio, link_base, {}, NoPages(), limits)


def _behind_the_gate(
    studio: Studio,
    link_base: str,
    heads: Mapping[str, str],
    pages: Pages,
    limits: Limits,
) -> FastAPI:
    settings = studio.settings
    site = Site.at(link_base, settings.public_url, settings.trusted_proxies)
    provider = [_elsewhere(studio, site, link_base)] if settings.oidc_issuer else []
    app = FastAPI(
        title="BrandStudio",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        routes=joined(
            _doors(),
            health.router(studio),
            password.router(studio, site),
            *provider,
            docs_page.router(),
            api.router(studio),
            files.router(studio),
        ).routes,
    )
    failures.install(app)
    app.mount("/static", GZipMiddleware(StaticFiles(directory=STATIC)), name="static")
    # The one added last is the outermost. Gradio answers cross-origin requests itself, and to
    # everyone, unless its parent has this middleware.
    app.add_middleware(StrictPages, pages=heads)
    app.add_middleware(CORSMiddleware, allow_origins=[link_base.rstrip("/")])
    paths = frozenset(heads)
    app.add_middleware(Gate, studio=studio, site=site, paths=paths, pages=pages, limits=limits)
    return app


def _elsewhere(studio: Studio, site: Site, link_base: str) -> APIRouter:
    try:
        from brandstudio.web.sign_in import oidc_routes  # noqa: PLC0415 - only where it is installed
    except ModuleNotFoundError as error:
        raise NoSingleSignOnError(f"Single sign-on needs '{error.name}'") from error
    return oidc_routes.router(studio, site, link_base)


def _page_heads(blocks: gr.Blocks) -> dict[str, str]:
    """Where the pages are, and what their heads load.

    Gradio redirects the address with a slash too many itself.
    """
    routes = [str(page[0]) for page in blocks.pages]
    others = {f"{STUDIO}/{route}": page_head(route) for route in routes if route}
    return {STUDIO: page_head("create"), f"{STUDIO}/": page_head("create")} | others


def _doors() -> APIRouter:
    """The addresses people try first."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    @needs(Action.SIGNED_IN)
    def start() -> Response:
        return RedirectResponse(f"{STUDIO}/", status_code=303)

    @routes.get("/favicon.ico")
    @needs(Beyond.NO_SIGN_IN)
    def favicon() -> Response:
        return FileResponse(STATIC / "icons" / "mark.svg", media_type="image/svg+xml")

    return routes


def _mounted(app: FastAPI, blocks: gr.Blocks, studio: Studio) -> FastAPI:
    """Gradio below /studio, with everything switched off that the pages do not need."""
    blocks.queue(api_open=False, max_size=200, default_concurrency_limit=8)
    blocks.delete_cache = (600, 3600)
    blocks.state_session_capacity = MAX_OPEN_PAGES
    settings = studio.settings
    closed = [settings.data_dir, settings.lora_dir, settings.presets_dir]
    with catch_warnings():
        # Gradio warns about server-side rendering of several pages even when it is switched off.
        filterwarnings("ignore", message="SSR mode is not supported")
        return gr.mount_gradio_app(  # pyright: ignore[reportUnknownMemberType]
            app,
            blocks,
            path=STUDIO,
            app_kwargs={"openapi_url": None},
            auth_dependency=_name_of,
            show_error=False,
            allowed_paths=[],
            blocked_paths=[str(path) for path in closed],
            max_file_size="1mb",
            footer_links=[],
            run_history=False,
            mcp_server=False,
            enable_monitoring=False,
            ssr_mode=False,
            pwa=False,
            theme=theme(),
        )


def _name_of(request: Request) -> str | None:
    """Whom Gradio shall take a request for: the person the gate found."""
    person = request.scope.get("state", {}).get("person")
    return person.name if person else None

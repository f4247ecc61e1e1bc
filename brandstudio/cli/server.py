"""serve and worker: the web server, and the process that draws."""

import logging
import os
import socket
import threading
from typing import Annotated

import typer

from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.users import new_link
from brandstudio.settings import Settings, read_settings

log = logging.getLogger(__name__)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 0,
) -> None:
    """Start the studio: the web server and its worker."""
    # Imported only now: the other commands must not wait for gradio.
    import uvicorn  # noqa: PLC0415

    from brandstudio.engines.local import LocalEngine  # noqa: PLC0415
    from brandstudio.web.server import build_app  # noqa: PLC0415

    _log_events()
    settings = _with_address(read_settings(), host, port)
    _require_free_port(settings)
    studio = build_studio(settings)
    base_url = settings.public_url or f"http://{_shown(settings.host)}:{settings.port}"
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(studio, link_base=base_url),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            # An access log would keep the one-time link's token.
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            # Open progress streams would hold up the end for ever.
            timeout_graceful_shutdown=5,
        )
    )
    engine = LocalEngine()
    engine.start()
    _greet(studio, base_url)
    try:
        server.run()
    finally:
        engine.stop()


def worker() -> None:
    """Draw what waits in the queue; `serve` starts one by itself."""
    # Imported only now: it loads torch, which the web server never needs.
    from brandstudio.cli.parts import build_worker  # noqa: PLC0415
    from brandstudio.engines.local import end_with_parent, stop_on_signal  # noqa: PLC0415
    from brandstudio.services.worker import work, worker_name  # noqa: PLC0415

    _log_events()
    stop = threading.Event()
    stop_on_signal(stop)
    end_with_parent(stop, on_orphaned=lambda: os._exit(0))
    studio = build_studio(read_settings())
    log.info("worker %s is ready", worker_name())
    work(build_worker(studio, worker_name(), stop))


class PortTakenError(StudioError):
    """Another program listens where the studio would."""

    hint = "Stop the other program, or choose another port: brandstudio serve --port 7861."


def _require_free_port(settings: Settings) -> None:
    # Asked before the worker starts, so that a second studio never leaves one behind.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            address = f"{settings.host}:{settings.port}"
            raise PortTakenError(f"Nothing can listen on {address}: {error.strerror}") from error


def _log_events() -> None:
    """Servers tell what they do; other libraries log every file they open, so they stay quiet."""
    logging.getLogger("brandstudio").setLevel(logging.INFO)


def _with_address(settings: Settings, host: str, port: int) -> Settings:
    changes = {"host": host or settings.host, "port": port or settings.port}
    return settings.model_copy(update=changes)


def _shown(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)


def _greet(studio: Studio, base_url: str) -> None:
    print(f"\n  BrandStudio is on {base_url}", flush=True)
    token = new_link(studio)
    if token:
        print(
            "\n  Nobody can sign in yet. Open this link once to become the administrator:"
            f"\n  {base_url}/welcome?token={token}\n",
            flush=True,
        )
    for (kind, slug), error in studio.catalogue.broken.items():
        log.warning("broken %s '%s': %s. %s", kind, slug, error, error.hint)

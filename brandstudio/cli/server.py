"""serve: the web server, and beside it what keeps the workers."""

import logging
import os
import socket
from typing import Annotated

import typer

from brandstudio.cli.address import served_at
from brandstudio.cli.workers import build_engine, log_events
from brandstudio.domain.access import Beyond, needs
from brandstudio.errors import StudioError
from brandstudio.services.people import links
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import NoTlsError, Settings, read_settings

log = logging.getLogger(__name__)


@needs(Beyond.MACHINE_ACCOUNT)
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 0,
) -> None:
    """Start the studio: the web server and its worker."""
    # Imported only now: the other commands must not wait for gradio.
    import uvicorn  # noqa: PLC0415

    from brandstudio.web.server import UVICORN, build_app  # noqa: PLC0415

    log_events()
    settings = _with_address(read_settings(), host, port)
    if settings.is_open_without_tls:
        raise NoTlsError(f"{settings.host}:{settings.port}")
    _require_free_port(settings)
    keep_gradio_apart(settings)
    studio = build_studio(settings)
    engine = build_engine(studio)
    with served_at(settings) as base_url:
        server = uvicorn.Server(
            uvicorn.Config(
                build_app(studio, link_base=base_url),
                host=settings.host,
                port=settings.port,
                **UVICORN,
            )
        )
        engine.start()
        _greet(studio, base_url)
        try:
            server.run()
        finally:
            engine.stop()


def keep_gradio_apart(settings: Settings) -> None:
    """Give Gradio a folder in the data folder; its own would lie in /tmp, where others can look."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str(settings.data_dir / "cache" / "gradio"))


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


def _with_address(settings: Settings, host: str, port: int) -> Settings:
    changes = {"host": host or settings.host, "port": port or settings.port}
    return settings.model_copy(update=changes)


def _greet(studio: Studio, base_url: str) -> None:
    print(f"\n  BrandStudio is on {base_url}", flush=True)
    token = links.first(studio)
    if token:
        print(
            "\n  Nobody can sign in yet. Open this link once to become the administrator:"
            f"\n  {base_url}/welcome?token={token}\n",
            flush=True,
        )
    for (kind, slug), error in studio.catalogue.broken.items():
        log.warning("broken %s '%s': %s. %s", kind, slug, error, error.hint)

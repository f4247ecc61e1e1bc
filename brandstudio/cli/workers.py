"""worker and foreman: the process that draws, and the one that keeps such processes on Ray."""

import logging
import os
import sys
import threading
from pathlib import Path

import typer

from brandstudio import logs
from brandstudio.domain.access import Beyond, needs
from brandstudio.engines import local
from brandstudio.engines.local import LocalEngine
from brandstudio.engines.ray import access
from brandstudio.engines.ray.actor import Job, Shift
from brandstudio.errors import StudioError
from brandstudio.services.operations import upkeep
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.work.workers import present, worker_name
from brandstudio.settings import go_offline, read_settings

log = logging.getLogger(__name__)

_FOREMAN = (sys.executable, "-m", "brandstudio", "foreman")
_LATE_S = 8.0
"""How long a worker that was told to end may take for its step before its batch is given back."""

_JOINED_S = 120.0
"""Ray itself may wait for ever for a cluster that this machine cannot take part in."""


def build_engine(studio: Studio) -> LocalEngine:
    """What keeps the workers: beside the server lives one worker, or Ray's foreman.

    Raises StudioError for what can never work; a head that is away is looked for again and again.
    """
    if not studio.settings.uses_ray:
        return LocalEngine(studio)
    access.require_set_up(studio)
    return LocalEngine(studio, command=_FOREMAN, what="foreman of Ray")


@needs(Beyond.MACHINE_ACCOUNT)
def worker() -> None:
    """Draw what waits in the queue; `serve` starts one by itself."""
    log_events()
    shift = Shift(restarts=int(os.environ.get(local.RESTARTS, "0")))
    local.stop_on_signal(shift.stop)
    local.end_with_parent(shift.stop)
    draw(build_studio(read_settings()), shift)


@needs(Beyond.MACHINE_ACCOUNT)
def foreman() -> None:
    """Keep workers on Ray; `serve` starts it by itself where BRANDSTUDIO_ENGINE asks for it."""
    log_events()
    over = threading.Event()
    local.end_with_parent(over)
    # What Ray starts has nobody but itself to end it when it hangs.
    os.environ.pop(local.PARENT, None)
    studio = build_studio(read_settings())
    access.require_usable(studio)
    access.prepare(studio)
    _set_noise_apart(studio.settings.data_dir / "ray.log")
    # Imported only now, and after what Ray reads of its environment is set.
    from brandstudio.engines.ray.cluster import RayEngine  # noqa: PLC0415

    engine = RayEngine(studio, JOB)
    try:
        with local.ended_after(_JOINED_S):
            engine.start()
    except StudioError as error:
        log.error("%s. %s", error, error.hint)  # noqa: TRY400 - expected: no traceback
        raise typer.Exit(1) from error
    # Only now: Ray has put its own in their place.
    local.stop_on_signal(over)
    over.wait()
    engine.stop()


def open_here() -> Studio:
    """The studio of this machine's environment, in a process that Ray has started."""
    go_offline()
    logs.set_up(os.environ.get("BRANDSTUDIO_LOG", "text"))
    log_events()
    return build_studio(read_settings())


def draw(studio: Studio, shift: Shift) -> None:
    """Run a worker on this machine until the shift is stopped."""
    name = worker_name()
    with present(studio, name, restarts=shift.restarts, instead_of=shift.instead_of):
        local.end_when_stuck(studio, name, shift.stop)
        _work(studio, name, shift.stop)


JOB = Job(open_here, draw)
"""What a process on any node of a cluster does."""


def _work(studio: Studio, name: str, stop: threading.Event) -> None:
    # Imported only now, and after the worker is known to start: it loads torch.
    from brandstudio.cli.local_worker import build_worker  # noqa: PLC0415
    from brandstudio.services.work.worker import give_back, work  # noqa: PLC0415

    built = build_worker(studio, name, stop)
    local.end_within(_LATE_S, stop, before=lambda: give_back(built))
    log.info("worker %s is ready", name)
    upkeep.start(studio, stop)
    work(built)


def _set_noise_apart(file: Path) -> None:
    """What Ray and its workers print goes to a file, begun anew; our own events stay on stderr."""
    own = os.fdopen(os.dup(2), "w", buffering=1)
    logs.set_up(os.environ.get("BRANDSTUDIO_LOG", "text"), own)
    noise = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(noise, 1)
    os.dup2(noise, 2)


def log_events() -> None:
    """Servers tell what they do; other libraries log every file they open, so they stay quiet."""
    logging.getLogger("brandstudio").setLevel(logging.INFO)

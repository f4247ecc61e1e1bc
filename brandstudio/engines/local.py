"""One worker process on this machine, kept alive beside the web server."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType

from brandstudio.engines.backoff import Patience
from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio
from brandstudio.services.work import workers

log = logging.getLogger(__name__)

RESTARTS = "BRANDSTUDIO_RESTARTS"
"""How often the supervisor has started the worker again, told to it in its environment."""

PARENT = "BRANDSTUDIO_PARENT_PID"
"""Who supervises a worker and ends it when it hangs, told to it in its environment."""

_WORKER = (sys.executable, "-m", "brandstudio", "worker")
_LOOK_EVERY_S = 5.0


class LocalEngine:
    """Starts the worker, again when it dies (after 1, 2, 4 … 60 s), and stops it at the end.

    A worker that holds work and does not get on with it is killed: its work is taken over by the
    next one, and given up by the queue when that happens again and again.
    """

    def __init__(
        self,
        studio: Studio,
        *,
        command: Sequence[str] = _WORKER,
        what: str = "worker",
        look_every_s: float = _LOOK_EVERY_S,
    ) -> None:
        self._studio, self._command, self._what = studio, command, what
        self._look_every_s = look_every_s
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start supervising; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to end and wait until it has."""
        self._over.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(timeout=20)

    def _supervise(self) -> None:
        patience = Patience()
        while not self._over.is_set():
            started_s = time.monotonic()
            self._process = self._started(patience.restarts)
            code = self._watched(self._process)
            if self._over.is_set():
                return
            wait_s = patience.after(time.monotonic() - started_s)
            log.warning("the %s ended with code %s; again in %.0f s", self._what, code, wait_s)
            self._tell(workers.worker_name(self._process.pid), patience.restarts, code)
            self._over.wait(wait_s)

    def _started(self, restarts: int) -> subprocess.Popen[bytes]:
        told = {PARENT: str(os.getpid()), RESTARTS: str(restarts)}
        return subprocess.Popen(self._command, env=os.environ | told)

    def _watched(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for the process to end; kill it when it hangs. Returns its exit code."""
        watch = workers.HangWatch(self._studio, workers.worker_name(process.pid))
        while True:
            try:
                return process.wait(timeout=self._look_every_s)
            except subprocess.TimeoutExpired:
                if hangs(watch):
                    log.warning("worker %s made no step for too long and is killed", process.pid)
                    process.kill()

    def _tell(self, name: str, restarts: int, code: int) -> None:
        try:
            workers.restarting(self._studio, name, restarts, f"It ended with code {code}")
        except StudioError as error:
            log.warning("the restart could not be recorded: %s", error)


def hangs(watch: workers.HangWatch) -> bool:
    """Whether the worker hangs; a database that does not answer proves nothing."""
    try:
        return watch.sees_it_hang()
    except StudioError as error:
        log.warning("nobody can tell how the worker fares: %s", error)
        return False


def end_when_stuck(studio: Studio, name: str, stop: threading.Event) -> None:
    """Kill this very process when it hangs: for a worker that nobody supervises."""
    if os.environ.get(PARENT):
        return

    hang_watch = workers.HangWatch(studio, name)

    def watch() -> None:
        while not stop.wait(_LOOK_EVERY_S):
            if hangs(hang_watch):
                os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="hang watch", daemon=True).start()


def end_within(seconds: float, stop: threading.Event, before: Callable[[], None]) -> None:
    """End this process so long after it was told to stop, however long its current step takes."""

    def end_late() -> None:
        stop.wait()
        time.sleep(seconds)
        try:
            before()
        finally:
            os._exit(0)

    threading.Thread(target=end_late, name="late end", daemon=True).start()


@contextmanager
def ended_after(seconds: float) -> Generator[None, None, None]:
    """End this process when what is inside takes longer: for calls that may never return."""

    def end() -> None:
        log.error("nothing happened for %.0f s; this process ends", seconds)
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def stop_on_signal(stop: threading.Event) -> None:
    """Let SIGTERM and SIGINT end this process's loop after the current step."""

    def set_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_stop)


def end_with_parent(stop: threading.Event) -> None:
    """Stop when the server that started this worker is gone, however it went."""
    parent = os.environ.get(PARENT)
    if not parent:
        return

    def watch() -> None:
        while not stop.wait(2.0):
            if os.getppid() != int(parent):
                stop.set()

    threading.Thread(target=watch, name="parent watch", daemon=True).start()

"""One worker process on this machine, kept alive beside the web server."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType

log = logging.getLogger(__name__)

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0


class LocalEngine:
    """Starts the worker, again when it dies (after 1, 2, 4 … 60 s), and stops it at the end."""

    def __init__(self) -> None:
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
        wait_s = _FIRST_WAIT_S
        while not self._over.is_set():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "brandstudio", "worker"],
                env=os.environ | {"BRANDSTUDIO_PARENT_PID": str(os.getpid())},
            )
            code = self._process.wait()
            if self._over.is_set():
                return
            log.warning("the worker ended with code %s; starting again in %.0f s", code, wait_s)
            self._over.wait(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)


def stop_on_signal(stop: threading.Event) -> None:
    """Let SIGTERM and SIGINT end this process's loop after the current step."""

    def set_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_stop)


def end_with_parent(stop: threading.Event, on_orphaned: Callable[[], None]) -> None:
    """Stop when the server that started this worker is gone, however it went."""
    parent = os.environ.get("BRANDSTUDIO_PARENT_PID")
    if not parent:
        return

    def watch() -> None:
        while not stop.wait(2.0):
            if os.getppid() != int(parent):
                stop.set()
                on_orphaned()

    threading.Thread(target=watch, name="parent watch", daemon=True).start()

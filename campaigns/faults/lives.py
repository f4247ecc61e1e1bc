"""Processes that are forked from one that has everything loaded, and how each of them ends.

Importing torch takes seconds, forking a process that has done so takes none: so a thousand deaths
fit into some minutes. The process that forks has one thread and no open connection.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from campaigns.faults.fuses import Fuse

OUTSIDE = "from outside"
LONGEST_S = 6.0
"""A point that is never come to ends in a kill from outside."""
_SIGNALS = {signal.SIGCHLD}
_ENDS: list[int] = []


@dataclass(frozen=True, slots=True)
class Fate:
    """How a process is to die: at a point of its own, or after so many seconds, or never."""

    point: str = ""
    skip: int = 0
    life_s: float = float("inf")

    @classmethod
    def drawn(cls, points: tuple[str, ...], dice: Random) -> "Fate":
        """Every third from outside, the others at a point."""
        if dice.random() < 1 / 3:
            return cls(OUTSIDE, 0, dice.uniform(0.0, 2.0))
        # Most points come often: the first time they come is not the only one that matters.
        return cls(dice.choice(points), int(dice.expovariate(0.4)), LONGEST_S)

    @property
    def is_death(self) -> bool:
        return bool(self.point)

    def fuse(self) -> Fuse:
        return Fuse(self.point, self.skip)


@dataclass(slots=True)
class Life:
    """One process, and what became of it."""

    kind: str
    pid: int
    fate: Fate
    due_s: float
    killed_from_outside: bool = False

    @property
    def died_at(self) -> str:
        return OUTSIDE if self.killed_from_outside else self.fate.point

    def kill(self) -> None:
        self.killed_from_outside = True
        os.kill(self.pid, signal.SIGKILL)


def watch_for_deaths() -> None:
    """Let deaths wait until they are asked for, instead of interrupting."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    # Whoever is forked hears its end when this process is gone, however it went.
    _ENDS.extend(os.pipe())


def start(kind: str, fate: Fate, work: Callable[[Fuse], None], log: Path) -> Life:
    """Fork a process that works until its fate."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _live(fate, work, log)
    return Life(kind, pid, fate, time.monotonic() + fate.life_s)


def next_death(lives: list[Life], patience_s: float) -> Life | None:
    """Whoever has died, not yet buried; kills who is due. None when nobody died for so long."""
    deadline = time.monotonic() + patience_s
    while True:
        now = time.monotonic()
        for life in lives:
            if life.due_s <= now and not life.killed_from_outside:
                life.kill()
        dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if dead is not None:
            return next(life for life in lives if life.pid == dead.si_pid)
        if now >= deadline:
            return None
        next_due_s = min((li.due_s for li in lives if not li.killed_from_outside), default=deadline)
        signal.sigtimedwait(_SIGNALS, max(0.0, min(next_due_s, deadline) - now))


def bury(life: Life) -> int:
    """Let the process's number go; until then nobody takes it for gone. Returns its exit code."""
    _, status = os.waitpid(life.pid, 0)
    return os.waitstatus_to_exitcode(status)


def _live(fate: Fate, work: Callable[[Fuse], None], log: Path) -> None:
    """Never returns: what the parent was about to do is not for its child."""
    code = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        with log.open("ab") as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
        _end_with_parent()
        work(fate.fuse())
        code = 0
    except BaseException:  # a process ends here, and must say why
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_with_parent() -> None:
    reader, writer = _ENDS
    os.close(writer)

    def wait() -> None:
        os.read(reader, 1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()

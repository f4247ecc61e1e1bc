"""Worker processes: heartbeat, state, and the line about them on the pages."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from brandstudio.domain.access import STUDIO, Action, require
from brandstudio.domain.lease import HEARTBEAT_S, WorkerRecord, WorkerState
from brandstudio.domain.people import Person
from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio
from brandstudio.services.work.disk_reserve import disk_reserve
from brandstudio.storage.engine.clocks import Clock, boot_id, lease_clock
from brandstudio.storage.work import leases, workers

log = logging.getLogger(__name__)

_NO_WORKER = "No generator is running; what is asked for waits until one is started."
_SAID = {
    WorkerState.STARTING: "The generator is starting…",
    WorkerState.IDLE: "",
    WorkerState.DRAWING: "",
}


def every(studio: Studio, *, person: Person) -> tuple[WorkerRecord, ...]:
    """All worker processes that are known, for administrators."""
    require(person, Action.SEE_WORKERS, STUDIO)
    with studio.database.reading() as session:
        return workers.every(session)


def said_of_the_generator(studio: Studio, clock: Clock = lease_clock) -> str:
    """One line for whoever waits for images; empty when all is well."""
    paused = disk_reserve(studio).sentence
    if paused:
        return paused
    with studio.database.reading() as session:
        moment, records = clock(session), workers.every(session)
    heard = [w for w in records if w.state is not WorkerState.STOPPED and w.is_heard(moment)]
    if not heard:
        return _NO_WORKER
    return min((_sentence(worker) for worker in heard), key=len)


def worker_name(pid: int | None = None) -> str:
    """What a process of this machine, this one unless another is named, is called on its rows."""
    return f"{_host()}:{os.getpid() if pid is None else pid}"


def is_gone(name: str, of_boot: str | None = None) -> bool:
    """Whether the worker of that name certainly lives no more; elsewhere nobody can tell."""
    host, _, pid = name.rpartition(":")
    if host != _host() or not pid.isdecimal():
        return False
    return of_boot not in {None, boot_id()} or not _is_process(int(pid))


@contextmanager
def present(
    studio: Studio,
    name: str,
    *,
    restarts: int = 0,
    instead_of: str = "",
    clock: Clock = lease_clock,
) -> Generator[None, None, None]:
    """Register as a worker and beat in a thread: a step may take longer than a lease.

    `instead_of` names a worker, of another machine perhaps, that this one takes the place of.
    """
    _enter(studio, name, restarts, clock, instead_of)
    over = threading.Event()
    thread = threading.Thread(
        target=_beat, args=(studio, name, clock, over), name="heartbeat", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        set_state(studio, name, WorkerState.STOPPED, clock)


def ready(studio: Studio, name: str, device: str, clock: Clock = lease_clock) -> None:
    """Record that the worker waits for work, and on what it draws."""
    with studio.database.claiming() as session:
        workers.runs_on(session, name, device)
    set_state(studio, name, WorkerState.IDLE, clock)


def set_state(studio: Studio, name: str, state: WorkerState, clock: Clock = lease_clock) -> None:
    """Record that the worker does something else now."""
    patience_s = studio.settings.load_timeout_s
    with studio.database.claiming() as session:
        workers.set_state(session, name, state, clock(session), patience_s, studio.now())


class HangWatch:
    """Detects a worker that has work and makes no progress.

    Measured from look to look on this process's own clock, which stands still while the machine
    sleeps: a laptop that wakes up is no reason to kill anybody.
    """

    def __init__(
        self, studio: Studio, name: str, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._studio, self._name, self._now_s = studio, name, now_s
        self._moved_s, self._since_s = -1.0, now_s()

    def sees_it_hang(self) -> bool:
        """Whether the worker is busy and has made no progress for longer than its patience."""
        with self._studio.database.reading() as session:
            worker = workers.find(session, self._name)
        if worker is None or not worker.is_busy or worker.moved_s != self._moved_s:
            self._moved_s = worker.moved_s if worker else -1.0
            self._since_s = self._now_s()
            return False
        return self._now_s() - self._since_s > worker.patience_s


def restarting(studio: Studio, name: str, restarts: int, error: str) -> None:
    """Record that a worker died and the next one is about to be started."""
    with studio.database.claiming() as session:
        moment = lease_clock(session)
        workers.restarting(session, name, restarts, error, moment, studio.now())


def lost(studio: Studio, name: str, restarts: int, error: str, *, to_blame: bool) -> None:
    """Let everything wait again that a worker held which whoever kept it has lost.

    `to_blame` is whether what it drew may have been the reason. Should it live on unseen, behind a
    broken network, its leases are void and what it finishes is thrown away.
    """
    with studio.database.claiming() as session:
        at = studio.now()
        leases.take_back(session, [name], at, deaths=int(to_blame))
        workers.restarting(session, name, restarts, error, lease_clock(session), at)


def _enter(studio: Studio, name: str, restarts: int, clock: Clock, instead_of: str = "") -> None:
    with studio.database.claiming() as session:
        moment = clock(session)
        records = workers.every(session)
        gone = {w.name for w in records if is_gone(w.name, w.boot_id)}
        workers.forget(session, gone | {instead_of})
        host, _, pid = name.rpartition(":")
        workers.enter(
            session,
            WorkerRecord(
                name=name,
                host=host,
                pid=int(pid),
                boot_id=boot_id(),
                device=studio.settings.device,
                state=WorkerState.STARTING,
                since=studio.now(),
                restarts=restarts,
                last_error=records[0].last_error if records and restarts else "",
                clock=moment.clock,
                beat_s=moment.s,
                moved_s=moment.s,
                patience_s=studio.settings.load_timeout_s,
            ),
        )


def _beat(studio: Studio, name: str, clock: Clock, over: threading.Event) -> None:
    while not over.wait(HEARTBEAT_S):
        try:
            with studio.database.claiming() as session:
                moment = clock(session)
                workers.beat(session, name, moment)
                leases.beat(session, name, moment, studio.now())
        except StudioError as error:
            log.warning("worker %s: no heartbeat: %s", name, error)


def _sentence(worker: WorkerRecord) -> str:
    if worker.state is WorkerState.STARTING and worker.restarts:
        return f"The generator is restarting (attempt {worker.restarts + 1})…"
    return _SAID[worker.state]


def _host() -> str:
    return socket.gethostname()[:40]


def _is_process(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

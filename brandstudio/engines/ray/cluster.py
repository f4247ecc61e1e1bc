"""Workers as named actors of a Ray cluster: Ray places them, the queue stays in the database.

Importing this loads ray, so it happens in a process of its own (`brandstudio foreman`): Ray ends
every process that is connected to it when its head is gone for a minute.
"""

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import (
    ActorAlreadyExistsError,
    ActorUnavailableError,
    RayActorError,
    RayError,
)

from brandstudio.engines.backoff import Patience
from brandstudio.engines.ray.access import ClusterError, UnfitWorkerError
from brandstudio.engines.ray.actor import Introduction, Job, WorkerActor
from brandstudio.engines.ray.node import begin, first_line, join
from brandstudio.errors import StudioError
from brandstudio.services.operations.same_setup import require_same, setup_of
from brandstudio.services.studio import Studio
from brandstudio.services.work import workers

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_PLACED_S = 30.0
_END_S = 12.0
"""How long a worker that was told to end may take: longer than it takes by itself."""


class OverError(Exception):
    """The engine was told to stop; never seen by a person."""


class RayEngine:
    """Keeps so many workers on a cluster, each a named actor, until it is stopped.

    An actor that is gone is made again after 1, 2, 4 … 60 s, wherever Ray has room for it, and the
    queue is told at once, so that nobody waits for the end of a lease.
    """

    def __init__(self, studio: Studio, job: Job) -> None:
        self._studio, self._job = studio, job
        self._over = threading.Event()
        self._folder = ""
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Connect, and keep workers from now on; raises StudioError when that cannot be done."""
        settings = self._studio.settings
        if settings.ray_address:
            join(self._studio)
        else:
            self._begin()
        gpus = _gpus(settings.ray_gpus, is_cluster=bool(settings.ray_address))
        for number in range(1, settings.ray_workers + 1):
            place = _Place(self._studio, self._job, f"worker-{number}", gpus, self._over)
            thread = threading.Thread(target=place.keep, name=place.name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Let every worker give back what it holds, end them, and leave the cluster."""
        self._over.set()
        deadline_s = time.monotonic() + _END_S + 2
        for thread in self._threads:
            thread.join(timeout=max(0.0, deadline_s - time.monotonic()))
        ray.shutdown()
        self._tidy()

    def _begin(self) -> None:
        """Start a cluster of this machine alone, which nobody outside it can reach."""
        # Short and private: Ray puts sockets there, whose paths may have 107 letters.
        self._folder = tempfile.mkdtemp(prefix="bst-ray-")
        try:
            begin(self._folder, max(os.cpu_count() or 1, self._studio.settings.ray_workers))
        except ClusterError:
            self._tidy()
            raise

    def _tidy(self) -> None:
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


class _Place:
    """One named actor, and the next one whenever it is gone."""

    def __init__(
        self, studio: Studio, job: Job, name: str, gpus: float, over: threading.Event
    ) -> None:
        self.name = name
        self._studio, self._job, self._gpus, self._over = studio, job, gpus, over
        self._patience = Patience()
        self._worker = ""  # the name on the rows of the worker that lives, or lived last

    def keep(self) -> None:
        """Make it, watch it, and make it again, until the engine stops."""
        while not self._over.is_set():
            started_s, end = time.monotonic(), None
            try:
                end = self._life()
                reason = end.reason
            except OverError:
                return
            except (StudioError, RayError) as error:
                reason = f"{first_line(error)}. {getattr(error, 'hint', '')}".strip()
            wait_s = self._patience.after(time.monotonic() - started_s)
            log.warning("%s: %s Starting again in %.0f s", self.name, reason, wait_s)
            if end:
                self._tell(end)
            self._over.wait(wait_s)

    def _life(self) -> "End":
        """From making the actor to its end; raises OverError when told to."""
        actor = self._made()
        try:
            node = self._greeted(actor)
            self._answer(actor.draw.remote)
            return self._drawn(actor, node)
        finally:
            with suppress(RayError, ValueError):
                ray.kill(actor)

    def _tell(self, end: "End") -> None:
        restarts, worker = self._patience.restarts, self._worker
        try:
            workers.lost(self._studio, worker, restarts, end.reason, to_blame=end.is_to_blame)
        except StudioError as error:
            log.warning("%s: what it held waits for the end of its lease: %s", self.name, error)

    def _made(self) -> Any:
        """A new actor of that name, once the one before and those of other servers are gone."""
        remote: Any = ray.remote(WorkerActor)
        actor = remote.options(
            name=self.name,
            num_cpus=1,
            num_gpus=self._gpus,
            max_restarts=0,
            scheduling_strategy="SPREAD",
        )
        taken_s = time.monotonic()
        is_told = False
        while True:
            try:
                return actor.remote(self._job, self._patience.restarts, self._worker)
            except ActorAlreadyExistsError:
                self._rest()
            if not is_told and time.monotonic() - taken_s > _PLACED_S:
                is_told = True
                log.info("%s is kept by another web server; this one stands by", self.name)

    def _greeted(self, actor: Any) -> str:
        """The node the actor is on, once it is known to draw for this very studio."""
        introduction: Introduction = self._answer(actor.introduce.remote, self._tell_of_waiting)
        if introduction.setup is None:
            raise UnfitWorkerError(introduction.name, introduction.problem)
        here = setup_of(self._studio)
        try:
            require_same(here, introduction.setup)
        except StudioError as error:
            raise UnfitWorkerError(introduction.name, f"{error}. {error.hint}") from error
        self._worker = introduction.name
        log.info("%s is %s", self.name, introduction.name)
        return introduction.node

    def _drawn(self, actor: Any, node: str) -> "End":
        try:
            while (reason := self._answer(actor.ended.remote)) is None:
                self._rest()
        except OverError:
            self._end(actor)
            raise
        except RayActorError:
            if _is_alive(node):
                return End("Its process died.", is_to_blame=True)
            return End("Its machine is gone.", is_to_blame=False)
        return End(reason, is_to_blame=False)

    def _end(self, actor: Any) -> None:
        """Let the worker end by itself, so that it gives back what it holds."""
        deadline_s = time.monotonic() + _END_S
        try:
            ray.get(actor.stop.remote(), timeout=_END_S)
            while time.monotonic() < deadline_s:
                if ray.get(actor.ended.remote(), timeout=_END_S) is not None:
                    return
                time.sleep(_LOOK_EVERY_S / 5)
        except RayError as error:
            log.info("%s ended: %s", self.name, first_line(error))

    def _answer(self, ask: Callable[[], Any], waiting: Callable[[], None] | None = None) -> Any:
        """What the actor answers, asked again when the connection broke for a moment.

        Raises RayActorError when the actor is gone, OverError when the engine stops meanwhile.
        """
        reference, asked_s = ask(), time.monotonic()
        while True:
            ready, _ = ray.wait([reference], timeout=_LOOK_EVERY_S)
            if self._over.is_set():
                raise OverError
            if ready:
                try:
                    return ray.get(reference)
                except ActorUnavailableError:
                    self._rest()
                    reference = ask()
            elif waiting and time.monotonic() - asked_s > _PLACED_S:
                waiting()
                waiting = None

    def _rest(self) -> None:
        if self._over.wait(_LOOK_EVERY_S):
            raise OverError

    def _tell_of_waiting(self) -> None:
        free = ray.available_resources()
        log.warning(
            "%s has no place yet: it needs 1 CPU and %g GPU; free in the cluster are %g and %g",
            self.name, self._gpus, free.get("CPU", 0), free.get("GPU", 0),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class End:
    """How a worker that drew came to its end, and whether what it drew may have been the reason."""

    reason: str
    is_to_blame: bool


def _gpus(wanted: float | None, *, is_cluster: bool) -> float:
    """Cards for each worker. On a cluster whose cards may come later, one unless said otherwise."""
    if wanted is not None:
        return wanted
    return 1.0 if is_cluster else min(1.0, ray.cluster_resources().get("GPU", 0.0))


def _is_alive(node: str) -> bool:
    return any(known["NodeID"] == node and known["Alive"] for known in ray.nodes())

"""The process that Ray keeps on a node: one worker, in the environment of that node."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from brandstudio.errors import StudioError
from brandstudio.services.operations.same_setup import Setup, setup_of
from brandstudio.services.studio import Studio
from brandstudio.services.work.workers import worker_name

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shift:
    """One life of a worker: when to end, which start it is, and whose place it takes."""

    restarts: int = 0
    instead_of: str = ""
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker does. Both are functions that every node can import by name.

    `open` makes a studio of the node's own environment, so that no secret goes through Ray; `draw`
    works until the shift is stopped.
    """

    open: Callable[[], Studio]
    draw: Callable[[Studio, Shift], None]


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a worker says of itself before it may draw; `problem` is a sentence with its way out."""

    name: str
    node: str
    setup: Setup | None
    problem: str = ""


class WorkerActor:
    """The named actor. Its calls return at once; the worker draws in a thread beside them."""

    def __init__(self, job: Job, restarts: int, instead_of: str) -> None:
        self._job, self._shift = job, Shift(restarts, instead_of)
        self._studio: Studio | None = None
        self._thread: threading.Thread | None = None
        self._reason: str | None = None

    def introduce(self) -> Introduction:
        """Open the studio of this node and say which one that is."""
        try:
            self._studio = self._studio or self._job.open()
            return Introduction(worker_name(), _node(), setup_of(self._studio))
        except StudioError as error:
            return Introduction(worker_name(), _node(), None, f"{error}. {error.hint}")

    def draw(self) -> None:
        """Begin to draw; does nothing when it has begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="worker")
            self._thread.start()

    def ended(self) -> str | None:
        """None while the worker draws, and then why it no longer does."""
        return self._reason

    def stop(self) -> None:
        """Let the worker end after its current step."""
        self._shift.stop.set()

    def _work(self) -> None:
        reason = "It ended."
        try:
            assert self._studio is not None
            self._job.draw(self._studio, self._shift)
        except StudioError as error:
            reason = f"{error}. {error.hint}"
        except Exception as error:  # outermost: what ended it is told, and it is started afresh
            log.exception("the worker met an unexpected failure")
            reason = f"It met an unexpected {type(error).__name__}."
        finally:
            self._reason = reason


def _node() -> str:
    # Imported only now: the functions of a job are named by processes that never load ray.
    import ray  # noqa: PLC0415

    return ray.get_runtime_context().get_node_id()

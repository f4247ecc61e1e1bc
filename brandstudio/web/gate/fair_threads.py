"""A bounded thread pool with one running job per person."""

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread

from brandstudio.domain.people import Person
from brandstudio.errors import StudioError

MAX_WAITING = 4
"""How many jobs of one person may usually wait."""
T = TypeVar("T")


class TooMuchWaitingError(StudioError):
    """A person has as many jobs waiting as one person may."""

    status = 429
    hint = "Nothing was begun. Wait until it is done, then ask again."
    wait_s = 5

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} things that you asked for wait for their turn already")


class FairThreads:
    """Runs at most `at_once` jobs, one per person; at most `waiting` more of each may wait.

    Whoever waits, waits here and not in one of the threads that serve the pages.
    """

    def __init__(self, at_once: int, waiting: int = MAX_WAITING) -> None:
        self._all, self._waiting = CapacityLimiter(at_once), waiting
        # An entry goes when nobody of that person works or waits any more.
        self._limiter_of: WeakValueDictionary[int, CapacityLimiter] = WeakValueDictionary()

    async def take(self, person: Person, work: Callable[[], T]) -> T:
        """Do the work in a thread once it is the person's turn, or TooMuchWaitingError."""
        limiter = self._limiter_of.setdefault(person.id, CapacityLimiter(1))
        if limiter.statistics().tasks_waiting >= self._waiting:
            raise TooMuchWaitingError(self._waiting)
        async with limiter:
            return await to_thread.run_sync(work, limiter=self._all)

"""Slow work has threads of its own, and nobody's slow work is everybody's wait."""

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread

from brandstudio.domain.people import Person

T = TypeVar("T")


class FairTurns:
    """So many at a time in all, and of each person one.

    Whoever waits, waits here and not in one of the threads that serve the pages.
    """

    def __init__(self, at_once: int) -> None:
        self._all = CapacityLimiter(at_once)
        # An entry goes when nobody of that person works or waits any more.
        self._own: WeakValueDictionary[int, CapacityLimiter] = WeakValueDictionary()

    async def take(self, person: Person, work: Callable[[], T]) -> T:
        """Do the work in a thread once it is the person's turn."""
        own = self._own.setdefault(person.id, CapacityLimiter(1))
        async with own:
            return await to_thread.run_sync(work, limiter=self._all)

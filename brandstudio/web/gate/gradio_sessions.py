"""Which person a browser's Gradio session belongs to: the first one to name it."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from threading import Lock

MAX_CLAIMS = 10_000
MAX_OF_ONE = 100
"""Pages of one person that are still known; whoever opens more loses their own oldest alone."""


class GradioSessions:
    """A bounded table of Gradio session hashes; the longest unused ones are forgotten."""

    def __init__(
        self,
        on_forget: Callable[[str], None],
        *,
        limit: int = MAX_CLAIMS,
        limit_of_one: int = MAX_OF_ONE,
    ) -> None:
        self._owners: OrderedDict[str, int] = OrderedDict()
        self._of: defaultdict[int, OrderedDict[str, None]] = defaultdict(OrderedDict)
        self._on_forget, self._limit, self._limit_of_one = on_forget, limit, limit_of_one
        self._lock = Lock()

    def claim(self, session_hash: str, person_id: int) -> bool:
        """Whether the session is this person's; a session nobody named before becomes theirs."""
        with self._lock:
            if self._owners.setdefault(session_hash, person_id) != person_id:
                return False
            sessions = self._of[person_id]
            sessions[session_hash] = None
            sessions.move_to_end(session_hash)
            self._owners.move_to_end(session_hash)
            if len(sessions) > self._limit_of_one:
                self._forget(next(iter(sessions)))
            elif len(self._owners) > self._limit:
                self._forget(next(iter(self._owners)))
        return True

    def __len__(self) -> int:
        return len(self._owners)

    def _forget(self, session_hash: str) -> None:
        owner = self._owners.pop(session_hash)
        del self._of[owner][session_hash]
        if not self._of[owner]:
            del self._of[owner]
        self._on_forget(session_hash)

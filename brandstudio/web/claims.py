"""Which person a browser's Gradio session belongs to: the first one to name it."""

from collections import OrderedDict
from threading import Lock

MAX_CLAIMS = 10_000


class Claims:
    """A bounded table of Gradio session hashes; the longest unused ones are forgotten."""

    def __init__(self, limit: int = MAX_CLAIMS) -> None:
        self._owners: OrderedDict[str, int] = OrderedDict()
        self._limit, self._lock = limit, Lock()

    def claim(self, session_hash: str, person_id: int) -> bool:
        """Whether the session is this person's; a session nobody named before becomes theirs."""
        with self._lock:
            owner = self._owners.setdefault(session_hash, person_id)
            self._owners.move_to_end(session_hash)
            if len(self._owners) > self._limit:
                self._owners.popitem(last=False)
        return owner == person_id

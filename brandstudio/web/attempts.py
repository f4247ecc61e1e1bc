"""How often signing in may fail before it must wait; in memory, so one web process per studio."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from brandstudio.errors import StudioError

WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 5, 20
_MAX_KEYS = 20_000


class TooManyAttemptsError(StudioError):
    """Signing in failed too often for this account, or from this address."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many attempts to sign in")
        self.wait_s = max(int(wait.total_seconds()) + 1, 1)
        minutes = -(-self.wait_s // 60)
        self.hint = f"Wait {minutes} {'minute' if minutes == 1 else 'minutes'}, then try again."


@dataclass(slots=True)
class Attempts:
    """Failures of the last quarter of an hour, by account and by address."""

    now: Callable[[], datetime]
    _failures: dict[str, deque[datetime]] = field(default_factory=dict[str, deque[datetime]])
    _lock: Lock = field(default_factory=Lock)

    def begin(self, account: str, address: str) -> None:
        """Count an attempt as failed until `succeeded` says otherwise, or TooManyAttemptsError.

        Counting first means that a hundred guesses at once are a hundred guesses.
        """
        limits = _limits(account, address)
        with self._lock:
            now = self.now()
            self._forget_old(now)
            for key, limit in limits.items():
                failures = self._failures.get(key, deque())
                if len(failures) >= limit:
                    raise TooManyAttemptsError(failures[0] + WINDOW - now)
            for key in limits:
                self._failures.setdefault(key, deque()).append(now)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the account's failures, and this attempt at its address."""
        by_account, by_address = _limits(account, address)
        with self._lock:
            self._failures.pop(by_account, None)
            if self._failures.get(by_address):
                self._failures[by_address].pop()

    def _forget_old(self, now: datetime) -> None:
        for key, failures in list(self._failures.items()):
            while failures and failures[0] + WINDOW <= now:
                failures.popleft()
            if not failures:
                del self._failures[key]
        while len(self._failures) > _MAX_KEYS:
            del self._failures[next(iter(self._failures))]


def _limits(account: str, address: str) -> dict[str, int]:
    return {f"account {account.casefold()}": PER_ACCOUNT, f"address {address}": PER_ADDRESS}

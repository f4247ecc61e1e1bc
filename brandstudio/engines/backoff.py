"""How long to wait before something that died is started again."""

from dataclasses import dataclass

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_HEALTHY_S = 600.0


@dataclass
class Patience:
    """Counts deaths in a row: 1, 2, 4 … 60 s between them, anew after one that lived for long."""

    restarts: int = 0

    def after(self, lived_s: float) -> float:
        """Count one more death; returns the seconds to wait."""
        self.restarts = 1 if lived_s > _HEALTHY_S else self.restarts + 1
        return min(_FIRST_WAIT_S * 2 ** min(self.restarts - 1, 16), _LONGEST_WAIT_S)

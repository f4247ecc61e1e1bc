"""One result file for all parts: each part replaces its own figures and leaves the others alone."""

import fcntl
import json
import os
import platform
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "faults.json"


@dataclass(frozen=True, slots=True)
class Options:
    """How often a part tries, and its dice; `count` None means the part's own default."""

    count: int | None
    seed: int

    @classmethod
    def of(cls, *, count: int | None = None, seed: int | None = None) -> "Options":
        """A seed is drawn unless one is given: it is printed, so that a failure can be repeated."""
        return cls(count, secrets.randbelow(2**32) if seed is None else seed)


def measured(
    measure: Callable[[Options], dict[str, object]], options: Options
) -> dict[str, object]:
    """The figures of one part with what anybody needs to compare them."""
    load, started = os.getloadavg()[0], time.perf_counter()
    figures = measure(options)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": options.seed,
        "seconds": round(time.perf_counter() - started, 1),
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
        "python": platform.python_version(),
        **figures,
    }


def keep(part: str, figures: dict[str, object], result: Path = RESULT) -> None:
    """Merge one part into the result file; two parts may end in the same moment."""
    result.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(result.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        known: dict[str, object] = json.loads(result.read_text()) if result.is_file() else {}
        new = result.with_suffix(".new")
        new.write_text(json.dumps({**known, part: figures}, indent=2, sort_keys=True) + "\n")
        new.replace(result)
    finally:
        os.close(folder)

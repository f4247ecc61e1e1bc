"""kill -9 of the web server and of workers while people ask for images and decide on them.

Two workers draw real images with the shipped model, a server answers three people, each process
dies at a named point or at any moment, and the next one takes its place at once. What was answered
must be there afterwards, every variant once and as if nothing had happened, and no file too many.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from statistics import median, quantiles

from campaigns.faults import lives
from campaigns.faults.epochs import POINTS, Epoch, Stage
from campaigns.report import Options

DEFAULT = 1000
MUST_BE_NONE = (
    "lost_runs", "doubled_runs", "lost_decisions", "untold_decisions", "refused_but_stored",
    "missing_variants", "doubled_variants", "unfinished_runs", "unranked", "missing_files",
    "unequal_files", "orphans", "parts", "unsound", "chain_faults", "drifted", "crashed",
    "errors_of_the_server", "unexplained_failures",
)  # fmt: skip
_EPOCH, _BATCHES = 250, (1, 4)


def measure(options: Options) -> dict[str, object]:
    """Kill so many of each, in one studio after the other; what was lost (nothing), and where."""
    count, dice = options.count or DEFAULT, Random(options.seed)
    tally, died, taken_over_s = Counter[str](), Counter[str](), list[float]()
    lives.watch_for_deaths()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        stage = Stage(Path(folder))
        epochs = max(1, round(count / _EPOCH))
        for number in range(epochs):
            share = count * (number + 1) // epochs - count * number // epochs
            batch_size = _BATCHES[number % len(_BATCHES)]
            found = Epoch(stage, number, batch_size, Random(dice.getrandbits(32))).lived(share)
            tally, died = tally + found.tally, died + found.died
            taken_over_s += found.taken_over_s
            print(f"  {sum(died.values())} kills: {dict(tally)}", file=sys.stderr, flush=True)
    return {
        "kills": sum(died.values()),
        **{f"kills_of_{kind}": _of(kind, died) for kind in POINTS},
        **{name: tally.pop(name, 0) for name in MUST_BE_NONE},
        **dict(sorted(tally.items())),
        **_taken_over(taken_over_s),
        "killed_at": dict(sorted(died.items())),
    }


def _of(kind: str, died: Counter[str]) -> int:
    return sum(count for name, count in died.items() if name.startswith(f"{kind}: "))


def _taken_over(seconds: list[float]) -> dict[str, object]:
    if len(seconds) < 2:
        return {}
    return {
        "taken_over_p50_s": round(median(seconds), 2),
        "taken_over_p95_s": round(quantiles(seconds, n=20)[-1], 2),
        "taken_over_max_s": round(max(seconds), 2),
    }


if __name__ == "__main__":
    # For the test suite: a few kills, and nothing is written into the results.
    json.dump(measure(Options.of(count=int(sys.argv[1]), seed=int(sys.argv[2]))), sys.stdout)

"""`python -m campaigns.abuse PART [--count N] [--seed S]`: try one part, keep its figures."""

import argparse
import json
from importlib import import_module
from pathlib import Path

from campaigns.report import Options, keep, measured

PARTS = ("forms", "bodies", "safetensors", "prompts", "streams")
"""Each is a module of this package with `measure(options: Options) -> dict[str, object]`."""
RESULT = Path(__file__).parent.parent / "results" / "abuse.json"


def main() -> None:
    """Run one part, print its figures and merge them into the result file."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.abuse", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--count", type=int, default=None, help="how often; each part has its own")
    parser.add_argument("--seed", type=int, default=None, help="repeats a run's dice")
    chosen = parser.parse_args()
    options = Options.of(count=chosen.count, seed=chosen.seed)
    print(f"{chosen.part}: seed {options.seed}", flush=True)
    part = import_module(f"campaigns.abuse.{chosen.part}")
    figures = measured(part.measure, options)
    keep(chosen.part, figures, RESULT)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()

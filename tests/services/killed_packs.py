"""Builds one pack again and again in processes that end by kill -9, each a step later.

`python -m tests.services.killed_packs DATA_DIR VARIANTS POINTS`: every line of its answer is what
one death left behind, and what the next build made of it.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from brandstudio.export.verify import examine
from brandstudio.services import packs
from brandstudio.services import studio as studio_module
from brandstudio.services.operations import upkeep
from brandstudio.services.operations.store_listing import take_stock
from brandstudio.services.people.users import operator
from brandstudio.services.studio import Studio, build_studio
from brandstudio.settings import Settings
from brandstudio.storage.blobs import Blobs
from tests.new_studio import presets_of, shipped_presets

# What the interpreter tells of itself while a pack is built: files that are opened, renamed, gone.
_TOLD = frozenset({"open", "os.rename", "os.remove", "os.mkdir"})


@dataclass
class Steps:
    """Counts what a build does, and ends the process before the step of that number."""

    fatal: int
    taken: int = 0

    def __call__(self, *_: object) -> None:
        self.taken += 1
        if self.taken == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, event: str, _arguments: object) -> None:
        if event in _TOLD:
            self()


@dataclass(frozen=True)
class Stepping:
    """A store each of whose moments with a pack is a step."""

    store: Blobs
    step: Callable[[], None]

    @contextmanager
    def incoming(self, suffix: str) -> Generator[Path, None, None]:
        with self.store.incoming(suffix) as part:
            self.step()
            yield part
            self.step()

    def adopt(self, part: Path, suffix: str) -> str:
        self.step()
        sha256 = self.store.adopt(part, suffix)
        self.step()
        return sha256

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def main(data_dir: Path, variants: Sequence[int], points: int) -> None:
    """Learn how many steps a build takes, then end at so many of them, spread over all."""
    studio_module.load_presets = presets_of  # read once, before the first of many processes
    shipped_presets()
    _, whole = _one_life(_copy(data_dir, "whole"), variants, fatal=0)
    _tell({"undisturbed": whole})
    for number in range(points):
        fatal = 1 + number * (whole["steps"] - 1) // (points - 1)
        place = _copy(data_dir, str(fatal))
        ended, _ = _one_life(place, variants, fatal=fatal)
        left = _left(place)
        _, retried = _one_life(place, variants, fatal=0)
        found = {"fatal": fatal, "ended": ended, "left": left, "retried": retried}
        _tell(found | {"after": _left(place), "swept": _swept(place)})
        shutil.rmtree(place)


def _tell(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")


def _copy(data_dir: Path, name: str) -> Path:
    return Path(shutil.copytree(data_dir, data_dir.with_name(f"copy-{name}")))


def _one_life(data_dir: Path, variants: Sequence[int], *, fatal: int) -> tuple[int, dict[str, Any]]:
    """How a process of its own ended, and what it says of the pack, if it got to say it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            os.write(writer, json.dumps(_built(data_dir, variants, Steps(fatal))).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(said) if said else {}


def _built(data_dir: Path, variants: Sequence[int], steps: Steps) -> dict[str, Any]:
    studio = _studio(data_dir)
    person = operator(studio)
    stepping = replace(studio, blobs=Stepping(studio.blobs, steps))
    sys.addaudithook(steps.hear)
    made = packs.build(stepping, variants, ["story"], person=person, on_progress=steps)
    return {"sha256": made.sha256, "steps": steps.taken}


def _left(data_dir: Path) -> dict[str, Any]:
    """The ZIPs that lie there by that name, whether each is whole, what else, and the rows."""
    studio = _studio(data_dir)
    zips = sorted(data_dir.rglob("*.zip"))
    whole = [examine(path).sha256 == path.stem for path in zips]
    parts = len(list(data_dir.rglob("*.part")))
    rows = [pack.sha256 for pack in packs.recent(studio, person=operator(studio))]
    studio.database.close()
    return {"whole": whole, "parts": parts, "rows": rows}


def _swept(data_dir: Path) -> dict[str, int]:
    """What is left of parts and of ZIPs that no row speaks of, once the studio has started."""
    studio = _studio(data_dir)
    later = replace(studio, now=lambda: studio.now() + timedelta(seconds=1))
    upkeep.at_start(later, grace=timedelta(0))
    stock = take_stock(studio)
    studio.database.close()
    return {"parts": len(stock.parts), "orphans": len(stock.orphans), "lost": len(stock.lost)}


def _studio(data_dir: Path) -> Studio:
    return build_studio(Settings(data_dir=data_dir))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]))

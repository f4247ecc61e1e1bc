"""A worker process whose first life hangs for ever inside a step: `python -m … DATA_DIR`."""

import sys
import threading
from pathlib import Path

from brandstudio.services.studio import build_studio
from brandstudio.services.work.worker import Worker, work
from brandstudio.services.work.workers import present, worker_name
from brandstudio.settings import Settings
from tests.fakes import FakeScorer, FlatColour, Stretch

STEP_TIMEOUT_S = 3.0


def settings_of(data_dir: Path) -> Settings:
    """A studio that soon takes a step for hanging."""
    return Settings(data_dir=data_dir, step_timeout_s=STEP_TIMEOUT_S)


def hung_in(data_dir: Path) -> Path:
    """Says in which process the worker hung."""
    return data_dir / "hung"


def main(data_dir: Path) -> None:
    """Work as the real worker process does, with a generator that blocks once."""
    studio, name = build_studio(settings_of(data_dir)), worker_name()

    def hang_once(step: int) -> None:
        if step == 3 and not hung_in(data_dir).exists():
            hung_in(data_dir).write_text(name)
            threading.Event().wait()

    with present(studio, name):
        work(
            Worker(
                studio=studio,
                generator=FlatColour(before_step=hang_once),
                scorer=FakeScorer(),
                upscaler=Stretch(),
                name=name,
            )
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

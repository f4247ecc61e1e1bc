"""What Ray's workers do in the tests: flat colours, drawn when the test opens the gate.

In a module of its own, because every worker process imports it by name. Each process says that it
runs on a machine of its own: nobody may conclude from its pid alone that it is gone.
"""

import os
import time
from pathlib import Path

from brandstudio.engines.ray.actor import Job, Shift
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.work import workers
from brandstudio.services.work.worker import Worker, work
from brandstudio.services.work.workers import present, worker_name
from brandstudio.settings import read_settings
from tests.fakes import FakeScorer, FlatColour, Stretch

GATE = "gate"
_LONGEST_S = 60.0


def open_far_away() -> Studio:
    workers._host = lambda: f"far-{os.getpid()}"
    return build_studio(read_settings())


def draw_flat(studio: Studio, shift: Shift) -> None:
    name = worker_name()
    worker = Worker(
        studio=studio,
        generator=FlatColour(before_step=lambda _step: _pass(studio.settings.data_dir / GATE)),
        scorer=FakeScorer(),
        upscaler=Stretch(),
        name=name,
        device=f"card {os.environ.get('CUDA_VISIBLE_DEVICES', 'none')}",
        stop=shift.stop,
    )
    with present(studio, name, restarts=shift.restarts, instead_of=shift.instead_of):
        work(worker)


def _pass(gate: Path) -> None:
    deadline = time.monotonic() + _LONGEST_S
    while not gate.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the test never opened the gate")
        time.sleep(0.01)


FLAT = Job(open_far_away, draw_flat)

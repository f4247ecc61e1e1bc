"""What Ray costs and gains: `python -m benchmarks.engines`, about five minutes.

The same run is drawn by the local worker and by one, two and four actors, and then an actor and a
node are killed. Cards are stood in for by waiting: a forward pass takes two seconds and no
processor, so that what is measured is the engine and the queue on a machine of any size.
"""

import atexit
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from brandstudio.domain.brief import read_form
from brandstudio.domain.lease import WorkerState
from brandstudio.domain.run import UNFINISHED
from brandstudio.engines.local import LocalEngine, stop_on_signal
from brandstudio.engines.ray.access import prepare
from brandstudio.engines.ray.actor import Job, Shift
from brandstudio.services import runs
from brandstudio.services.people import users
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.work import workers
from brandstudio.services.work.worker import Worker, work
from brandstudio.settings import Settings, read_settings
from brandstudio.storage.work import leases
from brandstudio.storage.work import runs as run_rows
from brandstudio.storage.work import workers as worker_rows
from tests.conftest import BRIEF
from tests.fakes import FakeScorer, FlatColour, Stretch

_RESULTS = Path(__file__).parent / "results" / "engines.json"
_PASS_S, _STEPS = 2.0, 20
_IMAGES = 64
_CREWS = (1, 2, 4)
_END_S = 300.0
_STORE_BYTES = 80 * 1024**2


def open_here() -> Studio:
    """The studio of the environment, under a name that nobody can look up by its pid."""
    workers._host = lambda: f"far-{os.getpid()}"  # pyright: ignore
    return build_studio(read_settings())


def draw(studio: Studio, shift: Shift) -> None:
    """Draw as a card would: two seconds a batch, on no processor."""
    name = workers.worker_name()
    worker = Worker(
        studio=studio,
        generator=FlatColour(before_step=lambda _step: time.sleep(_PASS_S / _STEPS)),
        scorer=FakeScorer(),
        upscaler=Stretch(),
        name=name,
        stop=shift.stop,
    )
    with workers.present(studio, name, restarts=shift.restarts, instead_of=shift.instead_of):
        work(worker)


def alone() -> None:
    """What the local engine starts here."""
    shift = Shift()
    stop_on_signal(shift.stop)
    draw(build_studio(read_settings()), shift)


def main() -> None:
    """Measure, and keep the figures as JSON."""
    with tempfile.TemporaryDirectory() as folder, _environment(Path(folder)):
        studio = build_studio(Settings(data_dir=Path(folder), reserve_gb=0.0))
        prepare(studio)
        with closing(studio.database):
            found = {"measured_at": f"{datetime.now(UTC):%Y-%m-%d}", **_measured(studio)}
    _RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    print(_RESULTS.read_text())


def _measured(studio: Studio) -> dict[str, Any]:
    # Imported only now: Ray reads its token when it is imported.
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    head: dict[str, Any] = {"num_cpus": 0, "include_dashboard": False}
    small: dict[str, Any] = {"object_store_memory": _STORE_BYTES}
    found: dict[str, Any] = {"images": _IMAGES, "pass_s": _PASS_S}
    local = LocalEngine(studio, command=[sys.executable, "-m", "benchmarks.engines", "alone"])
    with _running(local, studio, 1):
        found["local_s"] = _drawn(studio)
    cluster = Cluster(initialize_head=True, head_node_args=head | small)
    for _ in range(2):
        cluster.add_node(num_cpus=2, **small)
    assert cluster.address is not None, "a cluster with a head has an address"
    for count in _CREWS:
        with _running(_engine(studio, cluster.address, count), studio, count):
            found[f"ray_{count}_s"] = _drawn(studio)
    with _running(_engine(studio, cluster.address, 2), studio, 2):
        found["killed_actor_freed_s"] = _freed(studio, _kill)
        for kind, number in (("lost", signal.SIGKILL), ("frozen", signal.SIGSTOP)):
            found[f"{kind}_node_freed_s"] = _freed(studio, partial(_end_node, number=number))
            cluster.add_node(num_cpus=2, **small)
            _until(lambda: _idle(studio) == 2)
    cluster.shutdown()
    return found


def _engine(studio: Studio, address: str, count: int) -> Any:
    from brandstudio.engines.ray.cluster import RayEngine  # noqa: PLC0415 - loads ray

    changes = {"engine": f"ray://{address}", "ray_workers": count, "ray_gpus": 0.0}
    here = Settings(data_dir=studio.settings.data_dir, reserve_gb=0.0).model_copy(update=changes)
    return RayEngine(build_studio(here), Job(open_here, draw))


@contextmanager
def _running(engine: Any, studio: Studio, count: int) -> Generator[None, None, None]:
    engine.start()
    try:
        _until(lambda: _idle(studio) == count)
        yield
    finally:
        engine.stop()


def _drawn(studio: Studio) -> float:
    """Seconds from asking for a run until it is ranked."""
    started_s, run_id = time.monotonic(), _ask(studio)
    _until(lambda: not _is_open(studio, run_id))
    return round(time.monotonic() - started_s, 1)


def _freed(studio: Studio, end: Callable[[str], None]) -> float:
    """Seconds from the end of a worker until what it held waits again; the run completes."""
    run_id = _ask(studio)
    _until(lambda: len(_holders(studio)) == 2)
    before, ended_s = _holders(studio), time.monotonic()
    end(min(before))
    _until(lambda: bool(before - _holders(studio)))
    took_s = round(time.monotonic() - ended_s, 1)
    _until(lambda: not _is_open(studio, run_id))
    return took_s


def _kill(name: str) -> None:
    os.kill(int(name.rpartition(":")[2]), signal.SIGKILL)


def _end_node(name: str, number: int) -> None:
    """Do this to the worker's raylet and to everything it has started."""
    worker = psutil.Process(int(name.rpartition(":")[2]))
    raylet = worker.parent()
    assert raylet is not None
    for process in (raylet, *raylet.children(recursive=True)):
        process.send_signal(number)
        if number == signal.SIGSTOP:
            # Nobody else ends what stands still.
            atexit.register(process.kill)


def _ask(studio: Studio) -> int:
    form = read_form(BRIEF | {"seeds_per_arm": _IMAGES // 2, "seed": time.monotonic_ns() % 2**31})
    return runs.submit(studio, form, person=users.operator(studio))


def _is_open(studio: Studio, run_id: int) -> bool:
    with studio.database.reading() as session:
        return run_rows.load(session, run_id).status in UNFINISHED


def _idle(studio: Studio) -> int:
    with studio.database.reading() as session:
        return sum(each.state is WorkerState.IDLE for each in worker_rows.every(session))


def _holders(studio: Studio) -> set[str]:
    with studio.database.reading() as session:
        return leases.holders(session)


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _END_S
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("the workers did not get on")
        time.sleep(0.02)


@contextmanager
def _environment(folder: Path) -> Generator[None, None, None]:
    """What the nodes and their workers inherit."""
    told = {
        "BRANDSTUDIO_DATA_DIR": str(folder),
        "BRANDSTUDIO_RESERVE_GB": "0",
        "PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")]),
    }
    before = dict(os.environ)
    os.environ.update(told)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


if __name__ == "__main__":
    alone() if sys.argv[1:] == ["alone"] else main()

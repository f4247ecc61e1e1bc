"""Workers on a real Ray: two nodes of one machine, the queue's own loop, and what may happen."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from brandstudio.domain.brief import read_form
from brandstudio.domain.lease import LEASE_S
from brandstudio.domain.run import UNFINISHED, RunStatus
from brandstudio.engines.ray import access
from brandstudio.engines.ray.access import NoTokenError
from brandstudio.services import runs
from brandstudio.services.people import users
from brandstudio.services.studio import Studio, build_studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.settings import Settings
from brandstudio.storage.tables.runs import RunRow, VariantRow
from brandstudio.storage.work import leases
from brandstudio.storage.work import workers as worker_rows
from tests.conftest import BRIEF
from tests.engines.ray_hands import FLAT, GATE
from tests.fakes import FakeScorer, FlatColour, Stretch

# Looked for and not imported: Ray reads its token when it is imported, and once.
if find_spec("ray") is None:
    pytest.skip("Ray is not installed: pip install 'brandstudio[ray]'", allow_module_level=True)

TOKEN = "0123456789abcdef" * 4
STORE_BYTES = 80 * 1024**2
ONE_CARD = {"num_cpus": 2, "num_gpus": 1, "object_store_memory": STORE_BYTES}
SOON_S = LEASE_S / 2
"""Whatever happens sooner did not wait for the end of a lease."""

PLACED_S = 60.0
SOON_MISSED = {"health_check_period_ms": 500, "health_check_failure_threshold": 3}
"""Ray misses a node within seconds, so that the tests need not wait; it takes 15 s by itself."""

FORM = read_form(BRIEF | {"seeds_per_arm": 4})


def until(happened, seconds=SOON_S):
    deadline = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


@dataclass
class Crowd:
    """A cluster whose head draws nothing, and a studio that every node of it has around it."""

    cluster: Any
    folder: Path
    nodes: list[Any] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.cluster.address

    def add_node(self, **environment: str) -> Any:
        with surrounded(environment):
            self.nodes.append(self.cluster.add_node(**ONE_CARD))
        return self.nodes[-1]

    def kill(self, node: Any) -> None:
        self.nodes.remove(node)
        self.cluster.remove_node(node, allow_graceful=False)


@contextmanager
def surrounded(environment: dict[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


def environment_of(folder: Path) -> dict[str, str]:
    root = str(Path(__file__).parent.parent.parent)
    return {
        "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])]),
        "BRANDSTUDIO_DATA_DIR": str(folder),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_USAGE_STATS_REPORT_URL": "http://127.0.0.1:9/",  # it reports even that it reports not
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # keeps it on the loopback address
    }


@pytest.fixture(scope="module")
def crowd(tmp_path_factory) -> Iterator[Crowd]:
    assert "ray" not in sys.modules, "imported before it could be given a token"
    folder = tmp_path_factory.mktemp("ray") / "data"
    with surrounded(environment_of(folder)):
        from ray.cluster_utils import Cluster  # noqa: PLC0415 - reads the environment

        cluster = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE_BYTES,
                "_system_config": SOON_MISSED,
            },
        )  # fmt: skip
        yield Crowd(cluster, folder)
        cluster.shutdown()


@pytest.fixture(scope="module")
def settings(crowd) -> Settings:
    # Copied in: a person who names the loopback address is told to choose ray:local.
    chosen = {"engine": f"ray://{crowd.address}", "ray_workers": 2, "ray_gpus": 1.0}
    return Settings(data_dir=crowd.folder).model_copy(update=chosen)


@pytest.fixture(scope="module")
def studio(settings) -> Iterator[Studio]:
    built = build_studio(settings)
    yield built
    built.database.close()


@pytest.fixture(scope="module")
def engine(studio, crowd) -> Iterator[Any]:
    from brandstudio.engines.ray.cluster import RayEngine  # noqa: PLC0415 - loads ray

    while len(crowd.nodes) < 2:
        crowd.add_node()
    engine = RayEngine(studio, FLAT)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def run_id(studio, engine):  # noqa: ARG001 - it draws
    """A run of two batches, each of which one of two workers has begun to draw."""
    (studio.settings.data_dir / GATE).unlink(missing_ok=True)
    begun = runs.submit(studio, FORM, person=users.operator(studio))
    until(lambda: len(holders(studio)) == 2, PLACED_S)
    return begun


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The files of the same request where nothing happened."""
    studio = build_studio(Settings(data_dir=tmp_path_factory.mktemp("alone")))
    run_id = runs.submit(studio, FORM, person=users.operator(studio))
    parts = {"generator": FlatColour(), "scorer": FakeScorer(), "upscaler": Stretch()}
    carry_out(Worker(studio=studio, name="alone:1", **parts), run_id)
    files = [row.sha256 for row in rows(studio, run_id)]
    studio.database.close()
    return files


def holders(studio):
    with studio.database.reading() as session:
        return leases.holders(session)


def known(studio):
    with studio.database.reading() as session:
        return worker_rows.every(session)


def rows(studio, run_id):
    with studio.database.reading() as session:
        found = session.scalars(select(VariantRow).where(VariantRow.run_id == run_id))
        return sorted(found, key=lambda row: row.index)


def status(studio, run_id):
    with studio.database.reading() as session:
        return session.get(RunRow, run_id).status


def open_gate(studio):
    (studio.settings.data_dir / GATE).touch()


def finished(studio, run_id):
    until(lambda: status(studio, run_id) not in UNFINISHED)
    return rows(studio, run_id)


def names(studio):
    return {record.name for record in known(studio)}


def process_of(name):
    return int(name.rpartition(":")[2])


def test_two_nodes_draw_one_run(studio, run_id, undisturbed):
    cards = {record.device for record in known(studio)}
    assert cards == {"card 0"}, "each node has one card, so each has one worker"
    open_gate(studio)
    drawn = finished(studio, run_id)
    assert status(studio, run_id) is RunStatus.SUCCEEDED
    assert [row.sha256 for row in drawn] == undisturbed
    assert {row.token for row in drawn} == {1}


def test_a_head_obeys_its_own_token_alone(crowd, monkeypatch):
    access.require_closed(crowd.address)
    monkeypatch.setenv("RAY_AUTH_TOKEN", "f" * 64)
    with pytest.raises(NoTokenError, match="The token is not the one of the Ray head"):
        access.require_closed(crowd.address)


@pytest.mark.usefixtures("engine", "crowd")
def test_a_doctor_sees_every_node_as_it_is(studio):
    from brandstudio.engines.ray import doctor  # noqa: PLC0415 - loads ray

    found = list(doctor.findings(studio, FLAT))
    assert [(finding.state, finding.subject) for finding in found] == [
        ("ok", "ray"), ("ok", "ray node"), ("ok", "ray node"),
    ]  # fmt: skip


def test_a_killed_actor_costs_its_batch_and_is_made_again(studio, run_id, undisturbed):
    name = min(holders(studio))
    lost = {row.id for row in rows(studio, run_id) if row.worker == name}
    os.kill(process_of(name), signal.SIGKILL)
    until(lambda: name not in holders(studio))
    open_gate(studio)
    drawn = finished(studio, run_id)
    assert status(studio, run_id) is RunStatus.SUCCEEDED
    assert [row.sha256 for row in drawn] == undisturbed
    assert {row.id for row in drawn if row.token > 1} == lost
    assert {row.deaths for row in drawn if row.id in lost} == {1}
    until(lambda: name not in names(studio))
    assert {record.restarts for record in known(studio)} == {0, 1}


def test_a_lost_node_costs_its_batch_and_no_image_is_blamed(studio, crowd, run_id, undisturbed):
    before = holders(studio)
    crowd.kill(crowd.nodes[0])
    [name] = until(lambda: before - holders(studio))
    open_gate(studio)
    drawn = finished(studio, run_id)
    assert status(studio, run_id) is RunStatus.SUCCEEDED
    assert [row.sha256 for row in drawn] == undisturbed
    assert {row.deaths for row in drawn} == {0}
    crowd.add_node()
    until(lambda: name not in names(studio), PLACED_S)


def test_a_cancelled_run_stops_in_the_middle(studio, run_id):
    runs.cancel(studio, run_id, person=users.operator(studio))
    open_gate(studio)
    assert {row.status for row in finished(studio, run_id)} == {RunStatus.CANCELLED}


def test_a_node_of_another_studio_never_draws(studio, crowd, run_id, caplog, tmp_path, undisturbed):
    crowd.kill(crowd.nodes[0])
    elsewhere = tmp_path / "elsewhere"
    stranger = crowd.add_node(BRANDSTUDIO_DATA_DIR=str(elsewhere))
    until(lambda: "may not draw: It has another database than the web server" in caplog.text)
    open_gate(studio)
    assert [row.sha256 for row in finished(studio, run_id)] == undisturbed
    other = build_studio(Settings(data_dir=elsewhere))
    assert known(other) == ()
    other.database.close()
    crowd.kill(stranger)
    crowd.add_node()


def test_an_engine_that_stops_gives_its_work_back(studio, engine, run_id):
    threading.Timer(1, open_gate, [studio]).start()
    engine.stop()
    assert holders(studio) == set()
    assert {row.deaths for row in rows(studio, run_id)} == {0}

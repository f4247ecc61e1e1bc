"""One law over any order of events: no image is kept twice, and in the end every one is kept."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from brandstudio.domain.lease import LEASE_S, MAX_DEATHS
from brandstudio.domain.run import RunFailure, RunStatus
from brandstudio.services import runs
from brandstudio.settings import Settings
from brandstudio.storage.engine.database import Database
from brandstudio.storage.tables.runs import RunRow
from brandstudio.storage.work import leases, outcomes, queue
from brandstudio.storage.work.next_run import Claim
from brandstudio.storage.work.outcomes import DrawnImage
from brandstudio.storage.work.queue import Batch
from tests.fakes import LeaseClock

WORKERS = ("one:1", "two:1", "three:1")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(WORKERS),
        st.sampled_from(["claim", "keep", "keep all", "beat", "die", "stall", "fail", "give back"]),
    ),
    max_size=25,
)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


@dataclass
class Floor:
    """Some workers on one database, each with what it believes to hold."""

    database: Database
    run_id: int
    at: datetime
    clock: LeaseClock = field(default_factory=LeaseClock)
    hands: dict = field(default_factory=dict)
    kept: Counter = field(default_factory=Counter)

    def play(self, worker, event):
        with self.database.claiming() as session:
            moment = self.clock(session)
            self._play(session, worker, event, moment)
            leases.settle(session, self.at)

    def _play(self, session, worker, event, moment):
        task = self.hands.get(worker)
        match event:
            case "claim":
                leases.give_back(session, worker, self.at)
                leases.take_back_void(session, moment, self.at)
                asked = Claim(worker, moment, self.at, lambda _slug: 2, self.run_id)
                self.hands[worker] = queue.claim(session, asked)
            case "keep" if isinstance(task, Batch):
                self._keep(session, task, task.holds[:1])
            case "keep all" if isinstance(task, Batch):
                self._keep(session, task, task.holds)
            case "beat":
                leases.beat(session, worker, moment, self.at)
            case "die":
                self.hands.pop(worker, None)
                leases.take_back(session, [worker], self.at, deaths=1)
            case "stall":
                self.clock.s += LEASE_S + 1
            case "fail" if task:
                outcomes.try_later(session, task, RunFailure("Bug", "", ""), None, moment, self.at)
                self.clock.s += 200
            case "give back":
                leases.give_back(session, worker, self.at)

    def _keep(self, session, task, holds):
        for held in holds:
            drawn = DrawnImage(f"{held.variant_id}-{held.token}", {}, None, 1, 0.1)
            self.kept[held.variant_id] += outcomes.keep(session, self.run_id, held, drawn, self.at)

    def status(self):
        with self.database.reading() as session:
            return session.scalar(select(RunRow.status).where(RunRow.id == self.run_id))


@given(events=EVENTS)
@examples(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_image_is_kept_at_most_once_and_in_the_end_exactly_once(
    studio, people, brief, events
):
    small = brief(axes={}, seeds_per_arm=3, seed=None)
    run_id = runs.submit(studio, small, person=people.ada)
    floor = Floor(studio.database, run_id, studio.now())
    for worker, event in events:
        floor.play(worker, event)
        assert max(floor.kept.values(), default=0) <= 1
    if floor.status() is RunStatus.FAILED:
        assert sum(event in {"die", "stall", "fail"} for _, event in events) >= MAX_DEATHS
        return
    floor.clock.s += LEASE_S + 1
    for _ in range(4):
        floor.play("last:1", "claim")
        floor.play("last:1", "keep all")
    assert sorted(floor.kept.values()) == [1, 1, 1] or floor.status() is RunStatus.FAILED

"""Leases: a worker dies, stalls or loses its clock, and still every image is kept exactly once."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from brandstudio.domain.lease import LEASE_S
from brandstudio.domain.run import UNFINISHED, RunStatus
from brandstudio.services import runs
from brandstudio.services.work.worker import carry_out, give_back, perform, take
from brandstudio.services.work.workers import present, worker_name
from brandstudio.storage.tables.runs import VariantRow
from brandstudio.storage.work import leases
from brandstudio.storage.work.queue import Batch, Ranking
from tests.fakes import Death, DyingScorer, DyingStore, FakeScorer, FlatColour, Killed, LeaseClock
from tests.services.tasks import take_task


@pytest.fixture
def clock():
    return LeaseClock()


@pytest.fixture
def worker(worker, clock):
    return replace(worker, clock=clock)


@pytest.fixture
def other(worker):
    return replace(worker, name="other:1", generator=FlatColour(), stop=threading.Event())


@pytest.fixture
def run_id(studio, people, brief):
    return runs.submit(studio, brief(seeds_per_arm=3), person=people.carla)


@pytest.fixture
def one_batch(studio, people, brief):
    return runs.submit(studio, brief(), person=people.carla)


@pytest.fixture
def look(studio, people):
    return lambda run_id: runs.get(studio, run_id, person=people.carla)


@pytest.fixture
def rows(studio):
    """Columns of all variants, in plan order."""

    def read(*columns):
        with studio.database.reading() as session:
            found = session.execute(select(*columns).order_by(VariantRow.id)).all()
        return [row[0] if len(columns) == 1 else tuple(row) for row in found]

    return read


def die(worker, task):
    with pytest.raises(Killed):
        perform(worker, task)


def expire(clock):
    clock.s += LEASE_S + 1


def dying(worker, **parts):
    return replace(worker, name="dying:1", **parts)


def storing(worker, **deaths):
    return dying(
        worker, studio=replace(worker.studio, blobs=DyingStore(worker.studio.blobs, **deaths))
    )


KILL_POINTS = {
    "at the first step": lambda w: dying(w, generator=FlatColour(before_step=Death())),
    "between two steps": lambda w: dying(w, generator=FlatColour(before_step=Death(at=5))),
    "before an image is stored": lambda w: storing(w, before=Death()),
    "between an image and its row": lambda w: storing(w, after=Death()),
    "between two images": lambda w: storing(w, before=Death(at=3)),
    "between the last image and its row": lambda w: storing(w, after=Death(at=6)),
    "before the ranks are recorded": lambda w: dying(w, scorer=DyingScorer()),
}


@pytest.mark.parametrize("point", KILL_POINTS)
def test_a_worker_killed_anywhere_costs_no_image_and_doubles_none(
    studio, people, brief, worker, clock, look, point, run_id
):
    undisturbed = runs.submit(studio, brief(seeds_per_arm=3), person=people.carla)
    killed = KILL_POINTS[point](worker)
    with pytest.raises(Killed):
        carry_out(killed, run_id)
    expire(clock)
    carry_out(worker, run_id)
    carry_out(worker, undisturbed)
    variants, same = (runs.variants(studio, i, person=people.carla) for i in (run_id, undisturbed))
    assert look(run_id).status is RunStatus.SUCCEEDED
    assert sorted(v.rank for v in variants if v.rank is not None) == [1, 2, 3, 4, 5, 6]
    assert {v.fingerprint: v.sha256 for v in variants} == {v.fingerprint: v.sha256 for v in same}


def test_what_was_drawn_before_the_death_is_not_drawn_again(worker, clock, run_id, rows):
    killed = storing(worker, before=Death(at=3))
    die(killed, take(killed))
    before = sum(sha256 is not None for sha256 in rows(VariantRow.sha256))
    expire(clock)
    worker = replace(worker, generator=FlatColour())
    carry_out(worker, run_id)
    drawn = Counter(image for batch in worker.generator.batches for image in batch)
    assert (before > 0, len(drawn), max(drawn.values())) == (True, 6 - before, 1)


@pytest.mark.usefixtures("one_batch")
def test_a_worker_that_stalls_past_its_lease_is_fenced_off(worker, other, clock, rows):
    late = take_task(worker)
    expire(clock)
    taken = take_task(other)
    assert isinstance(late, Batch)
    assert isinstance(taken, Batch)
    assert taken.holds[0].variant_id == late.holds[0].variant_id
    perform(worker, late)
    assert rows(VariantRow.sha256) == [None] * 4
    perform(other, taken)
    assert [token for sha256, token in rows(VariantRow.sha256, VariantRow.token) if sha256] == [2]


@pytest.mark.usefixtures("run_id")
def test_what_failed_before_is_drawn_last_and_alone(worker, other, clock):
    take(worker)
    expire(clock)
    assert [v.index for v in take_task(other).variants] == [4, 5]
    assert [v.index for v in take_task(worker).variants] == [0]


@dataclass(kw_only=True)
class Stalling(FlatColour):
    """A Generator that stalls after its last step, long enough for another worker to take over."""

    stall: Callable[[], None]

    def generate(self, batch, *, on_step):
        images = super().generate(batch, on_step=on_step)
        self.stall()
        return images


@pytest.mark.usefixtures("one_batch")
def test_an_image_finished_after_the_lease_is_thrown_away(worker, other, clock, rows):
    def meanwhile():
        expire(clock)
        perform(other, take_task(other))

    slow = replace(worker, generator=Stalling(stall=meanwhile))
    perform(slow, take_task(slow))
    drawn = rows(VariantRow.sha256, VariantRow.token)
    assert [token for sha256, token in drawn if sha256] == [2]


@pytest.mark.usefixtures("run_id")
def test_ranks_that_come_after_the_lease_are_thrown_away(worker, other, clock, rows):
    @dataclass
    class SlowScorer(FakeScorer):
        def score(self, base_model, exhibits):
            expire(clock)
            perform(other, take_task(other))
            return [dict.fromkeys(own, 0.0) for own in super().score(base_model, exhibits)]

    slow = replace(worker, scorer=SlowScorer())
    task = None
    while not isinstance(task, Ranking):
        task = take_task(slow)
        perform(slow, task)
    assert any(sum(scores.values()) for scores in rows(VariantRow.scores))


@pytest.mark.usefixtures("run_id")
def test_a_beating_worker_keeps_its_lease_however_long_a_step_takes(studio, worker, other, clock):
    take(worker)
    for _ in range(10):
        clock.s += 30
        with studio.database.claiming() as session:
            leases.beat(session, worker.name, clock(session), studio.now())
    taken = take_task(other)
    assert taken.variants[0].index == 4  # not one of the first batch


@pytest.mark.usefixtures("run_id")
def test_a_wall_clock_that_jumps_changes_no_lease(studio, worker, other):
    first = take_task(worker)
    for hours in (-1, 1, 24 * 365):
        jumped = replace(studio, now=lambda h=hours: studio.now() + timedelta(hours=h))
        task = take_task(replace(other, studio=jumped))
        assert isinstance(first, Batch)
        assert isinstance(task, Batch)
        assert not {h.variant_id for h in first.holds} & {h.variant_id for h in task.holds}


@pytest.mark.usefixtures("run_id")
def test_when_the_machine_was_started_again_every_lease_is_void_and_nobody_is_blamed(
    worker, other, clock, rows
):
    take(worker)
    clock.boot, clock.s = "boot-2", 3.0
    assert take_task(other).variants[0].index == 0
    assert rows(VariantRow.deaths) == [0] * 6


@pytest.mark.usefixtures("one_batch")
def test_a_lease_from_a_clock_that_began_anew_is_not_eternal(worker, other, clock):
    take(worker)
    clock.s = 3.0
    assert take_task(other).variants[0].index == 0


@pytest.mark.usefixtures("one_batch")
def test_what_a_killed_process_of_this_machine_held_is_taken_over_at_once(worker):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    take(replace(worker, name=worker_name(gone.pid)))
    assert take_task(worker).variants[0].index == 0


@pytest.mark.usefixtures("rows")
def test_a_request_that_stops_the_generator_three_times_is_given_up_and_others_go_on(
    studio, people, brief, worker, clock, run_id, look
):
    after = runs.submit(studio, brief(seed=100), person=people.rita)
    poison = runs.variants(studio, run_id, person=people.carla)[1].fingerprint

    @dataclass
    class Poisoned(FlatColour):
        def generate(self, batch, *, on_step):
            if any(params.fingerprint == poison for params in batch):
                raise Killed
            return super().generate(batch, on_step=on_step)

    deaths = 0
    while any(look(i).status in UNFINISHED for i in (run_id, after)):
        fresh = replace(worker, generator=Poisoned(), name=f"w:{deaths}")
        try:
            while (task := take(fresh)) is not None:
                perform(fresh, task)
        except Killed:
            deaths += 1
        expire(clock)
    assert deaths == 3
    assert look(after).status is RunStatus.SUCCEEDED
    run = look(run_id)
    assert run.failure.message == "This request stopped the generator three times"
    # What was in the same batch the first time is drawn: only the poison is alone.
    assert run.drawn_count == 5


def test_two_workers_draw_one_run_together_and_it_is_ranked_once(worker, other, run_id, look):
    one, two = take_task(worker), take_task(other)
    assert (one.run_id, two.run_id) == (run_id, run_id)
    perform(worker, one)
    assert take(worker) is None
    perform(other, two)
    ranking = take_task(other)
    assert take(worker) is None
    perform(other, ranking)
    assert look(run_id).status is RunStatus.SUCCEEDED


def test_two_workers_on_one_database_draw_everything_exactly_once(
    studio, people, brief, worker, rows
):
    for person in (people.carla, people.rita, people.ada, people.carla):
        runs.submit(studio, brief(seeds_per_arm=10), person=person)
    crowd = [replace(worker, name=f"w:{n}", generator=FlatColour()) for n in range(2)]

    def until_done(mine):
        idle = 0
        while idle < 3:
            task = take(mine)
            idle = 0 if task else idle + 1
            if task:
                perform(mine, task)

    threads = [threading.Thread(target=until_done, args=(w,)) for w in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    drawn = sum(len(batch) for w in crowd for batch in w.generator.batches)
    assert (drawn, rows(VariantRow.token)) == (80, [1] * 80)
    assert set(rows(VariantRow.status)) == {RunStatus.SUCCEEDED}


@pytest.mark.usefixtures("other", "clock")
def test_a_run_of_which_nobody_draws_waits_again(worker, run_id, look):
    take(worker)
    assert look(run_id).status is RunStatus.RUNNING
    give_back(worker)
    assert look(run_id).status is RunStatus.QUEUED


def test_a_cancelled_run_whose_worker_died_ends(studio, people, worker, other, clock, run_id, look):
    take(worker)
    runs.cancel(studio, run_id, person=people.carla)
    assert look(run_id).status is RunStatus.RUNNING
    expire(clock)
    assert take(other) is None
    assert look(run_id).status is RunStatus.CANCELLED


@pytest.mark.usefixtures("run_id")
def test_the_heartbeat_renews_what_is_held(studio, worker, rows, monkeypatch):
    monkeypatch.setattr("brandstudio.services.work.workers.HEARTBEAT_S", 0.01)
    clock = LeaseClock()
    held = replace(worker, clock=clock)
    with present(studio, held.name, clock=clock):
        take(held)
        clock.s += 500
        waited = threading.Event()
        for _ in range(500):
            if rows(VariantRow.lease_until)[0] == clock.s + LEASE_S:
                break
            waited.wait(0.02)
    assert rows(VariantRow.lease_until)[0] == clock.s + LEASE_S

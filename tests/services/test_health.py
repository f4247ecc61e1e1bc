from dataclasses import replace
from datetime import timedelta

import pytest

from brandstudio.domain.lease import LEASE_S, Moment, WorkerState
from brandstudio.domain.review import Verdict
from brandstudio.errors import ConnectionLostError
from brandstudio.services import reviews, runs
from brandstudio.services.operations import health, upkeep
from brandstudio.services.operations.health import gauges, lights
from brandstudio.services.work import workers
from brandstudio.services.work.redraw import redraw
from brandstudio.storage.blobs import LocalBlobs
from brandstudio.storage.work import figures
from brandstudio.storage.work import workers as worker_rows
from tests.conftest import NOON
from tests.storage.disks import Small

NAME = "elsewhere:1"


@pytest.fixture
def well(studio):
    """A studio with a worker that lives and has nothing to do."""
    with workers.present(studio, NAME):
        workers.ready(studio, NAME, "cpu")
        yield studio


def red(studio, clock=health.lease_clock):
    return {light.name for light in lights(studio, clock) if not light.is_green}


def set_worker(studio, **values):
    with studio.database.writing() as session:
        worker_rows._set(session, NAME, **values)


def test_all_lights_are_green_when_all_is_well(well):
    assert [light.name for light in lights(well)] == [
        "database", "disk", "queue", "worker", "device",
    ]  # fmt: skip
    assert red(well) == set()


def no_answer(_session):
    raise ConnectionLostError("the server went away")


def test_a_database_that_does_not_answer_turns_its_light_red_alone(well, monkeypatch):
    monkeypatch.setattr(figures, "answers", no_answer)
    assert red(well) == {"database"}


def test_a_disk_below_its_reserve_turns_its_light_red_alone(well):
    small = LocalBlobs(well.blobs.folder, disk=Small(1_000_000))
    assert red(replace(well, blobs=small)) == {"disk"}


def test_a_data_folder_that_is_gone_turns_the_disk_red(well, tmp_path):
    gone = well.settings.model_copy(update={"data_dir": tmp_path / "gone"})
    assert red(replace(well, settings=gone)) == {"disk"}


def test_an_image_that_waits_for_too_long_turns_the_queue_red_alone(well, people, brief):
    runs.submit(well, brief(), person=people.carla)
    assert red(well) == set()
    assert red(replace(well, now=lambda: NOON + timedelta(minutes=61))) == {"queue"}


def test_a_paused_run_may_wait_for_ever(well, people, brief):
    run_id = runs.submit(well, brief(), person=people.carla)
    runs.pause(well, run_id, person=people.carla)
    assert red(replace(well, now=lambda: NOON + timedelta(days=3))) == set()


def test_a_worker_that_is_not_heard_turns_its_light_red_alone(well):
    def later(session):
        moment = health.lease_clock(session)
        return Moment(moment.clock, moment.s + LEASE_S + 1)

    assert red(well, later) == {"worker"}


def test_a_worker_that_stopped_turns_its_light_red_alone(well):
    workers.set_state(well, NAME, WorkerState.STOPPED)
    assert red(well) == {"worker"}


def test_a_worker_that_does_not_get_on_turns_the_device_red_alone(well):
    workers.set_state(well, NAME, WorkerState.DRAWING)
    set_worker(well, moved_s=-1e9, patience_s=1.0)
    assert red(well) == {"device"}


def test_a_worker_that_dies_again_and_again_turns_the_device_red_alone(well):
    workers.restarting(well, NAME, 2, "the card is gone")
    assert red(well) == {"device"}


def test_the_gauges_count_what_the_rows_hold(well, people, pending, brief):
    reviews.decide(well, pending[0].id, Verdict.APPROVE, person=people.rita)
    runs.submit(well, brief(), person=people.carla)
    upkeep.at_start(replace(well, now=lambda: NOON))
    measured = gauges(well)
    counted = measured.figures
    assert counted.queue_length == 4
    assert counted.variants == {"queued": 4, "succeeded": 4}
    assert counted.decisions == {"submit": 4, "approve": 1}
    assert counted.reviews["approved"] == 1
    assert counted.images_per_minute == pytest.approx(0.4)
    assert set(counted.stage_s) == {"wait", "draw", "run"}
    assert counted.failures == {}
    assert measured.workers_heard == 1
    assert measured.files == 8
    assert measured.file_bytes > 1000
    assert measured.room.free_bytes > 0


@pytest.mark.usefixtures("worker")
def test_an_old_run_that_is_drawn_again_has_waited_only_since_then(well, people, drawn_run):
    [lost, *_] = runs.variants(well, drawn_run, person=people.carla)
    well.blobs.path(lost.sha256, "png").unlink()
    a_month_on = replace(well, now=lambda: NOON + timedelta(days=30))
    redraw(a_month_on, drawn_run, person=people.carla)
    assert red(a_month_on) == set()
    later = replace(well, now=lambda: NOON + timedelta(days=30, minutes=61))
    assert red(later) == {"queue"}


def test_a_resumed_run_has_waited_only_since_then(well, people, brief):
    run_id = runs.submit(well, brief(), person=people.carla)
    runs.pause(well, run_id, person=people.carla)
    days_on = replace(well, now=lambda: NOON + timedelta(days=3))
    runs.resume(days_on, run_id, person=people.carla)
    assert red(days_on) == set()
    assert red(replace(well, now=lambda: NOON + timedelta(days=3, minutes=61))) == {"queue"}

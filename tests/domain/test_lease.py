"""Leases: who is heard, who is stuck, and how long failed work waits."""

from datetime import UTC, datetime

import pytest

from brandstudio.domain.lease import (
    BACK_OFF_S,
    LEASE_S,
    Moment,
    WorkerRecord,
    WorkerState,
    wait_after,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def worker(state: WorkerState = WorkerState.DRAWING) -> WorkerRecord:
    """One that beat and got on at second 100 of the clock 'boot-1', with 30 s of patience."""
    return WorkerRecord(
        name="w1",
        host="studio",
        pid=7,
        boot_id="boot-1",
        device="cpu",
        state=state,
        since=NOON,
        restarts=0,
        last_error="",
        clock="boot-1",
        beat_s=100.0,
        moved_s=100.0,
        patience_s=30.0,
    )


@pytest.mark.parametrize(
    ("moment", "is_heard"),
    [
        pytest.param(Moment("boot-1", 100.0 + LEASE_S), True, id="within a lease"),
        pytest.param(Moment("boot-1", 100.1 + LEASE_S), False, id="after it"),
        pytest.param(Moment("boot-2", 100.0), False, id="on another clock"),
    ],
)
def test_a_worker_is_heard_for_a_lease_after_its_last_beat(moment, is_heard):
    assert worker().is_heard(moment) == is_heard


@pytest.mark.parametrize(
    ("state", "moment", "is_stuck"),
    [
        pytest.param(WorkerState.DRAWING, Moment("boot-1", 130.0), False, id="patient"),
        pytest.param(WorkerState.DRAWING, Moment("boot-1", 130.1), True, id="drawing too long"),
        pytest.param(WorkerState.STARTING, Moment("boot-1", 130.1), True, id="starting too long"),
        pytest.param(WorkerState.IDLE, Moment("boot-1", 130.1), False, id="nothing to do"),
        pytest.param(WorkerState.DRAWING, Moment("boot-2", 130.1), False, id="another clock"),
    ],
)
def test_a_busy_worker_is_stuck_once_patience_runs_out(state, moment, is_stuck):
    assert worker(state).is_stuck(moment) == is_stuck


def test_failed_work_waits_longer_each_time_and_is_given_up_in_the_end():
    waits = [wait_after(failures) for failures in range(1, len(BACK_OFF_S) + 2)]
    assert waits == [*BACK_OFF_S, None]
    assert list(BACK_OFF_S) == sorted(BACK_OFF_S)

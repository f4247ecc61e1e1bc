"""The worker's loop: what a run goes through when nothing, or one thing, goes wrong."""

import threading
from dataclasses import dataclass, replace

import pytest
from PIL import Image

from brandstudio.domain.base_model import UpscalerProfile
from brandstudio.domain.lease import BACK_OFF_S, WorkerState
from brandstudio.domain.run import RunStatus
from brandstudio.errors import DeviceMemoryError, LockError
from brandstudio.services import runs
from brandstudio.services.work.worker import SickWorkerError, carry_out, perform, take, work
from brandstudio.services.work.workers import every, present, said_of_the_generator
from tests.fakes import (
    BrokenCard,
    FakeScorer,
    FlatColour,
    Gate,
    LeaseClock,
    SmallDisk,
    StoppingScorer,
)


@pytest.fixture
def clock():
    return LeaseClock()


@pytest.fixture
def worker(worker, clock):
    return replace(worker, clock=clock)


@pytest.fixture
def run_id(studio, people, brief):
    return runs.submit(studio, brief(), person=people.carla)


@pytest.fixture
def look(studio, people):
    return lambda run_id: runs.get(studio, run_id, person=people.carla)


@dataclass
class Refusing(FlatColour):
    """A Generator that always says the same."""

    error: Exception = None

    def generate(self, batch, *, on_step):
        super().generate(batch, on_step=on_step)
        raise self.error


def test_a_run_is_drawn_scored_and_ranked(studio, people, worker, run_id, look):
    carry_out(worker, run_id)
    run = look(run_id)
    variants = runs.variants(studio, run_id, person=people.carla)
    assert (run.status, run.drawn_count, run.cover_sha256) == (
        RunStatus.SUCCEEDED,
        4,
        variants[0].sha256,
    )
    assert [variant.rank for variant in variants] == [1, 2, 3, 4]
    assert all(variant.scores and variant.parts for variant in variants)
    assert all(studio.blobs.path(variant.sha256, "png") for variant in variants)


def test_variants_that_go_together_are_drawn_in_one_batch(worker, run_id):
    carry_out(worker, run_id)
    assert [len(batch) for batch in worker.generator.batches] == [4]


def test_a_batch_is_no_larger_than_the_base_model_allows(studio, people, brief, worker):
    run_id = runs.submit(studio, brief(seeds_per_arm=5), person=people.carla)
    carry_out(worker, run_id)
    most = studio.base_model.batch_size
    assert max(len(batch) for batch in worker.generator.batches) == most


def test_progress_never_goes_past_the_whole_when_a_batch_is_drawn_in_parts(worker, run_id):
    @dataclass
    class Halving(FlatColour):
        def generate(self, batch, *, on_step):
            images = super().generate(batch, on_step=lambda *_: None)
            for step in range(1, 2 * batch[0].steps + 1):
                on_step(step, 2 * batch[0].steps)
            return images

    seen = []
    carry_out(replace(worker, generator=Halving()), run_id, lambda *two: seen.append(two))
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_cancelling_stops_between_two_steps_and_keeps_what_is_drawn(
    studio, people, worker, run_id, look
):
    gate = Gate()
    held = replace(worker, generator=FlatColour(before_step=gate))
    thread = threading.Thread(target=carry_out, args=(held, run_id))
    thread.start()
    assert gate.reached.wait(30)
    runs.cancel(studio, run_id, person=people.carla)
    assert look(run_id).status is RunStatus.RUNNING
    gate.opened.set()
    thread.join(30)
    assert look(run_id).status is RunStatus.CANCELLED


def test_what_nobody_expected_is_tried_again_later_and_then_fails_in_words(
    worker, clock, run_id, look
):
    broken = replace(worker, generator=Refusing(error=RuntimeError("the card is on fire")))
    while look(run_id).status in {RunStatus.QUEUED, RunStatus.RUNNING}:
        while (task := take(broken)) is None:
            clock.s += 1
        perform(broken, task)
    run = look(run_id)
    assert run.failure.message == "Something unexpected went wrong while drawing"
    assert "Start the run again" in run.failure.hint
    # All four together, then each alone, so that none fails for what another does.
    assert [len(batch) for batch in broken.generator.batches] == [4] + [1] * 9


def test_a_task_waits_longer_after_every_failure(studio, people, brief, worker, clock):
    runs.submit(studio, brief(axes={}, seeds_per_arm=1), person=people.carla)
    broken = replace(worker, generator=Refusing(error=RuntimeError("once more")))
    for wait_s in (5, 30, 120):
        perform(broken, take(broken))
        clock.s += wait_s - 1
        assert take(broken) is None
        clock.s += 1
    assert take(broken) is not None


def test_the_next_run_works_after_one_that_failed(studio, people, brief, worker, clock, look):
    ids = [runs.submit(studio, brief(quality=q), person=people.carla) for q in ("draft", "final")]
    broken = replace(worker, generator=BrokenCard())
    perform(broken, take(broken))
    perform(broken, take(broken))  # ranks the first
    perform(broken, take(broken))  # the card burns
    clock.s += 5
    carry_out(worker, ids[1])
    assert [look(run_id).status for run_id in ids] == [RunStatus.SUCCEEDED] * 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LockError("a.safetensors", locked="1" * 64, actual="2" * 64), "is locked to 11111111"),
        (DeviceMemoryError("One image is too large for this machine's memory"), "is too large"),
    ],
)
def test_what_a_person_must_mend_fails_at_once_and_the_next_run_works(
    studio, people, brief, worker, run_id, look, error, said
):
    carry_out(replace(worker, generator=Refusing(error=error)), run_id)
    run = look(run_id)
    assert (run.status, said in run.failure.message) == (RunStatus.FAILED, True)
    after = runs.submit(studio, brief(), person=people.carla)
    carry_out(worker, after)
    assert look(after).status is RunStatus.SUCCEEDED


def test_a_run_that_met_a_full_disk_goes_on_by_itself_once_there_is_room(
    studio, worker, clock, run_id, look
):
    nearly_full = replace(studio, blobs=SmallDisk(studio.blobs.folder, places=2))
    short_of_room = replace(worker, studio=nearly_full)
    perform(short_of_room, take(short_of_room))
    assert look(run_id).status is RunStatus.QUEUED
    clock.s += BACK_OFF_S[0]
    carry_out(worker, run_id)
    assert (look(run_id).status, look(run_id).drawn_count) == (RunStatus.SUCCEEDED, 4)


def test_a_disk_that_stays_full_fails_the_run_in_words_and_keeps_what_was_stored(
    studio, people, worker, clock, run_id, look
):
    nearly_full = replace(studio, blobs=SmallDisk(studio.blobs.folder, places=2))
    short_of_room = replace(worker, studio=nearly_full)
    while (task := take(short_of_room)) is not None:
        perform(short_of_room, task)
        clock.s += max(BACK_OFF_S)
    run = look(run_id)
    assert run.status is RunStatus.FAILED
    assert run.failure.message == "The disk is full, the file was not stored"
    runs.retry(studio, run_id, person=people.carla)
    carry_out(worker, run_id)
    assert look(run_id).status is RunStatus.SUCCEEDED


def test_a_failed_run_started_again_draws_only_what_is_missing(studio, people, brief, worker, look):
    run_id = runs.submit(studio, brief(seeds_per_arm=6), person=people.carla)
    perform(worker, take(worker))
    locked = LockError("a.safetensors", locked="1" * 64, actual="2" * 64)
    carry_out(replace(worker, generator=Refusing(error=locked)), run_id)
    first = [v.sha256 for v in runs.variants(studio, run_id, person=people.carla) if v.sha256]
    assert len(first) == studio.base_model.batch_size
    runs.retry(studio, run_id, person=people.carla)
    carry_out(worker, run_id)
    assert sum(len(batch) for batch in worker.generator.batches) == 12
    assert look(run_id).status is RunStatus.SUCCEEDED


def test_the_loop_works_through_the_queue_until_told_to_stop(worker, run_id, look):
    work(replace(worker, scorer=StoppingScorer(worker.stop)))
    assert look(run_id).status is RunStatus.SUCCEEDED


def test_a_worker_that_meets_bugs_again_and_again_asks_to_be_started_afresh(
    studio, people, brief, worker
):
    for _ in range(2):
        runs.submit(studio, brief(), person=people.carla)
    with pytest.raises(SickWorkerError, match="unexpected failures in a row"):
        work(replace(worker, generator=Refusing(error=RuntimeError("device lost"))))


def test_a_worker_told_to_end_gives_its_run_back_and_the_next_one_finishes_it(worker, run_id, look):
    work(replace(worker, generator=FlatColour(before_step=lambda _step: worker.stop.set())))
    assert look(run_id).status is RunStatus.QUEUED
    carry_out(replace(worker, stop=threading.Event()), run_id)
    assert look(run_id).status is RunStatus.SUCCEEDED


def test_a_base_model_with_an_upscaler_keeps_a_larger_copy_beside_the_image(
    studio, people, worker, run_id
):
    upscaler = UpscalerProfile(
        file="up.safetensors", sha256="0" * 64, scale=3, max_upscale=3, licence="none"
    )
    carry_out(replace(worker, studio=with_upscaler(studio, upscaler)), run_id)
    for variant in runs.variants(studio, run_id, person=people.carla):
        assert variant.upscaled.upscaler_sha256 == upscaler.sha256
        assert width_of(studio, variant.upscaled.sha256) == 3 * variant.params.width_px
        assert width_of(studio, variant.sha256) == variant.params.width_px


def with_upscaler(studio, upscaler):
    house = studio.base_model.but(upscaler=upscaler.model_dump())
    catalogue = replace(studio.catalogue, base_models={"house": house})
    return replace(studio, presets=replace(studio.presets, catalogue=catalogue))


def width_of(studio, sha256):
    with Image.open(studio.blobs.path(sha256, "png")) as image:
        return image.width


def test_equal_fingerprints_give_equal_files(studio, people, brief, worker):
    ids = [runs.submit(studio, brief(), person=people.carla) for _ in range(2)]
    for run_id in ids:
        carry_out(worker, run_id)
    one, two = (
        {v.fingerprint: v.sha256 for v in runs.variants(studio, i, person=people.carla)}
        for i in ids
    )
    assert one == two


def test_the_estimate_learns_from_how_long_images_took_here(studio, people, brief, worker, run_id):
    before = runs.preview(studio, brief(), person=people.carla).estimated_s
    carry_out(worker, run_id)
    after = runs.preview(studio, brief(), person=people.carla).estimated_s
    assert 0 < after < before  # a flat colour is drawn faster than the profile's machine draws


def test_a_worker_is_known_while_it_is_there(studio, people, clock, worker):
    with present(studio, worker.name, clock=clock):
        [known] = every(studio, person=people.ada)
        assert (known.name, known.state) == (worker.name, WorkerState.STARTING)
        assert "No generator is running" not in said_of_the_generator(studio, clock)
    assert "No generator is running" in said_of_the_generator(studio, clock)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_left_out_and_the_others_rank_the_run(
    studio, people, worker, run_id, look, value
):
    @dataclass
    class Confused(FakeScorer):
        def score(self, base_model, exhibits):
            scores = super().score(base_model, exhibits)
            scores[1]["aesthetic"] = value
            return scores

    carry_out(replace(worker, scorer=Confused()), run_id)
    assert look(run_id).status is RunStatus.SUCCEEDED
    variants = runs.variants(studio, run_id, person=people.carla)
    assert [variant.rank for variant in variants] == [1, 2, 3, 4]
    assert sum("aesthetic" in variant.scores for variant in variants) == 3
    assert not any("aesthetic" in variant.parts for variant in variants)

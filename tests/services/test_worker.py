import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image

from brandstudio.domain.base_model import UpscalerProfile
from brandstudio.domain.run import RunStatus
from brandstudio.services import runs
from brandstudio.services import worker as worker_service
from brandstudio.services.worker import carry_out, take, take_this, work
from tests.conftest import NOON
from tests.fakes import BrokenCard, FlatColour, Gate, SmallDisk, StoppingJudge


@pytest.fixture
def run_id(studio, people, brief):
    return runs.submit(studio, brief(), person=people.carla)


def status(studio, people, run_id):
    return runs.get(studio, run_id, person=people.carla).status


def test_a_run_is_drawn_scored_and_ranked(studio, people, worker, run_id):
    take_this(worker, run_id)
    carry_out(worker, run_id)
    run = runs.get(studio, run_id, person=people.carla)
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
    take_this(worker, run_id)
    carry_out(worker, run_id)
    assert [len(batch) for batch in worker.generator.batches] == [4]


def test_batches_never_mix_what_one_pass_cannot_draw(studio, people, brief):
    run_id = runs.submit(studio, brief(axes={"position": ["left", "right"]}), person=people.carla)
    variants = runs.variants(studio, run_id, person=people.carla)
    mixed = [*variants, replace(variants[0], params=variants[0].params.but(steps=3))]
    groups = list(worker_service.batches(mixed, 3))
    assert [len(group) for group in groups] in ([1, 3, 1], [3, 1, 1])
    assert all(len({v.params.batch_key for v in group}) == 1 for group in groups)


def test_two_workers_never_take_the_same_run(studio, people, brief, worker):
    ids = {runs.submit(studio, brief(), person=people.carla) for _ in range(6)}
    taken: list[int] = []

    def grab(name):
        mine = replace(worker, name=name)
        while (run_id := take(mine)) is not None:
            taken.append(run_id)

    threads = [threading.Thread(target=grab, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(ids)


def test_a_run_whose_worker_stopped_beating_is_taken_over(studio, worker, run_id):
    take_this(worker, run_id)
    other = replace(worker, name="other")
    assert take(other) is None
    later = replace(studio, now=lambda: NOON + timedelta(minutes=2))
    assert take(replace(other, studio=later)) == run_id


def test_cancelling_stops_between_two_steps_and_keeps_what_is_drawn(studio, people, worker, run_id):
    gate = Gate()
    held = replace(worker, generator=FlatColour(before_step=gate))
    take_this(held, run_id)
    thread = threading.Thread(target=carry_out, args=(held, run_id))
    thread.start()
    assert gate.reached.wait(30)
    runs.cancel(studio, run_id, person=people.carla)
    gate.opened.set()
    thread.join(30)
    assert status(studio, people, run_id) is RunStatus.CANCELLED


def test_a_broken_card_fails_the_run_in_words_and_the_next_run_works(studio, people, brief, worker):
    broken = replace(worker, generator=BrokenCard())
    ids = [runs.submit(studio, brief(quality=q), person=people.carla) for q in ("draft", "final")]
    for run_id in ids:
        take_this(broken, run_id)
        carry_out(broken, run_id)
    run = runs.get(studio, ids[1], person=people.carla)
    assert status(studio, people, ids[0]) is RunStatus.SUCCEEDED
    assert run.status is RunStatus.FAILED
    assert run.failure.message == "Something unexpected went wrong while drawing"
    assert "Start the run again" in run.failure.hint


def test_a_full_disk_fails_the_run_in_words_and_keeps_what_was_stored(
    studio, people, worker, run_id
):
    nearly_full = replace(studio, blobs=SmallDisk(studio.blobs.folder, room=4))
    take_this(worker, run_id)
    carry_out(replace(worker, studio=nearly_full), run_id)
    run = runs.get(studio, run_id, person=people.carla)
    assert (run.status, run.drawn_count) == (RunStatus.FAILED, 2)
    assert run.failure.message == "The disk is full, the file was not stored"
    runs.retry(studio, run_id, person=people.carla)
    take_this(worker, run_id)
    carry_out(worker, run_id)
    assert status(studio, people, run_id) is RunStatus.SUCCEEDED


def test_a_failed_run_started_again_draws_only_what_is_missing(studio, people, brief, worker):
    run_id = runs.submit(studio, brief(seeds_per_arm=6), person=people.carla)
    broken = replace(worker, generator=BrokenCard())
    take_this(broken, run_id)
    carry_out(broken, run_id)
    first = [v.sha256 for v in runs.variants(studio, run_id, person=people.carla) if v.sha256]
    assert len(first) == studio.base_model.batch_size
    runs.retry(studio, run_id, person=people.carla)
    take_this(worker, run_id)
    carry_out(worker, run_id)
    assert sum(len(batch) for batch in worker.generator.batches) == 12 - len(first)
    assert status(studio, people, run_id) is RunStatus.SUCCEEDED


def test_a_run_that_killed_the_worker_three_times_is_stopped_with_a_sentence(
    studio, people, worker, run_id
):
    for minutes in range(0, 8, 2):
        later = replace(studio, now=lambda m=minutes: NOON + timedelta(minutes=m))
        assert take(replace(worker, studio=later)) == run_id
    carry_out(worker, run_id)
    run = runs.get(studio, run_id, person=people.carla)
    assert run.status is RunStatus.FAILED
    assert run.failure.message == f"Run {run_id} stopped the worker 3 times"


def test_the_loop_works_through_the_queue_until_told_to_stop(studio, people, worker, run_id):
    stopping = replace(worker, scorer=StoppingJudge(worker.stop))
    work(stopping)
    assert status(studio, people, run_id) is RunStatus.SUCCEEDED


def test_a_worker_told_to_end_gives_its_run_back_and_the_next_one_finishes_it(
    studio, people, worker, run_id
):
    ending = replace(worker, generator=FlatColour(before_step=lambda _step: worker.stop.set()))
    work(ending)
    assert status(studio, people, run_id) is RunStatus.QUEUED
    fresh = replace(worker, stop=threading.Event())
    assert take(fresh) == run_id
    carry_out(fresh, run_id)
    assert status(studio, people, run_id) is RunStatus.SUCCEEDED


def test_a_run_of_a_worker_that_was_killed_here_is_taken_over_at_once(
    studio, people, worker, run_id
):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    killed = replace(worker, name=worker_service.worker_name().rpartition(":")[0] + f":{gone.pid}")
    assert take(killed) == run_id
    assert take(worker) is None
    worker_service.take_over_from_the_dead(worker)
    assert take(worker) == run_id


def test_a_worker_that_lost_its_run_to_another_changes_nothing_any_more(
    studio, people, worker, run_id
):
    slow = replace(worker, name="slow:1")
    take_this(slow, run_id)
    later = replace(studio, now=lambda: NOON + timedelta(minutes=2))
    other = replace(worker, name="other:1", studio=later)
    assert take(other) == run_id
    carry_out(slow, run_id)
    assert status(studio, people, run_id) is RunStatus.RUNNING
    carry_out(other, run_id)
    assert status(studio, people, run_id) is RunStatus.SUCCEEDED


def test_a_base_model_with_an_upscaler_keeps_a_larger_copy_beside_the_image(
    studio, people, worker, run_id
):
    upscaler = UpscalerProfile(
        file="up.safetensors", sha256="0" * 64, scale=3, max_upscale=3, licence="none"
    )
    larger = replace(worker, studio=with_upscaler(studio, upscaler))
    take_this(larger, run_id)
    carry_out(larger, run_id)
    for variant in runs.variants(studio, run_id, person=people.carla):
        assert variant.enlarged.upscaler_sha256 == upscaler.sha256
        assert width_of(studio, variant.enlarged.sha256) == 3 * variant.params.width_px
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
        take_this(worker, run_id)
        carry_out(worker, run_id)
    one, two = (
        {v.fingerprint: v.sha256 for v in runs.variants(studio, i, person=people.carla)}
        for i in ids
    )
    assert one == two


def test_the_estimate_learns_from_how_long_runs_took_here(studio, people, brief, worker):
    moments = iter([NOON + timedelta(seconds=s) for s in range(0, 100_000, 2)])
    ticking = replace(studio, now=lambda: next(moments))
    before = runs.preview(studio, brief()).estimated_s
    run_id = runs.submit(ticking, brief(), person=people.carla)
    held = replace(worker, studio=ticking)
    take_this(held, run_id)
    carry_out(held, run_id)
    run = runs.get(studio, run_id, person=people.carla)
    took = (run.finished_at - run.started_at).total_seconds()
    assert runs.preview(studio, brief()).estimated_s == pytest.approx(took)
    assert took != before

"""A variant of which the model drew nothing: it fails alone, in words, and can be drawn again."""

from dataclasses import dataclass, replace

import pytest

from brandstudio.domain.review import Verdict
from brandstudio.domain.run import RunStatus
from brandstudio.errors import NotFoundError, RunStateError
from brandstudio.services import reviews, runs
from brandstudio.services.operations import health
from brandstudio.services.work.redraw import redraw
from brandstudio.services.work.worker import carry_out, perform
from brandstudio.services.work.workers import present
from tests.fakes import EMPTY, FakeScorer, FlatColour, Overflowing
from tests.services.tasks import take_task


@pytest.fixture
def run_id(studio, people, brief):
    return runs.submit(studio, brief(seeds_per_arm=3), person=people.carla)


@pytest.fixture
def variants(studio, people, run_id):
    return lambda: sorted(runs.variants(studio, run_id, person=people.carla), key=lambda v: v.index)


@pytest.fixture
def seeds(variants):
    return sorted({variant.seed for variant in variants()})


@pytest.fixture
def spoilt(worker, seeds):
    """A worker that draws nothing for one seed of three."""
    return replace(worker, generator=Overflowing(seeds=frozenset(seeds[:1])))


@pytest.fixture
def look(studio, people, run_id):
    return lambda: runs.get(studio, run_id, person=people.carla)


def test_the_others_of_its_batch_are_kept_and_ranked(spoilt, run_id, variants, look):
    carry_out(spoilt, run_id)
    failed = [v for v in variants() if v.failure]
    whole = [v for v in variants() if not v.failure]
    assert (len(failed), len(whole)) == (2, 4)
    assert {(v.status, v.sha256, v.rank) for v in failed} == {(RunStatus.FAILED, None, None)}
    assert {v.failure for v in failed} == {EMPTY}
    assert sorted(v.rank for v in whole) == [1, 2, 3, 4]
    run = look()
    assert (run.status, run.drawn_count, run.failure) == (RunStatus.SUCCEEDED, 4, None)
    assert run.steps_done == run.steps_total


def test_it_never_comes_to_review(studio, people, spoilt, run_id, variants):
    carry_out(spoilt, run_id)
    failed = next(v for v in variants() if v.failure)
    with pytest.raises(NotFoundError, match="drawn variant"):
        reviews.decide(studio, failed.id, Verdict.SUBMIT, person=people.carla)


def test_a_run_without_any_image_fails_and_can_be_started_again(
    studio, people, worker, seeds, run_id, variants, look
):
    carry_out(replace(worker, generator=Overflowing(seeds=frozenset(seeds))), run_id)
    run = look()
    assert (run.status, run.failure) == (RunStatus.FAILED, EMPTY)
    runs.retry(studio, run_id, person=people.carla)
    assert not any(v.failure for v in variants())
    carry_out(worker, run_id)
    assert (look().status, look().drawn_count) == (RunStatus.SUCCEEDED, 6)


def test_it_is_drawn_again_alone_and_the_run_is_ranked_anew(
    studio, people, worker, spoilt, run_id, variants, look
):
    carry_out(spoilt, run_id)
    before = {v.id: v.sha256 for v in variants() if not v.failure}
    assert redraw(studio, run_id, person=people.carla) == 2
    assert look().status is RunStatus.QUEUED
    fresh = replace(worker, generator=FlatColour())
    carry_out(fresh, run_id)
    assert sum(len(batch) for batch in fresh.generator.batches) == 2
    assert {v.id: v.sha256 for v in variants() if v.id in before} == before
    assert sorted(v.rank for v in variants()) == [1, 2, 3, 4, 5, 6]
    assert not any(v.failure for v in variants())
    with pytest.raises(RunStateError, match="missing, damaged or empty"):
        redraw(studio, run_id, person=people.carla)


def test_what_is_empty_once_more_says_so_once_more(studio, people, spoilt, run_id, variants, look):
    carry_out(spoilt, run_id)
    redraw(studio, run_id, person=people.carla)
    carry_out(spoilt, run_id)
    assert look().status is RunStatus.SUCCEEDED
    assert sum(v.failure == EMPTY for v in variants()) == 2


@pytest.mark.usefixtures("seeds")
def test_an_approved_image_that_was_lost_and_comes_back_empty_has_no_rank(
    studio, people, worker, run_id, variants, look
):
    carry_out(worker, run_id)
    lost = variants()[0]
    reviews.decide(studio, lost.id, Verdict.SUBMIT, person=people.carla)
    reviews.decide(studio, lost.id, Verdict.APPROVE, person=people.rita)
    studio.blobs.path(lost.sha256, "png").unlink()
    redraw(studio, run_id, person=people.carla)
    carry_out(replace(worker, generator=Overflowing(seeds=frozenset([lost.seed]))), run_id)
    now = variants()[0]
    assert (now.rank, now.scores, now.failure, now.sha256) == (None, {}, EMPTY, lost.sha256)
    assert sorted(v.rank for v in variants() if v.rank) == [1, 2, 3, 4, 5]
    assert look().status is RunStatus.SUCCEEDED


@pytest.mark.usefixtures("studio", "run_id")
def test_who_lost_the_lease_cannot_fail_a_variant(worker, spoilt, variants):
    late = take_task(spoilt)
    taken = take_task(replace(worker, name=spoilt.name))  # gives back what that name still held
    perform(spoilt, late)
    assert not any(v.failure for v in variants())
    perform(worker, taken)


def test_the_judge_sees_only_what_was_drawn(spoilt, run_id):
    @dataclass
    class Counting(FakeScorer):
        scored: int = 0

        def score(self, base_model, exhibits):
            self.scored += len(exhibits)
            return super().score(base_model, exhibits)

    scorer = Counting()
    carry_out(replace(spoilt, scorer=scorer), run_id)
    assert scorer.scored == 4


def test_monitors_count_it_until_it_is_drawn(studio, people, worker, spoilt, run_id):
    with present(studio, "w:1"):
        carry_out(spoilt, run_id)
        assert health.gauges(studio).figures.failures == {"DefectiveImageError": 2}
        redraw(studio, run_id, person=people.carla)
        carry_out(worker, run_id)
        assert health.gauges(studio).figures.failures == {}


@pytest.mark.usefixtures("people")
def test_how_an_image_was_drawn_is_in_its_provenance(studio, worker, run_id, variants):
    @dataclass
    class Thrifty(FlatColour):
        def generate(self, batch, *, on_step):
            images = super().generate(batch, on_step=on_step)
            images[0].info["drawn_with"] = "decoding in tiles"
            return images

    carry_out(replace(worker, generator=Thrifty()), run_id)
    thrifty = [v for v in variants() if "drawn_with" in v.described]
    assert [v.described["drawn_with"] for v in thrifty] == ["decoding in tiles"] * 2
    assert b"Drawn with: decoding in tiles" in studio.blobs.get(thrifty[0].sha256, "png")
    other = next(v for v in variants() if v not in thrifty)
    assert b"Drawn with" not in studio.blobs.get(other.sha256, "png")

"""A harness that finds nothing proves nothing: each loss, made by hand, is found and named."""

from collections import Counter

import pytest
from sqlalchemy import select, update

from brandstudio.domain.review import Verdict
from brandstudio.services import reviews, runs
from brandstudio.storage.tables.decisions import DecisionRow
from brandstudio.storage.tables.runs import RunRow, VariantRow
from campaigns.faults.crowd import Memory
from campaigns.faults.soundness import (
    Expected,
    after_start_up,
    of_database,
    of_promises,
    of_variants,
)
from tests.small_studio import Image

PER_RUN = 4


@pytest.fixture
def memory(studio, people, drawn_run):
    """What carla was told: her run, and that one variant of it was submitted."""
    with studio.database.writing() as session:
        session.execute(update(RunRow).values(idempotency_key="key"))
    variant = runs.variants(studio, drawn_run, person=people.carla)[0]
    said = reviews.decide(
        studio, variant.id, Verdict.SUBMIT, person=people.carla, request_id="click"
    )
    return Memory(runs={"key": drawn_run}, decided=[("click", variant.id, said.version, "submit")])


@pytest.fixture
def expected(studio, people, drawn_run):
    variants = runs.variants(studio, drawn_run, person=people.carla)
    images = {v.fingerprint: Image(v.sha256, v.upscaled.sha256) for v in variants}
    return Expected(images, studio, parts=None, batch_size=1)


def wrong(found):
    quiet = {"runs", "variants", "equal_files", "swept_parts", "swept_orphans"}
    return {name: count for name, count in found.items() if count and name not in quiet}


def everything(studio, memory, expected):
    found = Counter()
    found += of_database(studio) + of_promises(studio, memory)
    found += of_variants(studio, expected, PER_RUN)
    return wrong(found)


def test_nothing_is_wrong_with_a_studio_to_which_nothing_happened(studio, memory, expected):
    assert everything(studio, memory, expected) == {}
    assert wrong(after_start_up(studio)) == {}


def test_an_answer_without_a_row_is_a_loss(studio, memory, expected):
    memory.decided.append(("another click", 1, 1, "submit"))
    memory.runs["another key"] = 99
    assert everything(studio, memory, expected) == {"lost_decisions": 1, "lost_runs": 1}


def test_a_row_that_nobody_was_told_of_is_found(studio, memory, expected):
    memory.decided.clear()
    memory.refused.append(("click", 1))
    found = everything(studio, memory, expected)
    assert found == {"untold_decisions": 1, "refused_but_stored": 1}


def test_a_variant_that_is_gone_is_missed(studio, memory, expected):
    with studio.database.writing() as session:
        free = VariantRow.id.not_in(select(DecisionRow.variant_id))
        session.delete(session.scalars(select(VariantRow).where(free).limit(1)).one())
    assert everything(studio, memory, expected) == {"missing_variants": 1}


def test_an_image_that_came_out_otherwise_is_unequal(studio, memory, expected):
    fingerprint = next(iter(expected.images))
    expected.images[fingerprint] = Image("0" * 64, expected.images[fingerprint].upscaled)
    found = everything(studio, memory, expected)
    assert found.keys() == {"unequal_files"}


@pytest.mark.usefixtures("memory")
def test_a_file_that_is_gone_and_one_too_many_are_found_after_the_start(studio, expected):
    lost = next(iter(expected.images.values()))
    studio.blobs.path(lost.sha256, "png").unlink()
    assert after_start_up(studio)["missing_files"] == 1
    studio.blobs.put(b"nobody needs this", "png")
    assert after_start_up(studio)["swept_orphans"] == 1

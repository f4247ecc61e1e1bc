"""Images attached to a brief: whose they are, how long they stay, where they go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from brandstudio.errors import BriefError, LostFileError, NotFoundError
from brandstudio.services import runs, uploads
from brandstudio.services.operations import upkeep
from brandstudio.services.operations.store_listing import take_stock
from tests.conftest import NOON
from tests.hostile_images import base_images

PNG, JPEG = base_images()["png"], base_images()["jpeg"]
DAY = timedelta(hours=24, seconds=1)


@pytest.fixture
def upload(studio, people):
    """Carla's image, in no run yet."""
    return uploads.store(studio, PNG, name="can.png", person=people.carla)


def problems_of(studio, form, person):
    """What is wrong with the brief, as its author is told."""
    with pytest.raises(BriefError) as refused:
        runs.preview(studio, form, person=person)
    with pytest.raises(BriefError) as again:
        runs.submit(studio, form, person=person)
    assert again.value.problems == refused.value.problems
    return [(p.place, p.message) for p in refused.value.problems]


def test_a_brief_keeps_its_references_in_their_order(studio, people, brief):
    ids = [uploads.store(studio, c, name="a", person=people.carla).id for c in (PNG, JPEG)]
    run_id = runs.submit(studio, brief(references=ids[::-1]), person=people.carla)
    run = runs.get(studio, run_id, person=people.rita)
    assert [reference.id for reference in run.references] == ids[::-1]
    assert run.brief.references == tuple(ids[::-1])
    [listed] = runs.recent(studio, person=people.rita)
    assert listed.references == run.references


def test_references_are_looked_at_and_change_no_image(studio, people, brief, upload):
    with_one = runs.preview(studio, brief(references=[upload.id]), person=people.carla)
    without = runs.preview(studio, brief(), person=people.carla)
    assert with_one.variants == without.variants
    assert brief(references=[upload.id]).digest != brief().digest


def test_somebody_elses_image_answers_like_one_that_does_not_exist(studio, people, brief, upload):
    for attempt in (
        lambda n: uploads.get(studio, n, person=people.rita),
        lambda n: uploads.image(studio, n, upload.sha256, person=people.rita),
        lambda n: uploads.remove(studio, n, person=people.rita),
        lambda n: uploads.get(studio, n, person=people.ada),
    ):
        told = []
        for number in (upload.id, 999):
            with pytest.raises(NotFoundError) as refused:
                attempt(number)
            told.append(str(refused.value).replace(str(number), "N"))
        assert told[0] == told[1]
    foreign = problems_of(studio, brief(references=[upload.id]), people.rita)
    missing = problems_of(studio, brief(references=[999]), people.rita)
    assert str(foreign).replace(f"image {upload.id}", "N") == str(missing).replace("image 999", "N")


def test_once_in_a_run_it_is_for_everybody_who_may_see_the_run(studio, people, brief, upload):
    runs.submit(studio, brief(references=[upload.id]), person=people.carla)
    assert uploads.get(studio, upload.id, person=people.rita).name == "can.png"
    file = uploads.image(studio, upload.id, upload.sha256, person=people.rita)
    assert file.read_bytes()[8:12] == b"WEBP"
    with pytest.raises(NotFoundError):
        uploads.image(studio, upload.id, "0" * 64, person=people.rita)


def test_a_brief_can_be_used_again_with_its_references_by_others_of_the_brand(
    studio, people, brief, upload
):
    runs.submit(studio, brief(references=[upload.id]), person=people.carla)
    again = runs.submit(studio, brief(references=[upload.id]), person=people.rita)
    assert [r.id for r in runs.get(studio, again, person=people.rita).references] == [upload.id]


def test_an_image_of_one_brands_run_goes_into_no_other_brands_brief(studio, people, brief, upload):
    runs.submit(studio, brief(references=[upload.id]), person=people.carla)
    other = next(b for b in studio.catalogue.brands.values() if b.slug != "voltra")
    content = {
        "brand": other.slug,
        "template": other.templates[0],
        "layout": other.layouts[0],
        "references": [upload.id],
        "placements": [],
    }
    for person in (people.rita, people.carla):
        found = problems_of(studio, brief(**content), person)
        assert ("references", f"image {upload.id} cannot be used here; attach it again") in found


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ([1, 1], "attached twice"),
        ([1, 2, 3, 4, 5], "5 images are attached; at most 4 fit"),
        ([7], "image 7 cannot be used here"),
    ],
)
@pytest.mark.usefixtures("upload")
def test_wrong_references_are_named_like_every_other_field(
    studio, people, brief, references, message
):
    found = problems_of(studio, brief(references=references, answers={}), people.carla)
    assert any(place == "references" and message in text for place, text in found)
    assert any(place == "answers.headline" for place, _ in found)


def test_images_that_wait_for_a_brief_are_counted_for_each_person(
    studio, people, brief, monkeypatch
):
    monkeypatch.setattr(uploads, "MAX_UNCLAIMED", 2)
    kept = [uploads.store(studio, PNG, name="a", person=people.carla).id for _ in range(2)]
    with pytest.raises(uploads.TooManyUploadsError, match="2 images of yours wait"):
        uploads.store(studio, PNG, name="a", person=people.carla)
    uploads.store(studio, PNG, name="a", person=people.rita)
    uploads.remove(studio, kept[0], person=people.carla)
    uploads.store(studio, PNG, name="a", person=people.carla)
    runs.submit(studio, brief(references=[kept[1]]), person=people.carla)
    uploads.store(studio, PNG, name="a", person=people.carla)


def test_an_image_in_a_run_stays_with_it(studio, people, brief, upload):
    runs.submit(studio, brief(references=[upload.id]), person=people.carla)
    with pytest.raises(uploads.UploadInUseError, match="in a run already"):
        uploads.remove(studio, upload.id, person=people.carla)


def test_ids_are_not_used_twice(studio, people, upload):
    uploads.remove(studio, upload.id, person=people.carla)
    assert uploads.store(studio, PNG, name="b", person=people.carla).id > upload.id


def test_what_nobody_used_within_a_day_goes_with_its_file_and_the_rest_stays(
    studio, people, brief, upload
):
    used = uploads.store(studio, JPEG, name="used", person=people.carla)
    runs.submit(studio, brief(references=[used.id]), person=people.carla)
    assert upkeep.at_start(studio).uploads_removed == 0
    # By the clock of the rows, and, for their files, by the disk's.
    later = replace(studio, now=lambda: datetime.now(UTC) + timedelta(days=400))
    report = upkeep.at_start(later)
    assert (report.uploads_removed, report.orphans_removed, report.lost) == (1, 1, ())
    assert not studio.blobs.exists(upload.sha256, "webp")
    assert studio.blobs.exists(used.sha256, "webp")
    with pytest.raises(NotFoundError):
        uploads.get(studio, upload.id, person=people.carla)


def test_an_image_that_went_in_the_meantime_cannot_be_submitted_any_more(
    studio, people, brief, upload
):
    form = brief(references=[upload.id])
    runs.preview(studio, form, person=people.carla)
    upkeep.forget_unclaimed(replace(studio, now=lambda: NOON + DAY))
    with pytest.raises(BriefError, match="cannot be used here"):
        runs.submit(studio, form, person=people.carla)
    assert runs.recent(studio, person=people.carla) == ()


def test_the_same_bytes_twice_are_two_uploads_and_one_file(studio, people, upload):
    now = replace(studio, now=lambda: datetime.now(UTC))
    first = uploads.store(now, PNG, name="first.png", person=people.rita)
    second = uploads.store(now, PNG, name="other.png", person=people.rita)
    assert (second.sha256, second.id) == (first.sha256, first.id + 1)
    orphan = studio.blobs.put(JPEG, "webp")
    uploads.remove(studio, upload.id, person=people.carla)
    uploads.remove(studio, first.id, person=people.rita)
    later = replace(studio, now=lambda: datetime.now(UTC) + timedelta(hours=1))
    upkeep.at_start(later, grace=timedelta(0))
    assert studio.blobs.exists(second.sha256, "webp")
    assert not studio.blobs.exists(orphan, "webp")


def test_a_lost_file_is_named_and_says_what_helps(studio, people, upload):
    studio.blobs.path(upload.sha256, "webp").unlink()
    with pytest.raises(LostFileError, match=r"The image 'can\.png' is missing") as lost:
        uploads.image(studio, upload.id, upload.sha256, person=people.carla)
    assert "Attach the image" in lost.value.hint
    [found] = take_stock(studio).lost
    assert found.owner == f"the uploaded image {upload.id}"

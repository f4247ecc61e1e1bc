import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from brandstudio.domain.review import Verdict
from brandstudio.errors import LostFileError, RunStateError
from brandstudio.services import images, packs, reviews, runs
from brandstudio.services.operations import upkeep
from brandstudio.services.operations.store_listing import take_stock
from brandstudio.services.work.disk_reserve import disk_reserve, has_reserve
from brandstudio.services.work.redraw import redraw
from brandstudio.services.work.worker import carry_out, take
from brandstudio.storage.blobs import BlobKind, LocalBlobs
from brandstudio.storage.tables.runs import VariantRow
from tests.conftest import NOON
from tests.storage.disks import Small

NO_GRACE = timedelta(0)
LATER = timedelta(days=400)  # the files of a test are written now, whenever that is


@pytest.fixture
def later(studio):
    """The same studio, so much later that every file in it is old."""
    return replace(studio, now=lambda: datetime.now(UTC) + LATER)


def kinds(studio):
    return {found.kind for found in studio.blobs.survey()}


def flip(studio, sha256):
    file = studio.blobs.path(sha256, "png")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_upkeep_removes_parts_and_orphans_and_leaves_what_rows_need(later, drawn_run, people):
    orphan = later.blobs.put(b"nobody's", "png")
    (later.blobs.folder / "half.png.part").write_bytes(b"half")
    report = upkeep.at_start(later)
    assert (report.parts_removed, report.orphans_removed, report.lost) == (1, 1, ())
    assert not later.blobs.exists(orphan, "png")
    for variant in runs.variants(later, drawn_run, person=people.carla):
        assert later.blobs.verify(variant.sha256, "png")
        assert later.blobs.verify(variant.upscaled.sha256, "png")
    assert upkeep.last_report(later) == report


def test_an_orphan_within_the_grace_may_still_get_its_row(studio):
    fresh = replace(studio, now=lambda: datetime.now(UTC))
    orphan = fresh.blobs.put(b"its row comes soon", "png")
    assert upkeep.at_start(fresh).orphans_removed == 0
    assert fresh.blobs.exists(orphan, "png")


def test_upkeep_lists_what_is_missing_with_its_owner(studio, drawn_run, people):
    first = runs.variants(studio, drawn_run, person=people.carla)[0]
    studio.blobs.path(first.sha256, "png").unlink()
    [lost] = upkeep.at_start(studio).lost
    assert (lost.owner, lost.state) == (f"the image of variant {first.id}", "missing")


@dataclass(frozen=True, slots=True)
class Arriving(LocalBlobs):
    """A store in which a file comes just after the walk has passed its place."""

    content: bytes = b""

    def survey(self):
        yield from LocalBlobs.survey(self)
        self.put(self.content, "png")


def test_an_image_that_is_stored_while_the_store_is_walked_is_not_called_missing(
    studio, drawn_run, people
):
    first = runs.variants(studio, drawn_run, person=people.carla)[0]
    file = studio.blobs.path(first.sha256, "png")
    content = file.read_bytes()
    file.unlink()
    arriving = replace(studio, blobs=Arriving(studio.blobs.folder, content=content))
    assert take_stock(arriving).lost == ()


def test_seven_nights_read_every_file_and_find_the_one_that_changed(studio, drawn_run, people):
    spoiled = runs.variants(studio, drawn_run, person=people.carla)[2]
    flip(studio, spoiled.sha256)
    read, lost = 0, []
    for night in range(7):
        that_night = replace(studio, now=lambda n=night: NOON + timedelta(days=n))
        report = upkeep.nightly(that_night, grace=LATER)
        read += report.scrubbed
        lost = report.lost
    assert read == 8
    assert [(each.owner, each.state) for each in lost] == [
        (f"the image of variant {spoiled.id}", "damaged")
    ]


def test_a_damaged_image_is_refused_by_name_and_can_be_stored_again(studio, people, pending):
    bad = pending[0]
    reviews.decide(studio, bad.id, Verdict.APPROVE, person=people.rita)
    good_bytes = studio.blobs.get(bad.sha256, "png")
    flip(studio, bad.sha256)
    with pytest.raises(LostFileError, match=f"The image of variant {bad.id} is damaged"):
        packs.build(studio, [bad.id], [], person=people.carla)
    with pytest.raises(LostFileError, match=f"The image of variant {bad.id} is damaged"):
        images.original(studio, bad.sha256, person=people.carla)
    assert packs.recent(studio, person=people.carla) == ()
    studio.blobs.put(good_bytes, "png")
    assert packs.build(studio, [bad.id], [], person=people.carla).rendition_count == 2


def test_a_missing_image_is_refused_by_name(studio, people, pending):
    gone = pending[0]
    reviews.decide(studio, gone.id, Verdict.APPROVE, person=people.rita)
    studio.blobs.path(gone.upscaled.sha256, "png").unlink()
    with pytest.raises(LostFileError, match=f"enlarged image of variant {gone.id} is missing"):
        packs.build(studio, [gone.id], [], person=people.carla)


def test_a_pack_that_changed_on_the_disk_is_not_handed_out(studio, people, pending):
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    pack = packs.build(studio, [pending[0].id], [], person=people.carla)
    file = packs.open_file(studio, pack.id, person=people.carla)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    for _ in range(2):
        with pytest.raises(LostFileError, match=f"The ZIP of pack {pack.id} is damaged"):
            packs.open_file(studio, pack.id, person=people.carla)


def test_rejected_images_go_after_their_days_and_their_decisions_stay(studio, people, pending):
    rejected, shared, approved = pending[:3]
    with studio.database.writing() as session:
        session.get(VariantRow, shared.id).sha256 = approved.sha256
    for variant in (rejected, shared):
        reviews.decide(studio, variant.id, Verdict.REJECT, person=people.rita, comment="no")
    reviews.decide(studio, approved.id, Verdict.APPROVE, person=people.rita)
    keeping = studio.settings.model_copy(update={"keep_rejected_days": 30})
    young = replace(studio, settings=keeping, now=lambda: NOON + timedelta(days=29))
    assert upkeep.nightly(young, grace=LATER).rejected_removed == 0
    old = replace(young, now=lambda: NOON + timedelta(days=31))
    report = upkeep.nightly(old, grace=LATER)
    assert (report.rejected_removed, report.lost) == (3, ())
    assert not studio.blobs.exists(rejected.sha256, "png")
    assert studio.blobs.exists(approved.sha256, "png")
    with pytest.raises(LostFileError, match="is removed"):
        images.original(studio, rejected.sha256, person=people.carla)
    assert [d.verdict for d in reviews.history(studio, rejected.id, person=people.carla)] == [
        Verdict.SUBMIT,
        Verdict.REJECT,
    ]


def test_retention_is_off_unless_it_is_asked_for(studio, people, pending):
    reviews.decide(studio, pending[0].id, Verdict.REJECT, person=people.rita, comment="no")
    old = replace(studio, now=lambda: NOON + LATER)
    assert upkeep.nightly(old, grace=10 * LATER).rejected_removed == 0


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2026-11-20T12:00", True),
        ("2026-11-20T03:00", "2026-11-20T12:00", False),
        ("2026-11-20T02:59", "2026-11-20T03:00", True),
        ("2026-11-19T03:10", "2026-11-20T02:50", False),
        ("2026-11-17T03:10", "2026-11-20T02:50", True),
    ],
)
def test_the_nightly_upkeep_comes_once_a_night_and_is_made_up_for(last, now, due):
    def moment(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert upkeep.is_due(last and moment(last), moment(now), hour=3) is due


def test_one_worker_of_many_does_the_upkeep(studio, caplog):
    caplog.set_level("INFO", logger="brandstudio")
    stop = threading.Event()
    stop.set()
    threads = [upkeep.start(studio, stop) for _ in range(3)]
    for thread in threads:
        thread.join()
    assert upkeep.last_report(studio) is not None


def test_upkeep_survives_what_nobody_expected(studio, caplog):
    def broken():
        raise ValueError("a bug")

    stop = threading.Event()
    stop.set()
    upkeep.start(replace(studio, now=broken), stop).join()
    assert "unexpected failure" in caplog.text


def test_drawing_pauses_below_the_reserve_and_goes_on_by_itself(studio, worker, people, brief):
    run_id = runs.submit(studio, brief(), person=people.carla)
    small = replace(studio, blobs=LocalBlobs(studio.blobs.folder, disk=Small(1_500_000_000)))
    assert take(replace(worker, studio=small)) is None
    assert "1.5 GB of the disk are free, and 2.0 GB are kept" in disk_reserve(small).sentence
    assert has_reserve(studio)
    assert disk_reserve(studio).sentence == ""
    assert take(worker).run_id == run_id


def test_the_reserve_is_the_smaller_of_its_two_settings(studio):
    tiny = Small(600_000_000, total_bytes=10_000_000_000)
    assert disk_reserve(replace(studio, blobs=LocalBlobs(studio.blobs.folder, disk=tiny))).is_enough


def test_upkeep_knows_nothing_of_links_but_tells_of_them(studio, tmp_path):
    studio.blobs.put(b"image", "png")
    (studio.blobs.folder / "ab").symlink_to(tmp_path)
    report = upkeep.at_start(studio)
    assert report.strange == ("ab",)
    assert BlobKind.WHOLE in kinds(studio)


def test_a_lost_image_is_drawn_again_with_the_same_bytes(studio, worker, people, pending):
    bad, gone = pending[0], pending[1]
    flip(studio, bad.sha256)
    studio.blobs.path(gone.upscaled.sha256, "png").unlink()
    upkeep.scrub(studio, [(bad.sha256, "png")])
    assert redraw(studio, bad.run_id, person=people.carla) == 2
    with pytest.raises(RunStateError, match="being drawn already"):
        redraw(studio, bad.run_id, person=people.carla)
    carry_out(worker, bad.run_id)
    assert upkeep.at_start(studio).lost == ()
    now = {v.id: v for v in runs.variants(studio, bad.run_id, person=people.carla)}
    assert (now[bad.id].sha256, now[bad.id].review) == (bad.sha256, bad.review)
    with pytest.raises(RunStateError, match="missing, damaged or empty"):
        redraw(studio, bad.run_id, person=people.carla)


def elsewhere_meanwhile(do):
    """A kind of store during whose every answer somebody else changes the database."""

    @dataclass(frozen=True, slots=True)
    class Slow(LocalBlobs):
        def path(self, sha256, suffix):
            do()
            return LocalBlobs.path(self, sha256, suffix)

        def exists(self, sha256, suffix):
            do()
            return LocalBlobs.exists(self, sha256, suffix)

    return Slow


def test_a_slow_store_keeps_nobody_from_deciding_while_lost_images_are_looked_for(
    studio, people, pending
):
    said = iter(pending)

    def approve():
        variant = next(said, None)
        if variant:
            reviews.decide(studio, variant.id, Verdict.APPROVE, person=people.rita)

    studio.blobs.path(pending[0].sha256, "png").unlink()
    slow = replace(studio, blobs=elsewhere_meanwhile(approve)(studio.blobs.folder))
    assert redraw(slow, pending[0].run_id, person=people.carla) == 1
    assert next(said, None) is None


def test_a_rejection_taken_back_while_retention_looks_keeps_its_image(studio, people, pending):
    rejected, reopened = pending[:2]
    for variant in (rejected, reopened):
        reviews.decide(studio, variant.id, Verdict.REJECT, person=people.rita, comment="no")
    again = iter([reopened])

    def reopen():
        for variant in again:
            reviews.decide(studio, variant.id, Verdict.REOPEN, person=people.rita)

    keeping = studio.settings.model_copy(update={"keep_rejected_days": 30})
    later = NOON + timedelta(days=31)
    store = elsewhere_meanwhile(reopen)(studio.blobs.folder)
    old = replace(studio, settings=keeping, now=lambda: later, blobs=store)
    assert upkeep.forget_rejected(old) == 2
    assert studio.blobs.exists(reopened.sha256, "png")
    assert not studio.blobs.exists(rejected.sha256, "png")
    assert upkeep.forget_rejected(old) == 0

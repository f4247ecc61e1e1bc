"""Whoever works for one brand finds no trace of another, whatever they ask for."""

import csv
import io
import json
from dataclasses import replace
from zipfile import ZipFile

import pytest
from sqlalchemy import update

from brandstudio.domain.audit_log.entries import Sought
from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.domain.review import ReviewStatus, Verdict
from brandstudio.domain.run import RunStatus
from brandstudio.errors import BriefError, ForbiddenError, LostFileError, NotFoundError
from brandstudio.services import audit_log, images, packs, reviews, runs
from brandstudio.services.people import sessions, users
from brandstudio.services.work.redraw import redraw
from brandstudio.services.work.worker import carry_out
from brandstudio.storage.tables.runs import RunRow, VariantRow
from tests.conftest import PASSWORD

UNKNOWN = 999_999


@pytest.fixture
def added(studio):
    operator = users.operator(studio)

    def add(name, roles):
        return users.add(studio, name, roles, PASSWORD, by=operator)

    return add


@pytest.fixture
def stranger(added):
    """The owner of another brand than that of the runs here."""
    return added("sol", {"solenne": Role.BRAND_OWNER})


@pytest.fixture
def owner(added):
    return added("vera", {"voltra": Role.BRAND_OWNER})


@pytest.fixture
def approved(studio, people, pending):
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    return pending[0]


ASKED = {
    "a run": lambda s, p, run, v: runs.get(s, run, person=p),
    "its variants": lambda s, p, run, v: runs.variants(s, run, person=p),
    "to cancel it": lambda s, p, run, v: runs.cancel(s, run, person=p),
    "to pause it": lambda s, p, run, v: runs.pause(s, run, person=p),
    "to resume it": lambda s, p, run, v: runs.resume(s, run, person=p),
    "to start it again": lambda s, p, run, v: runs.retry(s, run, person=p),
    "to draw it again": lambda s, p, run, v: redraw(s, run, person=p),
    "what was said": lambda s, p, run, v: reviews.history(s, v, person=p),
    "to approve": lambda s, p, run, v: reviews.decide(s, v, Verdict.APPROVE, person=p),
    "to submit": lambda s, p, run, v: reviews.decide(s, v, Verdict.SUBMIT, person=p),
    "a rendition": lambda s, p, run, v: packs.preview_rendition(s, v, "story", person=p),
    "a pack": lambda s, p, run, v: packs.build(s, [v], ["story"], person=p),
}


@pytest.mark.parametrize("what", ASKED)
def test_another_brands_things_answer_exactly_like_things_that_do_not_exist(
    studio, pending, stranger, what
):
    run, variant = pending[0].run_id, pending[0].id
    said = []
    for numbers in ((run, variant), (UNKNOWN, UNKNOWN)):
        with pytest.raises(NotFoundError) as told:
            ASKED[what](studio, stranger, *numbers)
        text = f"{told.value} {told.value.hint}"
        said.append(text.replace(str(UNKNOWN), "N").replace(f"'{numbers[0]}'", "'N'"))
    assert said[0].replace(f"'{variant}'", "'N'") == said[1]


def test_a_pack_of_another_brand_does_not_exist(studio, people, approved, stranger):
    pack = packs.build(studio, [approved.id], ["story"], person=people.rita)
    for number in (pack.id, UNKNOWN):
        with pytest.raises(NotFoundError, match=f"There is no pack '{number}'"):
            packs.open_file(studio, number, person=stranger)


def test_an_image_of_another_brand_does_not_exist(studio, pending, stranger, owner):
    for sha256 in (pending[0].sha256, pending[0].upscaled.sha256):
        assert images.original(studio, sha256, person=owner).is_file()
        with pytest.raises(NotFoundError, match=f"There is no image '{sha256[:12]}'"):
            images.thumbnail(studio, sha256, person=stranger, width_px=128)
    with pytest.raises(NotFoundError, match="There is no image '000000000000'"):
        images.original(studio, "0" * 64, person=stranger)


def test_lists_hold_only_what_is_of_ones_own_brands(studio, people, approved, stranger, owner):
    packs.build(studio, [approved.id], ["story"], person=people.rita)
    for person, count in ((stranger, 0), (owner, 1), (people.ada, 1)):
        assert len(runs.recent(studio, person=person)) == count
        assert len(runs.recent(studio, person=person, brand="voltra")) == count
        assert len(packs.assets(studio, person=person)) == count
        assert len(packs.recent(studio, person=person)) == count
        assert len(reviews.queue(studio, person=person)) == 3 * count
        assert reviews.waiting(studio, person=person) == 3 * count


def test_a_brief_for_another_brand_is_refused_like_one_for_no_brand(studio, brief, stranger):
    said = []
    for slug in ("voltra", "nobody"):
        with pytest.raises(BriefError) as told:
            runs.submit(studio, brief(brand=slug), person=stranger)
        said.append(str(told.value).replace(slug, "X"))
    assert said[0] == said[1]
    assert "voltra" not in said[1]


def test_the_catalogue_names_no_other_brand(studio, stranger, people):
    assert set(studio.catalogue_for(stranger).brands) == {"solenne"}
    assert studio.catalogue_for(people.ada) is studio.catalogue
    with pytest.raises(NotFoundError, match="there are: solenne"):
        images.brand_file(studio, "voltra", "logo.svg", person=stranger)


@pytest.mark.usefixtures("pending")
def test_who_has_no_role_sees_nothing_and_makes_nothing(studio, brief, added):
    nobody = added("new", {})
    assert runs.recent(studio, person=nobody) == ()
    with pytest.raises(BriefError):
        runs.submit(studio, brief(), person=nobody)


def test_a_role_that_was_taken_away_is_gone_at_once(studio, people, pending, owner):
    token = sessions.sign_in(studio, "vera", PASSWORD)
    users.set_role(studio, owner.id, "voltra", None, person=people.ada)
    assert sessions.person_of_session(studio, token) is None
    again = sessions.person_of_session(studio, sessions.sign_in(studio, "vera", PASSWORD))
    assert again is not None
    with pytest.raises(NotFoundError):
        images.original(studio, pending[0].sha256, person=again)


def test_an_owner_of_the_brand_stands_in_for_a_creator(studio, brief, people, owner):
    run_id = runs.submit(studio, brief(), person=people.carla)
    with pytest.raises(ForbiddenError):
        runs.cancel(studio, run_id, person=people.rita)
    runs.cancel(studio, run_id, person=owner)
    assert runs.get(studio, run_id, person=owner).status is RunStatus.CANCELLED


def test_whoever_started_a_run_again_cannot_decide_on_it(studio, brief, people, owner, worker):
    run_id = runs.submit(studio, brief(), person=people.carla)
    runs.cancel(studio, run_id, person=owner)
    runs.retry(studio, run_id, person=owner)
    carry_out(worker, run_id)
    assert runs.get(studio, run_id, person=owner).makers == {people.carla.id, owner.id}
    variant = runs.variants(studio, run_id, person=owner)[0]
    reviews.decide(studio, variant.id, Verdict.SUBMIT, person=people.carla)
    with pytest.raises(ForbiddenError, match="Someone else must decide"):
        reviews.decide(studio, variant.id, Verdict.APPROVE, person=owner)
    said = reviews.decide(studio, variant.id, Verdict.APPROVE, person=people.rita)
    assert not said.own_work


def test_own_work_is_decided_only_where_the_brand_allows_it_and_then_it_is_marked(
    studio, brief, people, worker
):
    catalogue = studio.catalogue
    free = catalogue.brand("voltra").model_copy(update={"allow_self_review": True})
    lenient = replace(catalogue, brands={**catalogue.brands, "voltra": free})
    studio = replace(studio, presets=replace(studio.presets, catalogue=lenient))
    run_id = runs.submit(studio, brief(), person=people.rita)
    carry_out(replace(worker, studio=studio), run_id)
    variant = runs.variants(studio, run_id, person=people.rita)[0]
    reviews.decide(studio, variant.id, Verdict.SUBMIT, person=people.rita)
    said = reviews.decide(studio, variant.id, Verdict.APPROVE, person=people.rita)
    assert (said.review, said.own_work) == (ReviewStatus.APPROVED, True)
    submitted, decided = reviews.history(studio, variant.id, person=people.rita)
    assert (submitted.own_work, decided.own_work) == (False, True)
    told = audit_log.log(studio, Sought(text=f"variant {variant.id}"), person=people.ada).entries
    assert [entry.detail.get("own work") for entry in told] == ["yes", None]
    pack = packs.build(studio, [variant.id], ["story"], person=people.rita)
    with ZipFile(packs.open_file(studio, pack.id, person=people.rita)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        table = archive.read("manifest.csv").decode("utf-8-sig")
    assert [file["decision"]["own_work"] for file in manifest["renditions"]] == [True]
    assert {line["decision_own_work"] for line in csv.DictReader(io.StringIO(table))} == {"True"}


def test_who_may_see_one_brand_is_not_told_which_variant_of_another_has_the_same_bytes(
    studio, brief, people, worker, pending, stranger
):
    other = runs.submit(studio, brief(brand="solenne", axes={}), person=people.carla)
    carry_out(worker, other)
    [shared, *_] = runs.variants(studio, other, person=stranger)
    assert shared.sha256 is not None
    with studio.database.writing() as session:
        everywhere = update(VariantRow).where(VariantRow.run_id == pending[0].run_id)
        session.execute(everywhere.values(sha256=shared.sha256))
    studio.blobs.path(shared.sha256, "png").unlink()
    with pytest.raises(LostFileError, match=f"The image of variant {shared.id} is missing"):
        images.original(studio, shared.sha256, person=stranger)


def test_a_role_in_every_brand_counts_for_brands_to_come(added):
    everywhere = added("eva", {EVERY_BRAND: Role.REVIEWER})
    assert everywhere.role_in("a brand of next year") is Role.REVIEWER


def test_nothing_was_stored_for_who_was_refused(studio, brief, stranger):
    with pytest.raises(BriefError):
        runs.submit(studio, brief(), person=stranger)
    with studio.database.reading() as session:
        assert session.query(RunRow).count() == 0

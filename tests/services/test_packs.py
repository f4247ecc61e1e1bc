import json
import zipfile
from hashlib import sha256
from io import BytesIO

import pytest
from PIL import Image

from brandstudio.domain.review import Verdict
from brandstudio.errors import BriefError, NotFoundError, PackError
from brandstudio.services import packs, reviews


@pytest.fixture
def approved(studio, people, pending):
    """The best two variants of carla's run, approved by rita."""
    for variant in pending[:2]:
        reviews.decide(studio, variant.id, Verdict.APPROVE, person=people.rita)
    return [variant.id for variant in pending[:2]]


def opened(studio, people, pack):
    return zipfile.ZipFile(packs.open_file(studio, pack.id, person=people.carla))


def test_a_pack_holds_every_asset_in_every_placement_of_the_brief(studio, people, approved):
    pack = packs.build(studio, approved, [], person=people.carla)
    names = opened(studio, people, pack).namelist()
    for folder in ("instagram-square", "story"):
        assert len([n for n in names if n.startswith(f"{folder}/")]) == 2
    assert pack.rendition_count == 4
    assert {"manifest.json", "manifest.csv", "contact-sheet.pdf", "SHA256SUMS"} <= set(names)


def test_renditions_have_the_exact_size_of_their_placement(studio, people, approved):
    pack = packs.build(studio, approved[:1], ["story"], person=people.carla)
    archive = opened(studio, people, pack)
    [name] = [n for n in archive.namelist() if n.startswith("story/")]
    assert Image.open(BytesIO(archive.read(name))).size == (1080, 1920)


def test_the_manifest_proves_where_every_file_came_from(studio, people, approved):
    pack = packs.build(studio, approved, [], person=people.carla)
    archive = opened(studio, people, pack)
    manifest = json.loads(archive.read("manifest.json"))
    text = json.dumps(manifest)
    assert len(manifest["renditions"]) == 4
    for file in manifest["renditions"]:
        assert sha256(archive.read(file["path"])).hexdigest() == file["sha256"]
    brand = studio.catalogue.brand("voltra")
    assert brand.loras[0].sha256 in text
    assert "rita" in text


def test_what_was_enlarged_too_far_is_said(studio, people, approved):
    pack = packs.build(studio, approved[:1], ["instagram-portrait"], person=people.carla)
    assert any("Enlarged" in problem for problem in pack.problems)


def test_only_approved_variants_are_packed(studio, people, pending):
    with pytest.raises(PackError, match="is pending; only approved variants are packed"):
        packs.build(studio, [pending[0].id], [], person=people.carla)
    assert packs.recent(studio, person=people.carla) == ()


@pytest.mark.parametrize("slug", ["nope", "<b>"])
def test_an_unknown_placement_is_refused_with_what_there_is(studio, people, approved, slug):
    with pytest.raises(PackError, match=f"does not use the placement '{slug}'; it uses: display"):
        packs.build(studio, approved, [slug], person=people.carla)


def test_an_empty_choice_is_refused(studio, people):
    with pytest.raises(PackError, match="No approved variant was chosen"):
        packs.build(studio, [], ["story"], person=people.carla)
    with pytest.raises(NotFoundError):
        packs.build(studio, [999], ["story"], person=people.carla)


def test_syntax_in_a_packs_name_is_refused(studio, people, approved):
    with pytest.raises(BriefError, match="name"):
        packs.build(studio, approved, [], person=people.carla, name="{{7*7}}")


def test_stopping_a_build_leaves_nothing_behind(studio, people, approved):
    def stop(done, _total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        packs.build(studio, approved, [], person=people.carla, on_progress=stop)
    assert packs.recent(studio, person=people.carla) == ()
    assert list(studio.blobs.folder.glob("*.part")) == []


def test_a_preview_is_the_very_file_a_pack_would_hold(studio, people, approved):
    preview = packs.preview_rendition(studio, approved[0], "instagram-square", person=people.carla)
    assert Image.open(BytesIO(preview)).size == (1080, 1080)


def test_a_pack_stays_the_same_after_its_asset_is_reopened(studio, people, approved):
    pack = packs.build(studio, approved, [], person=people.carla)
    reviews.decide(studio, approved[0], Verdict.REOPEN, person=people.rita)
    assert packs.get(studio, pack.id, person=people.carla) == pack
    with pytest.raises(PackError):
        packs.build(studio, approved, [], person=people.carla)

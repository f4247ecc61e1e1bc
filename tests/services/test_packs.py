import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from brandstudio.domain import pack as rules
from brandstudio.domain.review import Verdict
from brandstudio.errors import BriefError, LostFileError, NotFoundError, PackError
from brandstudio.services import packs, reviews
from brandstudio.services.operations import decision_chain
from brandstudio.storage.decisions import reviews as stored
from brandstudio.storage.engine.database import Database
from tests.conftest import NOON
from tests.postgresql import on_sqlite


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


def test_the_zip_is_called_after_its_brand_its_name_and_when_it_was_built(studio, people, approved):
    names = {
        "Sommer für alle!": "sommer-fur-alle",
        "": "voltra",
        "東京": "x",
        "Ça va ß": "ca-va-ss",
    }
    for name, shown in names.items():
        made = packs.build(studio, approved[:1], ["story"], person=people.carla, name=name)
        assert made.file_name == f"voltra_{shown}_20261120-120000.zip"


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


def test_too_many_pictures_are_refused_before_any_of_them_is_read(
    studio, people, approved, monkeypatch
):
    monkeypatch.setattr(rules, "MAX_FILES", 5)
    packs.build(studio, approved[:1], [], person=people.carla)
    for file in studio.blobs.folder.rglob("*.png"):
        file.unlink()
    with pytest.raises(PackError, match="would hold 6 files; at most 5 fit"):
        packs.build(studio, approved, [], person=people.carla)


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


def manifest_of(studio, people, pack):
    return json.loads(opened(studio, people, pack).read("manifest.json"))


def test_the_manifest_says_by_which_decisions_and_when(studio, people, approved):
    later = replace(studio, now=lambda: NOON + timedelta(hours=3))
    manifest = manifest_of(studio, people, packs.build(later, approved, [], person=people.carla))
    with studio.database.reading() as session:
        own = [stored.decisions_of(session, variant)[-1] for variant in approved]
    told = [entry["decision"] for entry in manifest["originals"]]
    assert [(d["id"], d["hash"]) for d in told] == [(d.id, d.hash) for d in own]
    assert {d["decided_at"] for d in told} == {manifest["as_of"]} == {NOON.isoformat()}
    assert manifest["decision_chain_head"] == own[-1].hash
    decision_chain.require_sound(
        decision_chain.verify(studio, wanted_head=own[-1].hash), own[-1].hash
    )


@dataclass
class Interrupted:
    """A database in which somebody decides as soon as a first look at it is over."""

    database: Database
    meanwhile: Callable[[], object] | None

    @contextmanager
    def reading(self):
        with self.database.reading() as session:
            yield session
        act, self.meanwhile = self.meanwhile, None
        if act:
            act()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)


def test_variants_that_were_never_approved_together_are_in_no_pack(studio, people, pending):
    one, other = (variant.id for variant in pending[:2])
    reviews.decide(studio, one, Verdict.APPROVE, person=people.rita)

    def swap():
        reviews.decide(studio, one, Verdict.REOPEN, person=people.rita)
        reviews.decide(studio, other, Verdict.APPROVE, person=people.rita)

    busy = replace(studio, database=Interrupted(studio.database, swap))
    with pytest.raises(PackError, match="is pending; only approved variants are packed"):
        packs.build(busy, [one, other], ["story"], person=people.carla)
    assert packs.recent(studio, person=people.carla) == ()


def test_a_decision_that_falls_while_a_pack_is_built_is_not_half_in_it(studio, people, approved):
    def reject(done, _total):
        if done == 1:
            for variant in approved:
                reviews.decide(studio, variant, Verdict.REOPEN, person=people.rita)
                reviews.decide(
                    studio, variant, Verdict.REJECT, person=people.rita, comment="too dark"
                )

    undisturbed = packs.build(studio, approved, [], person=people.carla)
    busy = packs.build(studio, approved, [], person=people.carla, on_progress=reject)
    assert busy.sha256 == undisturbed.sha256
    verdicts = {e["decision"]["verdict"] for e in manifest_of(studio, people, busy)["originals"]}
    assert verdicts == {"approve"}
    with pytest.raises(PackError, match="is rejected"):
        packs.build(studio, approved, [], person=people.carla)


def test_the_same_choice_of_the_same_approvals_is_the_same_file_whenever_it_is_built(
    studio, people, pending, approved
):
    first = packs.build(studio, approved, [], person=people.carla)
    reviews.decide(studio, pending[2].id, Verdict.APPROVE, person=people.rita)
    later = replace(studio, now=lambda: NOON + timedelta(days=400, seconds=1))
    again = packs.build(later, approved, [], person=people.ada)
    assert again.sha256 == first.sha256
    assert (again.id, again.created_at) != (first.id, first.created_at)
    other = packs.build(studio, approved[::-1], [], person=people.carla)
    assert other.sha256 != first.sha256


@pytest.mark.parametrize("what", ["the image", "the enlarged image"])
@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_a_pack_with_a_lost_image_is_refused_by_name_and_leaves_nothing(
    studio, people, pending, approved, what, state
):
    variant = pending[1]
    lost = variant.sha256 if what == "the image" else variant.upscaled.sha256
    file = studio.blobs.path(lost, "png")
    if state == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(LostFileError, match=f"{what[4:]} of variant {variant.id} is {state}"):
        packs.build(studio, approved, [], person=people.carla)
    assert packs.recent(studio, person=people.carla) == ()
    left = [path.name for path in studio.settings.data_dir.rglob("*")]
    assert [name for name in left if ".zip" in name or name.endswith(".part")] == []


POINTS = 20


@pytest.mark.usefixtures("people")
@on_sqlite
def test_a_build_killed_at_any_step_shows_no_half_pack_and_the_next_makes_the_same_one(
    studio, approved
):
    studio.database.close()
    asked = [str(studio.settings.data_dir), json.dumps(approved[:1]), str(POINTS)]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.services.killed_packs", *asked],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    whole, *deaths = map(json.loads, ended.stdout.splitlines())
    sha256_ = whole["undisturbed"]["sha256"]
    assert len({death["fatal"] for death in deaths}) == POINTS
    assert {death["ended"] for death in deaths} == {-signal.SIGKILL}
    assert sum(bool(death["left"]["parts"]) for death in deaths) > POINTS // 2, "half ones existed"
    for death in deaths:
        assert all(death["left"]["whole"]), death
        assert set(death["left"]["rows"]) <= {sha256_}
        assert death["retried"]["sha256"] == sha256_
        assert death["after"]["whole"] == [True]
        assert death["swept"] == {"parts": 0, "orphans": 0, "lost": 0}


def test_a_pack_is_checked_without_a_studio(studio, people, approved, tmp_path):
    pack = packs.build(studio, approved, [], person=people.carla)
    file = packs.open_file(studio, pack.id, person=people.carla)
    found = packs.check(file, pack.sha256)
    assert (found.title, found.brand, found.approvals) == (pack.name, "Voltra", 2)
    spoilt = tmp_path / "spoilt.zip"
    spoilt.write_bytes(file.read_bytes().replace(b"rita", b"mina"))
    with pytest.raises(PackError, match=r"is not what was built: manifest.json was changed"):
        packs.check(spoilt)
    with pytest.raises(PackError, match="cannot be read: No such file"):
        packs.check(tmp_path / "none.zip")

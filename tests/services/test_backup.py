import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from brandstudio.domain.review import Verdict
from brandstudio.errors import BackupError
from brandstudio.services import packs, reviews, runs, uploads
from brandstudio.services.operations import upkeep
from brandstudio.services.operations.backup import back_up, examine
from brandstudio.services.operations.restore import NotEmptyError, restore
from brandstudio.services.operations.store_listing import take_stock
from brandstudio.services.people import users
from brandstudio.services.studio import build_studio
from brandstudio.services.work.worker import Worker, carry_out
from brandstudio.settings import Settings
from brandstudio.storage import packs as pack_rows
from brandstudio.storage.blobs import LocalBlobs
from brandstudio.storage.engine import snapshots
from brandstudio.storage.packs import NewPack
from brandstudio.storage.tables.runs import VariantRow
from tests.conftest import NOON
from tests.fakes import FakeScorer, FlatColour, Stretch
from tests.hostile_images import base_images


@pytest.fixture
def settings(tmp_path):
    """The shipped way: SQLite in the data folder."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def elsewhere(settings, tmp_path):
    """A machine on which nothing is yet."""
    return settings.model_copy(update={"data_dir": tmp_path / "new" / "data"})


@pytest.fixture
def kept(studio, people, pending, tmp_path):
    """A backup of a studio with a run, decisions and a pack."""
    reviews.decide(studio, pending[0].id, Verdict.APPROVE, person=people.rita)
    packs.build(studio, [pending[0].id], [], person=people.carla)
    (studio.settings.data_dir / "audit-heads.txt").write_text("head")
    back_up(studio, tmp_path / "backup")
    return tmp_path / "backup"


@pytest.fixture
def reopened(elsewhere):
    opened = []

    def reopen():
        opened.append(build_studio(elsewhere))
        return opened[-1]

    yield reopen
    for studio in opened:
        studio.database.close()


def test_a_restored_studio_has_everything_that_was_there(
    kept, people, pending, elsewhere, reopened
):
    elsewhere.data_dir.parent.mkdir()
    assert restore(elsewhere, kept, at=NOON) is None
    studio = reopened()
    assert upkeep.at_start(studio).lost == ()
    run = runs.variants(studio, pending[0].run_id, person=people.carla)
    assert [variant.id for variant in run] == [variant.id for variant in pending]
    assert [d.verdict for d in reviews.history(studio, pending[0].id, person=people.rita)] == [
        Verdict.SUBMIT,
        Verdict.APPROVE,
    ]
    [pack] = packs.recent(studio, person=people.carla)
    assert packs.open_file(studio, pack.id, person=people.carla).stat().st_size == pack.size_bytes
    assert (elsewhere.data_dir / "audit-heads.txt").read_text() == "head"
    assert elsewhere.data_dir.stat().st_mode & 0o077 == 0


def test_the_manifest_names_every_file_and_what_the_studio_drew_with(kept):
    manifest = json.loads((kept / "manifest.json").read_text())
    named = {entry["path"] for entry in manifest["files"]}
    there = {path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()}
    assert there == named | {"manifest.json", "SHA256SUMS"}
    assert "studio.db" in named
    assert manifest["presets"]
    assert any(name.endswith(".safetensors") for name in manifest["lora_weights"])


@pytest.mark.parametrize("victim", ["studio.db", "blobs/*/*/*.png", "manifest.json", "folder/*"])
def test_a_backup_with_one_changed_byte_is_refused_and_nothing_is_made(kept, victim, elsewhere):
    file = next(iter(kept.glob(victim)))
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.unlink()
    file.write_bytes(content)
    with pytest.raises(BackupError, match=r"damaged|not the one"):
        restore(elsewhere, kept, at=NOON)
    assert not elsewhere.data_dir.exists()


def test_a_file_that_is_missing_from_a_backup_is_named(kept, elsewhere):
    gone = next(iter(kept.glob("blobs/*/*/*.png")))
    gone.unlink()
    with pytest.raises(BackupError, match=f"{gone.name} is missing from the backup"):
        restore(elsewhere, kept, at=NOON)


def test_a_path_that_leads_out_of_a_backup_is_refused(kept, elsewhere):
    manifest = json.loads((kept / "manifest.json").read_text())
    manifest["files"][0]["path"] = "../outside"
    seal(kept, manifest)
    with pytest.raises(BackupError, match="leads out of the backup"):
        restore(elsewhere, kept, at=NOON)


def test_a_path_that_would_leave_the_studio_it_is_restored_to_is_refused(kept, elsewhere):
    manifest = json.loads((kept / "manifest.json").read_text())
    [head] = [entry for entry in manifest["files"] if entry["path"] == "folder/audit-heads.txt"]
    head["path"] = "folder/../folder/audit-heads.txt"
    seal(kept, manifest)
    with pytest.raises(BackupError, match="leads out of the backup"):
        restore(elsewhere, kept, at=NOON)
    assert not elsewhere.data_dir.parent.exists()


@pytest.mark.parametrize("named", ["studio.db", "other.db", "folder/audit-heads.txt"])
def test_a_backup_whose_manifest_lacks_the_database_is_none(kept, elsewhere, named):
    manifest = json.loads((kept / "manifest.json").read_text())
    files = [entry for entry in manifest["files"] if entry["path"] != "studio.db"]
    seal(kept, manifest | {"database": named, "files": files})
    with pytest.raises(BackupError, match="has no database"):
        restore(elsewhere, kept, at=NOON)


@pytest.mark.usefixtures("pending")
def test_a_backup_into_the_data_folder_is_refused_but_for_its_place_for_backups(studio):
    home = studio.settings.data_dir
    for folder in (home, home / "today", home / "blobs" / "today"):
        with pytest.raises(BackupError, match=r"in the data folder|is there already"):
            back_up(studio, folder)
    assert examine(back_up(studio, home / "backups" / "today").folder).entries


@pytest.mark.usefixtures("pending")
def test_a_link_in_the_data_folder_is_left_out_and_the_backup_can_be_restored(
    studio, tmp_path, elsewhere
):
    (tmp_path / "outside.txt").write_text("not the studio's")
    notes = studio.settings.data_dir / "notes"
    notes.mkdir()
    (notes / "own.txt").write_text("ours")
    (notes / "link.txt").symlink_to(tmp_path / "outside.txt")
    (notes / "dangling.txt").symlink_to(tmp_path / "nowhere")
    back_up(studio, tmp_path / "backup")
    elsewhere.data_dir.parent.mkdir()
    restore(elsewhere, tmp_path / "backup", at=NOON)
    assert [path.name for path in (elsewhere.data_dir / "notes").iterdir()] == ["own.txt"]


@pytest.mark.usefixtures("pending")
def test_a_store_inside_the_data_folder_is_kept_once(studio, tmp_path):
    blobs = LocalBlobs(studio.settings.data_dir / "store")
    shutil.copytree(studio.blobs.folder, blobs.folder)
    made = back_up(replace(studio, blobs=blobs), tmp_path / "backup")
    assert not [entry.path for entry in made.entries if entry.path.startswith("folder/")]


@pytest.mark.usefixtures("people")
def test_the_bytes_that_were_decided_on_are_kept_after_a_variant_was_drawn_again(
    studio, pending, tmp_path
):
    decided = pending[0]
    with studio.database.writing() as session:
        session.get(VariantRow, decided.id).sha256 = studio.blobs.put(b"other bytes", "png")
    made = back_up(studio, tmp_path / "backup")
    assert any(decided.sha256 in entry.path for entry in made.entries)
    studio.blobs.path(decided.sha256, "png").unlink()
    assert back_up(studio, tmp_path / "second").lost == ()


@pytest.mark.usefixtures("pending")
def test_a_folder_whose_name_has_signs_of_an_address_can_hold_a_backup(studio, tmp_path, elsewhere):
    folder = tmp_path / "50% of #1?"
    back_up(studio, folder)
    elsewhere.data_dir.parent.mkdir()
    restore(elsewhere, folder, at=NOON)
    assert (elsewhere.data_dir / "studio.db").is_file()


@pytest.mark.usefixtures("people")
def test_a_studio_in_use_is_never_overwritten_and_with_replace_it_is_kept(
    kept, studio, settings, tmp_path
):
    before = sorted(path.name for path in settings.data_dir.iterdir())
    with pytest.raises(NotEmptyError, match="There is a studio"):
        restore(settings, kept, at=NOON)
    assert sorted(path.name for path in settings.data_dir.iterdir()) == before
    studio.database.close()
    aside = restore(settings, kept, replace=True, at=NOON)
    assert aside == tmp_path / "data.before-20261120-120000"
    assert sorted(path.name for path in aside.iterdir()) == before


def test_a_backup_never_takes_the_place_of_anything(studio, kept):
    with pytest.raises(BackupError, match="is there already"):
        back_up(studio, kept)


def test_a_lost_file_is_told_and_does_not_stop_the_backup(studio, pending, tmp_path):
    studio.blobs.path(pending[0].sha256, "png").unlink()
    spoiled = studio.blobs.path(pending[1].sha256, "png")
    spoiled.write_bytes(b"not a picture any more")
    made = back_up(studio, tmp_path / "backup")
    assert set(made.lost) == {f"the image of variant {pending[n].id}" for n in (0, 1)}
    assert "because lost before" in made.sentence
    examine(tmp_path / "backup")


def test_what_is_acknowledged_before_a_backup_is_in_it_while_two_writers_go_on(
    studio, people, tmp_path, elsewhere, reopened
):
    over, acknowledged = threading.Event(), []

    def write(name):
        number = 0
        while not over.is_set():
            number += 1
            sha256 = studio.blobs.put(f"{name} {number}".encode(), "zip")
            with studio.database.writing() as session:
                pack_rows.add(session, a_pack(people.carla.id, sha256))
            acknowledged.append(sha256)

    writers = [threading.Thread(target=write, args=(name,)) for name in ("one", "two")]
    for writer in writers:
        writer.start()
    while len(acknowledged) < 20:
        over.wait(0.01)
    before = set(acknowledged)
    back_up(studio, tmp_path / "backup")
    over.set()
    for writer in writers:
        writer.join()
    elsewhere.data_dir.parent.mkdir()
    restore(elsewhere, tmp_path / "backup", at=NOON)
    restored = reopened()
    assert upkeep.at_start(restored).lost == ()
    held = {pack.sha256 for pack in packs.recent(restored, person=people.carla, limit=10_000)}
    assert before <= held


@pytest.mark.usefixtures("studio", "people")
def test_an_older_backup_beside_newer_files_leaves_only_orphans(kept, elsewhere, tmp_path):
    """The files lie in a store of their own, as they would in S3."""
    shared = elsewhere.model_copy(update={"blobs": f"local://{tmp_path}/store"})
    shutil.copytree(kept / "blobs", tmp_path / "store")
    elsewhere.data_dir.parent.mkdir()
    restore(shared, kept, at=NOON)
    restored = build_studio(shared)
    newer = restored.blobs.put(b"drawn after the backup", "png")
    stock = take_stock(restored)
    restored.database.close()
    assert stock.lost == ()
    assert [orphan.sha256 for orphan in stock.orphans] == [newer]


STOPPED = {
    "back_up": ["copying the database", "copying the files", "writing the manifest"],
    "restore": ["checking the backup", "copying"],
}


@pytest.mark.parametrize(
    ("work", "line"), [(work, line) for work, lines in STOPPED.items() for line in lines]
)
def test_what_a_kill_leaves_is_seen_to_be_unusable_and_the_next_try_works(
    studio, kept, elsewhere, tmp_path, reopened, work, line
):
    elsewhere.data_dir.parent.mkdir()
    target = tmp_path / "second"
    calls: dict[str, tuple[str, Callable[[], object]]] = {
        "back_up": (
            f"back_up(build_studio(Settings(data_dir=Path({str(studio.settings.data_dir)!r}))), "
            f"Path({str(target)!r}), die)",
            lambda: back_up(studio, target),
        ),
        "restore": (
            f"restore(Settings(data_dir=Path({str(elsewhere.data_dir)!r})), Path({str(kept)!r}), "
            "at=datetime.now(UTC), on_progress=die)",
            lambda: restore(elsewhere, kept, at=NOON),
        ),
    }
    call, again = calls[work]
    assert killed(call, line) == -signal.SIGKILL
    assert not target.exists()
    assert not elsewhere.data_dir.exists()
    for partial in tmp_path.glob("*.partial"):
        with pytest.raises(BackupError, match="was interrupted"):
            examine(partial)
    again()
    if work == "restore":
        assert upkeep.at_start(reopened()).lost == ()
    else:
        assert examine(target).entries


@pytest.mark.usefixtures("pending")
def test_a_full_disk_stops_a_backup_with_nothing_that_looks_like_one(studio, tmp_path, monkeypatch):
    """The copy of a file fails as on a full disk; linking is not possible either."""

    def refuse(*_paths):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(shutil, "copyfile", refuse)
    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    with pytest.raises(Exception, match="The disk is full"):
        back_up(studio, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_postgresql_comes_back_too(postgresql, tmp_path, brief):
    settings = Settings(data_dir=tmp_path / "pg", database_url=postgresql.fresh())
    studio = replace(build_studio(settings), now=lambda: NOON)
    person = users.operator(studio)
    run_id = runs.submit(studio, brief(), person=person)
    carry_out(Worker(studio, FlatColour(), FakeScorer(), Stretch(), name="test:1"), run_id)
    try:
        made = back_up(studio, tmp_path / "backup")
    finally:
        studio.database.close()
    assert made.database == "studio.dump"
    target = settings.model_copy(
        update={"data_dir": tmp_path / "back", "database_url": postgresql.fresh()}
    )
    restore(target, tmp_path / "backup", at=NOON)
    restored = build_studio(target)
    assert upkeep.at_start(restored).lost == ()
    assert len(runs.variants(restored, run_id, person=person)) == 4
    with pytest.raises(NotEmptyError):
        restore(
            target.model_copy(update={"data_dir": tmp_path / "third"}),
            tmp_path / "backup",
            at=NOON,
        )
    restored.database.close()
    for each in (settings, target):
        postgresql.drop(each.database_url)


def test_a_restore_that_cannot_fill_postgresql_leaves_files_and_database_as_they_were(
    postgresql, tmp_path, brief, monkeypatch
):
    settings = Settings(data_dir=tmp_path / "pg", database_url=postgresql.fresh())
    studio = replace(build_studio(settings), now=lambda: NOON)
    person = users.operator(studio)
    run_id = runs.submit(studio, brief(), person=person)
    carry_out(Worker(studio, FlatColour(), FakeScorer(), Stretch(), name="test:1"), run_id)
    back_up(studio, tmp_path / "backup")
    studio.database.close()
    (settings.data_dir / "since.txt").write_text("written after the backup")
    monkeypatch.setattr(snapshots.shutil, "which", lambda _tool: None)
    with pytest.raises(BackupError, match="no pg_restore here"):
        restore(settings, tmp_path / "backup", replace=True, at=NOON)
    assert (settings.data_dir / "since.txt").is_file()
    assert not list(tmp_path.glob("pg.before-*"))
    postgresql.drop(settings.database_url)


def killed(call, line):
    """Run a call in a process that kills itself when it comes to that line."""
    script = (
        "import os, signal\nfrom datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from brandstudio.services.operations.backup import back_up\n"
        "from brandstudio.services.operations.restore import restore\n"
        "from brandstudio.services.studio import build_studio\n"
        "from brandstudio.settings import Settings\n"
        f"def die(said):\n    if said == {line!r}:\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{call}\n"
    )
    return subprocess.run([sys.executable, "-c", script], check=False).returncode


def seal(folder, manifest):
    listing = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(listing)
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(listing).hexdigest()}  manifest.json\n")


def a_pack(creator_id, sha256):
    return NewPack(
        creator_id=creator_id,
        creator="carla",
        name="a pack",
        brand="voltra",
        created_at=NOON,
        variant_ids=(),
        placements=(),
        file_name="a.zip",
        sha256=sha256,
        size_bytes=1,
        rendition_count=0,
        problems=(),
    )


def test_a_backup_brings_references_back(studio, people, brief, elsewhere, reopened, tmp_path):
    upload = uploads.store(studio, base_images()["png"], name="can.png", person=people.carla)
    run_id = runs.submit(studio, brief(references=[upload.id]), person=people.carla)
    made = back_up(studio, tmp_path / "with-references")
    assert any(entry.path.endswith(f"{upload.sha256}.webp") for entry in made.entries)
    restore(elsewhere, tmp_path / "with-references", at=NOON)
    restored = reopened()
    assert runs.get(restored, run_id, person=people.rita).references[0].name == "can.png"
    file = uploads.image(restored, upload.id, upload.sha256, person=people.rita)
    assert file.read_bytes() == studio.blobs.get(upload.sha256, "webp")

import errno
import hashlib
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brandstudio.errors import LostFileError, NotFoundError, StorageError, StorageFullError
from brandstudio.storage.blobs import BlobKind, LocalBlobs, open_blobs
from brandstudio.storage.blobs.part_files import part_name
from tests.storage.disks import Failing, Faulty, NoWait

ALWAYS = datetime.max.replace(tzinfo=UTC)
LONG_AGO = 1_000_000_000
DEAD_PID = 4_194_305  # above what Linux gives out


def names(blobs):
    return sorted(found.place for found in blobs.survey())


@pytest.fixture(params=["folder", "file url", "memory", "fsspec folder"])
def blobs(request, tmp_path):
    """Every kind of store keeps the same promises."""
    url = {
        "folder": "",
        "file url": f"file://{tmp_path}/some%20where",
        "memory": f"memory://{tmp_path.name}",
        "fsspec folder": f"local://{tmp_path}/elsewhere",
    }[request.param]
    return open_blobs(url, tmp_path / "data")


@pytest.fixture
def local(tmp_path):
    return LocalBlobs(tmp_path / "blobs")


def test_bytes_come_back_under_their_hash(blobs):
    sha256 = blobs.put(b"image", "png")
    assert sha256 == hashlib.sha256(b"image").hexdigest()
    assert blobs.get(sha256, "png") == b"image"
    assert blobs.path(sha256, "png").read_bytes() == b"image"


def test_the_same_bytes_are_stored_once(blobs):
    assert blobs.put(b"image", "png") == blobs.put(b"image", "png")
    assert [found.kind for found in blobs.survey()] == [BlobKind.WHOLE]


def test_an_unknown_file_is_said_to_be_unknown(blobs):
    with pytest.raises(NotFoundError):
        blobs.get("0" * 64, "png")
    with pytest.raises(NotFoundError):
        blobs.path("0" * 64, "png")


def test_a_writer_that_fails_leaves_nothing_behind(blobs):
    def fail():
        with blobs.incoming("zip") as part:
            part.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert names(blobs) == []


def test_a_finished_file_is_adopted_whole(blobs):
    with blobs.incoming("zip") as part:
        part.write_bytes(b"pack")
        sha256 = blobs.adopt(part, "zip")
    assert blobs.get(sha256, "zip") == b"pack"
    assert names(blobs) == [f"{sha256[:2]}/{sha256[2:4]}/{sha256}.zip"]


@settings(max_examples=50)
@given(content=st.binary(max_size=200))
def test_any_bytes_survive(tmp_path_factory, content):
    blobs = LocalBlobs(tmp_path_factory.mktemp("blobs"))
    assert blobs.get(blobs.put(content, "bin"), "bin") == content


def test_a_deleted_file_is_gone_and_one_that_was_stored_again_stays(blobs):
    sha256 = blobs.put(b"image", "png")
    assert not blobs.delete(sha256, "png", older_than=datetime.now(UTC) - timedelta(hours=1))
    assert blobs.exists(sha256, "png")
    assert blobs.delete(sha256, "png", older_than=ALWAYS)
    assert not blobs.exists(sha256, "png")
    assert not blobs.delete(sha256, "png", older_than=ALWAYS)


@pytest.mark.parametrize("kind", [BlobKind.DAMAGED, BlobKind.REMOVED])
def test_a_mark_says_what_became_of_a_file_until_its_bytes_come_again(blobs, kind):
    sha256 = blobs.put(b"image", "png")
    if kind is BlobKind.DAMAGED:
        spoil(blobs, sha256)
    blobs.mark(sha256, "png", kind)
    with pytest.raises(LostFileError, match=f"is {kind.value}"):
        blobs.get(sha256, "png")
    with pytest.raises(LostFileError, match=f"is {kind.value}"):
        blobs.path(sha256, "png")
    assert [(found.kind, found.sha256) for found in blobs.survey()] == [(kind, sha256)]
    blobs.put(b"image", "png")
    assert blobs.get(sha256, "png") == b"image"
    assert [found.kind for found in blobs.survey()] == [BlobKind.WHOLE]


def test_a_file_that_changed_by_one_bit_is_never_handed_out(blobs):
    sha256 = blobs.put(b"image", "png")
    assert blobs.verify(sha256, "png")
    spoil(blobs, sha256)
    assert not blobs.verify(sha256, "png")
    with pytest.raises(LostFileError, match="is damaged"):
        blobs.get(sha256, "png")
    assert [found.kind for found in blobs.survey()] == [BlobKind.DAMAGED]


def test_what_a_killed_writer_left_is_removed_and_a_living_ones_part_stays(local):
    kept = local.put(b"whole", "png")
    own = part_name("png")
    abandoned = own.replace(f"~{os.getpid()}~", f"~{DEAD_PID}~")
    elsewhere = "other-host" + abandoned[abandoned.index("~") :]
    stale = part_name("png")
    for name in (own, abandoned, elsewhere, stale, ".x.zip.12.part"):
        (local.folder / name).write_bytes(b"half")
    os.utime(local.folder / stale, (LONG_AGO, LONG_AGO))
    assert local.remove_parts(datetime.now(UTC) - timedelta(hours=1)) == 2
    assert {p.name for p in local.folder.glob("*.part")} == {own, elsewhere, ".x.zip.12.part"}
    assert local.get(kept, "png") == b"whole"


def test_links_are_never_followed_and_are_reported(local, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    sha256 = hashlib.sha256(b"secret").hexdigest()
    place = local.folder / sha256[:2] / sha256[2:4] / f"{sha256}.png"
    place.parent.mkdir(parents=True)
    place.symlink_to(secret)
    (local.folder / "ff").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(NotFoundError):
        local.path(sha256, "png")
    assert {found.kind for found in local.survey()} == {BlobKind.STRANGE}
    assert sorted(names(local)) == sorted([str(place.relative_to(local.folder)), "ff"])
    assert local.put(b"secret", "png") == sha256
    assert not place.is_symlink()
    assert secret.read_bytes() == b"secret"


def test_a_part_that_ends_while_the_store_is_walked_is_not_called_strange(local):
    """Whoever wrote it has just renamed it: no reason to warn anybody."""
    local.put(b"makes the folder", "png")
    for _ in range(2):
        (local.folder / part_name("png")).write_bytes(b"half")
    walk = (found for found in local.survey() if found.kind is not BlobKind.WHOLE)
    seen = next(walk)
    for part in local.folder.glob("*.part"):
        part.unlink()
    assert [seen.kind, *(found.kind for found in walk)] == [BlobKind.PART]


def test_files_are_for_their_account_and_group_alone(local):
    with local.incoming("zip") as part:
        part.write_bytes(b"pack")
        pack = local.path(local.adopt(part, "zip"), "zip")
    image = local.path(local.put(b"image", "png"), "png")
    for file in (image, pack):
        assert file.stat().st_mode & 0o777 & ~0o640 == 0
        assert file.parent.stat().st_mode & 0o007 == 0


def test_a_damaged_file_is_healed_by_storing_its_bytes_again(local):
    sha256 = local.put(b"image", "png")
    spoil(local, sha256)
    local.put(b"image", "png")
    assert local.get(sha256, "png") == b"image"


def test_storing_again_makes_a_file_young(local):
    sha256 = local.put(b"image", "png")
    os.utime(local.path(sha256, "png"), (LONG_AGO, LONG_AGO))
    local.put(b"image", "png")
    assert not local.delete(sha256, "png", older_than=datetime.now(UTC) - timedelta(hours=1))


def test_two_writers_of_the_same_bytes_make_one_file(local):
    together, kept = threading.Barrier(2), []

    def write():
        for number in range(200):
            together.wait()
            kept.append(local.put(f"image {number}".encode(), "png"))

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 400
    assert all(local.verify(sha256, "png") for sha256 in kept)
    assert len(names(local)) == 200


def test_the_sweeper_never_takes_what_is_stored_again_in_the_same_moment(tmp_path):
    """2,000 times: an old orphan meets a writer of its bytes and the sweeper at once."""
    blobs, together, order = (
        LocalBlobs(tmp_path / "blobs", NoWait()),
        threading.Barrier(2),
        Random(1),
    )
    old = time.time() - 48 * 3600

    def write():
        for number in range(2000):
            together.wait()
            blobs.put(f"image {number}".encode(), "png")
            together.wait()

    writer = threading.Thread(target=write)
    writer.start()
    dangling = swept = 0
    for number in range(2000):
        sha256 = blobs.put(f"image {number}".encode(), "png")
        os.utime(blobs.path(sha256, "png"), (old, old))
        together.wait()
        time.sleep(order.choice([0, 0, 0.0001, 0.0003]))
        swept += blobs.delete(sha256, "png", older_than=datetime.now(UTC) - timedelta(hours=24))
        together.wait()
        dangling += not blobs.verify(sha256, "png")
    writer.join()
    assert dangling == 0
    assert 0 < swept < 2000, "both orders must have happened"


OPERATIONS = ["make_folder", "create", "write", "sync", "rename", "sync_folder"]
SENTENCES = {
    errno.ENOSPC: (StorageFullError, "The disk is full"),
    errno.EDQUOT: (StorageFullError, "share of the disk is used up"),
    errno.EMFILE: (StorageError, "too many files open"),
    errno.ENFILE: (StorageError, "machine has too many files open"),
    errno.EACCES: (StorageError, "may not write"),
    errno.EROFS: (StorageError, "can only be read"),
    errno.EIO: (StorageError, "The disk failed"),
}


def put(blobs):
    return blobs.put(b"new image", "png"), "png"


def adopt(blobs):
    with blobs.incoming("zip") as part:
        part.write_bytes(b"a finished pack")
        return blobs.adopt(part, "zip"), "zip"


@pytest.mark.parametrize("number", SENTENCES, ids=errno.errorcode.get)
@pytest.mark.parametrize("store", [put, adopt])
def test_whatever_fails_wherever_is_told_in_words_and_leaves_nothing_half(tmp_path, number, store):
    steps = count_steps(tmp_path / "counted", store)
    assert steps >= 11
    kind, said = SENTENCES[number]
    for step in range(1, steps + 1):
        folder = tmp_path / f"at {step}"
        disk = Failing(step=step, number=number)
        blobs = LocalBlobs(folder, disk=disk)
        with pytest.raises(kind, match=said):
            store(blobs)
        left = [found.kind for found in blobs.survey()]
        assert left == [], f"step {step}, {disk.log[-1]}"
        key = store(blobs)
        assert blobs.verify(*key)


def count_steps(folder, store):
    disk = Failing(step=0, number=0)
    store(LocalBlobs(folder, disk=disk))
    assert set(OPERATIONS) <= {name for name, _ in disk.log} | {"write"}
    return len([name for name, _ in disk.log if name in Failing.CAN_FAIL])


def test_an_fsync_that_failed_is_never_tried_again_on_the_same_file(tmp_path):
    disk = Faulty("sync", errno.EIO)
    blobs = LocalBlobs(tmp_path / "blobs", disk=disk)
    with pytest.raises(StorageError, match="The disk failed"):
        blobs.put(b"image", "png")
    blobs.put(b"image", "png")
    created = [what for name, what in disk.log if name == "create"]
    synced = [what for name, what in disk.log if name == "sync"]
    assert len(set(created)) == 2
    assert synced == created


def test_no_room_for_another_file_is_not_called_a_full_disk(tmp_path):
    disk = Faulty("create", errno.ENOSPC, free_files=0)
    with pytest.raises(StorageFullError, match="no room for another file"):
        LocalBlobs(tmp_path / "blobs", disk=disk).put(b"image", "png")


def test_an_unknown_kind_of_store_is_refused_with_what_works(tmp_path):
    with pytest.raises(StorageError) as refused:
        open_blobs("gopher://somewhere", tmp_path)
    assert "file:///" in refused.value.hint


def test_a_full_disk_while_a_pack_is_written_is_told_in_words(local):
    def fill():
        with local.incoming("png") as part:
            part.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFullError, match="The disk is full"):
        fill()
    assert names(local) == []


def spoil(blobs, sha256):
    """Flip one bit of a stored file, as an ageing disk would."""
    flip = partial(bytes, [b"image"[0] ^ 1, *b"mage"])
    if isinstance(blobs, LocalBlobs):
        blobs.path(sha256, "png").write_bytes(flip())
        return
    blobs.system.pipe_file(f"{blobs.root}/{sha256[:2]}/{sha256[2:4]}/{sha256}.png", flip())
    blobs.cache.delete(sha256, "png", older_than=ALWAYS)


def test_what_vanishes_while_the_store_is_walked_is_not_called_strange(local):
    sha256 = local.put(b"image", "png")
    parts = [local.folder / part_name("png") for _ in range(3)]
    for part in parts:
        part.write_bytes(b"half")
    walk = local.survey()
    seen = [next(walk)]
    for part in parts:
        part.unlink()
    seen += list(walk)
    assert {found.kind for found in seen} <= {BlobKind.WHOLE, BlobKind.PART}
    assert sha256 in {found.sha256 for found in seen}

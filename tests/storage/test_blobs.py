import errno
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brandstudio.errors import NotFoundError, StorageFullError
from brandstudio.storage.blobs import Blobs


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs")


def test_bytes_come_back_under_their_hash(blobs):
    sha256 = blobs.put(b"image", "png")
    assert sha256 == hashlib.sha256(b"image").hexdigest()
    assert blobs.get(sha256, "png") == b"image"


def test_the_same_bytes_are_stored_once(blobs):
    assert blobs.put(b"image", "png") == blobs.put(b"image", "png")
    assert len([p for p in blobs.folder.rglob("*") if p.is_file()]) == 1


def test_an_unknown_file_is_said_to_be_unknown(blobs):
    with pytest.raises(NotFoundError):
        blobs.get("0" * 64, "png")


def test_a_writer_that_fails_leaves_nothing_behind(blobs):
    def fail():
        with blobs.incoming("zip") as part:
            part.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [p for p in blobs.folder.rglob("*") if p.is_file()] == []


def test_a_full_disk_is_told_in_words_and_leaves_nothing_behind(blobs):
    def fill():
        with blobs.incoming("png") as part:
            part.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFullError, match="The disk is full"):
        fill()
    assert [p for p in blobs.folder.rglob("*") if p.is_file()] == []


def test_what_a_killed_writer_left_is_swept(blobs):
    blobs.folder.mkdir()
    (blobs.folder / "tmpabc.png.part").write_bytes(b"half")
    kept = blobs.put(b"whole", "png")
    assert blobs.sweep() == 1
    assert blobs.get(kept, "png") == b"whole"


def test_a_finished_file_is_adopted_whole(blobs):
    with blobs.incoming("zip") as part:
        part.write_bytes(b"pack")
        sha256 = blobs.adopt(part, "zip")
    assert blobs.get(sha256, "zip") == b"pack"


@given(content=st.binary(max_size=200))
def test_any_bytes_survive(tmp_path_factory, content):
    blobs = Blobs(tmp_path_factory.mktemp("blobs"))
    assert blobs.get(blobs.put(content, "bin"), "bin") == content

"""A disk that is really full: a small one in memory, where the tests may mount one."""

import subprocess
from dataclasses import replace

import pytest

from brandstudio.domain.review import Verdict
from brandstudio.errors import StorageFullError
from brandstudio.services import images, packs, reviews
from brandstudio.settings import Settings
from brandstudio.storage.blobs import BlobKind, LocalBlobs

SIZE_MB = 8


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "none", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk, leave_bytes):
    """Take all of the disk but so much."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        file.truncate(max(file.tell() - leave_bytes, 0))
    return filler


def kinds(blobs):
    return {found.kind for found in blobs.survey()}


@pytest.mark.parametrize("leave_bytes", [0, 4096, 3 * 4096, 100_000])
def test_an_image_that_does_not_fit_leaves_nothing_and_fits_once_there_is_room(
    small_disk, leave_bytes
):
    blobs = LocalBlobs(small_disk / "blobs")
    kept = blobs.put(b"was there before", "png")
    filler = fill(small_disk, leave_bytes)
    image = bytes(range(256)) * 4096
    with pytest.raises(StorageFullError, match="The disk is full"):
        blobs.put(image, "png")
    assert kinds(blobs) == {BlobKind.WHOLE}
    assert blobs.verify(kept, "png")
    filler.unlink()
    assert blobs.verify(blobs.put(image, "png"), "png")


@pytest.mark.parametrize("leave_bytes", [0, 50_000, 120_000])
def test_a_pack_that_does_not_fit_leaves_nothing_and_fits_once_there_is_room(
    studio, people, pending, small_disk, leave_bytes
):
    approved = pending[0]
    reviews.decide(studio, approved.id, Verdict.APPROVE, person=people.rita)
    small = replace(studio, blobs=LocalBlobs(small_disk / "blobs"))
    for sha256 in (approved.sha256, approved.upscaled.sha256):
        small.blobs.put(studio.blobs.get(sha256, "png"), "png")
    filler = fill(small_disk, leave_bytes)
    with pytest.raises(StorageFullError, match="The disk is full"):
        packs.build(small, [approved.id], ["story"], person=people.carla)
    assert kinds(small.blobs) == {BlobKind.WHOLE}
    assert packs.recent(small, person=people.carla) == ()
    filler.unlink()
    pack = packs.build(small, [approved.id], ["story"], person=people.carla)
    assert packs.open_file(small, pack.id, person=people.carla).stat().st_size == pack.size_bytes


def test_a_small_copy_that_does_not_fit_is_said_and_leaves_nothing(
    small_disk, studio, people, pending
):
    studio.cache_folder.symlink_to(small_disk)
    filler = fill(small_disk, 0)
    for _ in range(2):
        with pytest.raises(StorageFullError, match="The disk is full"):
            images.thumbnail(studio, pending[0].sha256, person=people.rita, width_px=128)
    filler.unlink()
    assert images.thumbnail(studio, pending[0].sha256, person=people.rita, width_px=128).is_file()
    assert not list(studio.cache_folder.rglob("*.part"))

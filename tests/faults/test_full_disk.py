"""A whole run, drawn by the shipped model, on a disk that is really full."""

import pytest

from campaigns.faults.full_disk import MUST_BE_NONE, NoDiskError, drawn_with_room_for, small_disk
from tests.faults.conftest import SEED


@pytest.fixture
def disk(tmp_path):
    try:
        with small_disk(tmp_path / "disk") as mounted:
            yield mounted
    except NoDiskError as error:
        pytest.skip(str(error))


# Room for nothing at all; for some rows and no image; for some of the images.
@pytest.mark.parametrize("room_bytes", [0, 20_000, 100_000])
def test_a_run_whose_disk_is_full_leaves_nothing_half_and_ends_by_itself_once_there_is_room(
    disk, expected_and_parts, room_bytes
):
    found, _ = drawn_with_room_for(disk, room_bytes, SEED, *expected_and_parts)
    assert not {name: found[name] for name in MUST_BE_NONE if found[name]}
    assert found["met_a_full_disk"] == 1
    assert found["equal_files"] == 2 * found["variants"] > 0

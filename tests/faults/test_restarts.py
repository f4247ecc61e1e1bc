"""A whole run, drawn by the shipped model, while PostgreSQL goes away under it."""

from contextlib import closing

from campaigns.faults.restarts import MUST_BE_NONE, STOPS_AFTER, drawn_over_stops
from tests.faults.conftest import SEED
from tests.small_studio import small_studio


def test_a_run_during_which_the_server_is_stopped_twice_is_drawn_to_its_end_each_image_once(
    postgresql, tmp_path, expected_and_parts
):
    url = postgresql.fresh()
    studio = small_studio(tmp_path / "data", database_url=url, batch_size=1)
    with closing(studio.database):
        found, waits_s = drawn_over_stops(studio, postgresql, [SEED], *expected_and_parts)
    assert not {name: found[name] for name in MUST_BE_NONE if found[name]}
    assert found["equal_files"] == 2 * found["variants"] > 0
    assert len(waits_s) == len(STOPS_AFTER)

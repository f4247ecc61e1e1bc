"""PostgreSQL is stopped as by a power cut, twice, in the middle of each run, and started again.

The worker is not told and not started again: it must find the server by itself and draw every image
once, as it would have been drawn without.
"""

import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from brandstudio.services import runs
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from campaigns.faults import soundness
from campaigns.faults.soundness import Expected
from campaigns.faults.working import drawn, undisturbed, unfinished, until, working
from campaigns.report import Options
from tests import small_studio
from tests.postgresql_server import Server, running_server
from tests.small_studio import PER_RUN, Parts

DEFAULT = 10
STOPS_AFTER = (1, 3)
"""So many images of the run are drawn when the server is stopped."""
MUST_BE_NONE = (
    "missing_variants", "doubled_variants", "unfinished_runs", "unranked", "missing_files",
    "unequal_files", "orphans", "parts", "chain_faults", "drifted",
)  # fmt: skip


def measure(options: Options) -> dict[str, object]:
    """Draw so many runs with two stops each; what is wrong afterwards, and how long it stood."""
    seeds = [options.seed % 2**31 + 10 * number for number in range(options.count or DEFAULT)]
    with tempfile.TemporaryDirectory() as folder:
        expected, parts = undisturbed(Path(folder) / "undisturbed", seeds)
        with running_server() as server:
            url, data = server.fresh("template1"), Path(folder) / "data"
            studio = small_studio.small_studio(data, database_url=url, batch_size=1)
            with closing(studio.database):
                tally, seconds = drawn_over_stops(studio, server, seeds, expected, parts)
    return {
        "stops": len(seconds),
        **{name: tally.pop(name, 0) for name in MUST_BE_NONE},
        **dict(sorted(tally.items())),
        "next_image_after_max_s": round(max(seconds), 1),
    }


def drawn_over_stops(
    studio: Studio, server: Server, seeds: list[int], expected: Expected, parts: Parts
) -> tuple[Counter[str], list[float]]:
    """Draw the runs while the server goes away; what is wrong, and each wait for the next image."""
    maker = users.operator(studio)
    seconds: list[float] = []
    with working(studio, parts):
        for number, seed in enumerate(seeds):
            runs.submit(studio, small_studio.form(seed), person=maker)
            for stop in STOPS_AFTER:
                until(lambda so_many=number * PER_RUN + stop: drawn(studio) >= so_many)
                seconds.append(_stopped(server, studio))
            until(lambda: not unfinished(studio))
    tally = soundness.after_start_up(studio)
    tally += soundness.of_log(studio)
    tally += soundness.of_variants(studio, expected, PER_RUN)
    return tally, seconds


def _stopped(server: Server, studio: Studio) -> float:
    """Stop the server and start it; returns how long it took until something was drawn again."""
    server.restart()
    up_s, known = time.monotonic(), list[int]()
    until(lambda: not known.append(drawn(studio)))
    until(lambda: drawn(studio) > known[0] or not unfinished(studio))
    return time.monotonic() - up_s

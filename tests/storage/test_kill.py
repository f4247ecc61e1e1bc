"""The harnesses of `python -m campaigns.faults`, with fewer kills."""

import json
import subprocess
import sys

import pytest

from campaigns.faults.kills import MUST_BE_NONE
from campaigns.faults.soundness import unexplained

KILLS, SEED = 60, 7


def killed(part, kills=KILLS):
    """What the harness finds after so many kills, in a process that may fork."""
    ended = subprocess.run(
        [sys.executable, "-m", f"campaigns.faults.{part}", str(kills), str(SEED)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_process_killed_again_and_again_loses_nothing_it_acknowledged():
    found = killed("files")
    lost = {name: found[name] for name in ("missing", "corrupt", "orphans", "parts", "unsound")}
    assert lost == dict.fromkeys(lost, 0), f"seed {SEED}"
    assert found["kills"] == KILLS
    assert found["acknowledged"] > 0


@pytest.mark.parametrize("kills", [20, pytest.param(KILLS, marks=pytest.mark.campaign)])
def test_killing_server_and_workers_loses_no_answer_and_changes_no_image(kills):
    found = killed("kills", kills)
    wrong = {name: found[name] for name in MUST_BE_NONE if found[name]}
    assert not wrong, f"seed {SEED}: {found}"
    assert (found["kills_of_web"], found["kills_of_worker"]) == (kills // 2, kills // 2)
    assert found["acknowledged_decisions"] > 0
    assert found["equal_files"] == 2 * found["variants"] > 0


def test_a_run_that_three_workers_died_of_has_failed_as_it_should():
    died_thrice = [(1, "variant 4")] * 3
    assert unexplained([(1, "PoisonError")], died_thrice) == 0


def test_deaths_in_different_places_do_not_explain_a_failed_run():
    scattered = [(1, "variant 4"), (1, "variant 5"), (1, "ranking"), *[(2, "variant 9")] * 3]
    assert unexplained([(1, "PoisonError")], scattered) == 1


def test_three_deaths_explain_one_failure_and_no_other_kind():
    died_thrice = [(1, "variant 4")] * 3
    assert unexplained([(1, "PoisonError")] * 2, died_thrice) == 1
    assert unexplained([(1, "StorageError")], died_thrice) == 1

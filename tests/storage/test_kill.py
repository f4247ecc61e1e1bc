import json
import subprocess
import sys

KILLS, SEED = 60, 7


def test_a_process_killed_again_and_again_loses_nothing_it_acknowledged():
    """The same harness as `python -m benchmarks.faults files`, with fewer kills."""
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.faults.files", str(KILLS), str(SEED)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ended.stdout)
    lost = {name: found[name] for name in ("missing", "corrupt", "orphans", "parts", "unsound")}
    assert lost == dict.fromkeys(lost, 0), f"seed {SEED}"
    assert found["kills"] == KILLS
    assert found["acknowledged"] > 0

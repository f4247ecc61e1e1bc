import os
import subprocess
import sys
import time
from contextlib import suppress

import pytest

FORKS_AND_DIES = """
import os, signal, sys, time
from pathlib import Path
from benchmarks.faults import lives
lives.watch_for_deaths()
life = lives.start("child", lives.Fate(), lambda _fuse: time.sleep(600), Path(sys.argv[1]))
print(life.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_forked_ends_when_the_harness_is_killed(tmp_path):
    said = subprocess.run(
        [sys.executable, "-c", FORKS_AND_DIES, str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert is_gone_within(20, int(said.stdout))


def is_gone_within(seconds, pid):
    deadline = time.monotonic() + seconds
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.02)
        pytest.fail(f"process {pid} lives on")
    return True

import os
import select
import subprocess
import sys

FORKS_AND_DIES = """
import os, signal, sys
from pathlib import Path
from campaigns.faults import lives
lives.watch_for_deaths()
life = lives.start("child", lives.Fate(), lambda _fuse: signal.pause(), Path(sys.argv[1]))
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
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], seconds)[0])
    finally:
        os.close(process)

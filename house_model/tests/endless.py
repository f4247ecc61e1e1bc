"""Work for a group that never ends by itself; run as a program, two members carry it out."""

import os
import signal
import sys

from house_model.training.process_group import ProcessGroup, run_group


def wait(_group: ProcessGroup) -> None:
    """Say who waits, then wait for a signal."""
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    run_group(wait, 2)

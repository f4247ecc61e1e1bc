"""Work for a crew that never ends by itself; run as a program, two members carry it out."""

import os
import signal
import sys

from house_model.training.crew import Crew, run_crew


def wait(_crew: Crew) -> None:
    """Say who waits, then wait for a signal."""
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    run_crew(wait, 2)

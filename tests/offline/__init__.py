"""Switches the guard on for this process and for everything it starts."""

import os
import socket
import tempfile
from pathlib import Path

import psutil

HERE = Path(__file__).parent
_NOTES = Path(tempfile.mkdtemp(prefix="studio-tests-")) / "outside.txt"


def _own_addresses() -> set[str]:
    interfaces = psutil.net_if_addrs().values()
    return {a.address.split("%")[0] for each in interfaces for a in each} | {socket.gethostname()}


os.environ["BRANDSTUDIO_TESTS_OUTSIDE"] = str(_NOTES)
os.environ["BRANDSTUDIO_TESTS_OWN_ADDRESSES"] = ",".join(sorted(_own_addresses()))
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(HERE), os.environ.get("PYTHONPATH", "")])
)

from tests.offline import sitecustomize  # noqa: E402, F401 - it looks at the environment


def attempts() -> list[str]:
    """What reached outside since this was asked last."""
    if not _NOTES.exists():
        return []
    said = _NOTES.read_text().splitlines()
    _NOTES.unlink()
    return said

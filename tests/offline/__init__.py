"""Switches the guard on for this process and for everything it starts."""

import os
import socket
import sys
import tempfile
from pathlib import Path
from types import ModuleType

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


def _guard() -> ModuleType:
    """The module whose guard watches this process: a parallel worker began with it already."""
    started = sys.modules.get("sitecustomize")
    if started is not None and Path(str(started.__file__)).parent == HERE:
        return started
    from tests.offline import sitecustomize  # noqa: PLC0415 - it looks at the environment

    return sitecustomize


OutsideError: type[OSError] = _guard().OutsideError


def attempts() -> list[str]:
    """What reached outside since this was asked last."""
    if not _NOTES.exists():
        return []
    said = _NOTES.read_text().splitlines()
    _NOTES.unlink()
    return said

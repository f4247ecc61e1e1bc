"""Names for files that are being written, which tell who writes them."""

import os
import re
import secrets
import socket

_NAME = re.compile(r"(?P<host>[A-Za-z0-9_-]{1,40})~(?P<pid>\d{1,10})~[0-9a-f]+\..*")


def part_name(suffix: str) -> str:
    """A new name: this machine, this process, and a number nobody else has."""
    return f"{_host()}~{os.getpid()}~{secrets.token_hex(8)}.{suffix}.part"


def is_abandoned(name: str) -> bool:
    """Whether the process that wrote under this name is known to be dead."""
    found = _NAME.fullmatch(name)
    return found is not None and found["host"] == _host() and not _lives(int(found["pid"]))


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:40] or "host"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True

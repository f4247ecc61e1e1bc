"""Keeps tests, and every Python they start, from reaching beyond this machine.

The folder of this file is on PYTHONPATH while the tests run, so that Python imports it by itself.
Every attempt is refused and noted in a file, because whoever made it may hide the refusal.
"""

import os
import socket
import sys
from ipaddress import ip_address

NOTES = "BRANDSTUDIO_TESTS_OUTSIDE"
OWN = "BRANDSTUDIO_TESTS_OWN_ADDRESSES"


# Ray asks which cloud it runs in, if any, and cannot be told not to; it sends nothing with it.
FORGIVEN = ("169.254.169.254", "metadata.google.internal")


class OutsideError(OSError):
    """Something reached for an address beyond this machine."""


def is_here(host: object) -> bool:
    """Whether a host is this machine."""
    if not isinstance(host, str | bytes) or not host:
        return True
    name = host.decode() if isinstance(host, bytes) else host
    own = os.environ.get(OWN, "").split(",")
    if name in own or name.split("%")[0] in own or name.endswith("localhost"):
        return True
    try:
        address = ip_address(name.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def watch(event: str, told: tuple[object, ...]) -> None:
    """Refuse what reaches outside."""
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        line, address = told[0], told[1]
        # Connecting a datagram socket sends nothing: it is how programs ask for their own address.
        asks = event == "socket.connect" and getattr(line, "type", None) == socket.SOCK_DGRAM
        if not asks and isinstance(address, tuple):
            _require_here(event, address[0])
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        _require_here(event, told[0])
    elif event == "socket.getnameinfo" and isinstance(told[0], tuple):
        _require_here(event, told[0][0])


def _require_here(event: str, host: object) -> None:
    if is_here(host):
        return
    test = os.environ.get("PYTEST_CURRENT_TEST", "no test")
    said = f"{test}: {event} to {host!r}"
    if host in FORGIVEN:
        raise OutsideError(said)
    with open(os.environ[NOTES], "a") as notes:  # noqa: PTH123 - pathlib is slow to import
        notes.write(said + "\n")
    raise OutsideError(said)


if NOTES in os.environ:
    sys.addaudithook(watch)

"""Whether Ray may be used at all: installed, new enough, and closed to whoever has no token.

Nothing here imports ray into this process. The web server asks these questions, and Ray ends every
process that is connected to it when its head is gone for a minute.
"""

import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import MutableMapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from brandstudio.errors import StudioError
from brandstudio.services.studio import Studio

OLDEST = (2, 56)
"""Before it, whoever reaches a node can run code there (CVE-2026-57516)."""

_ANSWER_S, _CONNECT_S = 30.0, 5.0
_OPEN, _CLOSED = 0, 3
_ASK = f"""
import sys
from ray._raylet import GcsClient
from ray.exceptions import AuthenticationError
try:
    GcsClient(address=sys.argv[1]).get_all_node_info(timeout=5)
except AuthenticationError:
    sys.exit({_CLOSED})
"""


class NoRayError(StudioError):
    """Ray is asked for and not there, or too old to be safe."""

    hint = "Run: pip install 'brandstudio[ray]'. Or unset BRANDSTUDIO_ENGINE to draw here."


class NoTokenError(StudioError):
    """Ray has no token, so that the cluster would obey whoever reaches it."""

    hint = (
        "Make one with 'ray get-auth-token --generate', copy ~/.ray/auth_token to every machine of "
        "the cluster, and start Ray there with RAY_AUTH_MODE=token."
    )


class HeadError(StudioError):
    """The head of the cluster does not answer as one that can be used."""

    hint = "Check BRANDSTUDIO_ENGINE, and that 'ray start --head' runs there."


class OneMachineError(StudioError):
    """The database or the store is a local file, which no other machine can reach."""

    hint = "See 'More machines' in docs/scaling.md. For one machine, BRANDSTUDIO_ENGINE=ray:local."


class ClusterError(StudioError):
    """Ray could not be started, or its cluster not be joined."""

    hint = (
        "On a cluster, the web server's machine takes part too: run 'ray start --address=HEAD:6379 "
        "--num-cpus=0 --num-gpus=0' there."
    )

    def __init__(self, reason: str) -> None:
        super().__init__(f"Ray cannot be used: {reason}")


class UnfitWorkerError(StudioError):
    """A node's worker may not draw for this studio."""

    def __init__(self, worker: str, reason: str) -> None:
        super().__init__(f"{worker} may not draw: {reason.rstrip('.')}")
        self.hint = ""


def require_set_up(studio: Studio) -> None:
    """Nothing, or StudioError for what no waiting mends; asks nobody."""
    require_ray()
    if studio.settings.ray_address:
        require_token()
        require_shared(studio)


def require_usable(studio: Studio) -> None:
    """Nothing, or StudioError when the cluster must not or cannot be used now."""
    require_set_up(studio)
    if studio.settings.ray_address:
        require_closed(studio.settings.ray_address)


def require_ray() -> str:
    """The version that is installed, or NoRayError."""
    try:
        installed = version("ray")
    except PackageNotFoundError as error:
        raise NoRayError("Ray is not installed") from error
    if tuple(int(number) for number in re.findall(r"\d+", installed)[:2]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise NoRayError(f"Ray {installed} is not safe, {oldest} or newer is needed")
    return installed


def require_token(environment: MutableMapping[str, str] = os.environ) -> None:
    """Nothing, or NoTokenError when Ray would find no token to show."""
    if environment.get("RAY_AUTH_TOKEN", "").strip():
        return
    place = environment.get("RAY_AUTH_TOKEN_PATH", "")
    file = Path(place) if place else Path.home() / ".ray" / "auth_token"
    try:
        is_there = bool(file.read_text().strip())
    except OSError:
        is_there = False
    if not is_there:
        raise NoTokenError("No token for the Ray cluster is set")


def require_shared(studio: Studio) -> None:
    """Nothing, or OneMachineError when a cluster's other machines could not take part."""
    if studio.settings.database.startswith("sqlite"):
        raise OneMachineError("A Ray cluster needs PostgreSQL: a SQLite file serves one machine")
    if studio.settings.blobs.partition(":")[0] in {"", "file"}:
        raise OneMachineError("A Ray cluster needs BRANDSTUDIO_BLOBS=s3://…: a folder serves one")


def require_closed(address: str) -> None:
    """Nothing when the head answers to our token and to nobody without one; tried, not believed.

    Raises HeadError when it does not answer, NoTokenError when the token is not its own or when it
    asks for none.
    """
    _require_listener(address)
    stranger = {name: value for name, value in os.environ.items() if "RAY_AUTH" not in name}
    if _asked(address, stranger | {"RAY_AUTH_MODE": "disabled"}) == _OPEN:
        raise NoTokenError(f"The Ray head at {address} obeys whoever reaches it, without a token")
    if _asked(address, os.environ | {"RAY_AUTH_MODE": "token"}) == _CLOSED:
        raise NoTokenError(f"The token is not the one of the Ray head at {address}")


def prepare(studio: Studio, environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what Ray reads when it is imported: a token always, reports to its makers never."""
    environment.update(RAY_AUTH_MODE="token", RAY_USAGE_STATS_ENABLED="0", RAY_COLOR_PREFIX="0")
    if not studio.settings.ray_address:
        environment["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
        # Despite its name, on every system what keeps Ray on the loopback address; asked for by
        # address alone, it listens on all of them.
        environment["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        # Unset, Ray lets each worker use one core only.
        cores = max(1, (os.cpu_count() or 1) // studio.settings.ray_workers)
        environment.setdefault("OMP_NUM_THREADS", str(cores))


def _require_listener(address: str) -> None:
    # Asked first: Ray itself waits for 40 s for a head that is not there.
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise HeadError(f"No Ray head answers at {address}: {error}") from error


def _asked(address: str, environment: dict[str, str]) -> int:
    """Ask for the list of nodes in a process of its own; Ray reads its token once a process."""
    command = [sys.executable, "-c", _ASK, address]
    try:
        code = subprocess.run(
            command, env=environment, capture_output=True, timeout=_ANSWER_S, check=False
        ).returncode
    except subprocess.TimeoutExpired as error:
        raise HeadError(f"What listens at {address} does not answer like a Ray head") from error
    if code not in {_OPEN, _CLOSED}:
        raise HeadError(f"What listens at {address} does not answer like a Ray head")
    return code

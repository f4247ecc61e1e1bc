"""Taking part in a Ray cluster, or starting one of this machine alone. Importing this loads ray."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import ray
from ray.exceptions import RayError

from brandstudio.engines.ray.access import ClusterError
from brandstudio.services.studio import Studio

_HOW: dict[str, Any] = {
    "log_to_driver": True,
    "logging_level": "WARNING",
    "configure_logging": False,
}
_STORE_BYTES = 80 * 1024**2
"""Nothing goes through Ray's object store; this is the least it takes."""


def join(studio: Studio) -> None:
    """Take part in the studio's cluster, or ClusterError."""
    with _translated_errors():
        ray.init(
            address=studio.settings.ray_address,
            namespace=_namespace(studio.settings.database),
            **_HOW,
        )


@contextmanager
def joined(studio: Studio) -> Generator[None, None, None]:
    """Take part in the studio's cluster for a while."""
    join(studio)
    try:
        yield
    finally:
        ray.shutdown()


def begin(folder: str, cpus: int) -> None:
    """Start a cluster of this machine alone, which nobody outside it can reach."""
    with _translated_errors():
        ray.init(
            address="local",
            include_dashboard=False,
            num_cpus=cpus,
            object_store_memory=_STORE_BYTES,
            _node_ip_address="127.0.0.1",
            _temp_dir=folder,
            **_HOW,
        )
    address = ray.util.get_node_ip_address()
    if not ip_address(address).is_loopback:
        ray.shutdown()
        raise ClusterError(f"it listens on {address}, where others can reach it")


@contextmanager
def _translated_errors() -> Generator[None, None, None]:
    try:
        yield
    except (RayError, ValueError, RuntimeError, OSError) as error:
        raise ClusterError(first_line(error)) from error


def _namespace(database: str) -> str:
    """Where the names of a studio's workers count: two studios may share a cluster."""
    url = urlsplit(database)
    address = f"{url.netloc.rpartition('@')[2]}{url.path}"
    return f"brandstudio-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def first_line(error: BaseException) -> str:
    """What Ray says, without the paragraphs that follow."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")

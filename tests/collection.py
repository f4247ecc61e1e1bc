"""Which tests run where and when: where a test lies and what it asks for say it, and no list."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

HERE = Path(__file__).parent
EACH_IN_EVERY_RUN = (
    "storage",
    "services/test_audit_log.py",
    "services/test_leases.py",
    "services/test_queue.py",
    "services/test_queue_laws.py",
    "services/test_worker.py",
    "services/test_workers.py",
)
"""Where the SQL itself differs, or who waits for whom: on both engines in every run."""

CAMPAIGNS = ("abuse", "faults")
HEAVY = (
    "authorisation",
    "web/browser",
    "engines",
    "e2e",
    "storage",
    "imaging",
    "cli",
    "services/test_packs.py",
    "web/gate",
    "export",
    "decoder",
)
"""What takes long begins first: no core shall idle while another ends the last file."""


def mark(item: pytest.Item) -> None:
    """Give a test the marks that follow from its place and from its fixtures."""
    if _lies_in(item, CAMPAIGNS):
        item.add_marker(pytest.mark.campaign)
    if _is_a_double(item):
        item.add_marker(pytest.mark.postgresql)
        if not _lies_in(item, EACH_IN_EVERY_RUN):
            item.add_marker(pytest.mark.every_engine)
    elif "postgresql" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.postgresql)


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """The heavy places first, the others as they were."""
    return sorted(items, key=_weight)


def _weight(item: pytest.Item) -> int:
    return next((n for n, place in enumerate(HEAVY) if _lies_in(item, (place,))), len(HEAVY))


class Scheduling(LoadFileScheduling):
    """A file stays in one process, and so does whatever shares a server or a cluster."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, case = nodeid.partition("::")
        if "[postgresql" in case:
            return "postgresql"
        if file.startswith("tests/engines/test_ray"):
            return "ray"
        return file


def _is_a_double(item: pytest.Item) -> bool:
    """Whether another case of the same test runs on SQLite."""
    params = (
        item.callspec.params
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else {}
    )
    return "postgresql" in {params.get("database_url"), params.get("empty_url")}


def _lies_in(item: pytest.Item, places: Iterable[str]) -> bool:
    return any(item.path.is_relative_to(HERE / place) for place in places)

"""What people can do must not depend on the engine: the services' tests run on both.

Packs and full disks touch the database little; they run on SQLite alone, for the time it takes.
"""

from pathlib import Path

import pytest

from brandstudio.settings import Settings

ON_BOTH = {
    "test_activity",
    "test_defective",
    "test_health",
    "test_leases",
    "test_overview",
    "test_queue",
    "test_reviews",
    "test_runs",
    "test_upkeep",
    "test_links",
    "test_passwords",
    "test_sessions",
    "test_tokens",
    "test_uploads",
    "test_users",
    "test_worker",
    "test_workers",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if _is_for_sqlite_alone(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not _is_for_sqlite_alone(item)]


def _is_for_sqlite_alone(item: pytest.Item) -> bool:
    params = item.callspec.params if hasattr(item, "callspec") else {}
    is_here = item.path.parent == Path(__file__).parent and item.path.stem not in ON_BOTH
    return is_here and params.get("database_url") == "postgresql"


@pytest.fixture
def settings(settings_on_each: Settings) -> Settings:
    return settings_on_each

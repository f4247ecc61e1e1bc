"""What people can do must not depend on the engine: the services' tests run on both.

Packs and full disks touch the database little; they run on SQLite alone, for the time it takes.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from brandstudio.domain.audit_log.events import Event
from brandstudio.services.studio import Studio
from brandstudio.settings import Settings
from brandstudio.storage.tables import ActivityRow
from tests.conftest import NOON

ON_BOTH = {
    "test_audit_log",
    "test_attempts",
    "test_defective",
    "test_health",
    "test_leases",
    "test_settings_report",
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


def after(studio: Studio, **passed: float) -> Studio:
    """The same studio, later."""
    return replace(studio, now=lambda: NOON + timedelta(**passed))


def noted(studio: Studio, *events: Event) -> list[tuple[str, str, Any]]:
    """(event, actor, detail) of what the activity log holds, oldest first."""
    with studio.database.reading() as session:
        rows = session.scalars(select(ActivityRow).order_by(ActivityRow.id)).all()
    return [(row.event, row.actor, row.detail) for row in rows if row.event in events]

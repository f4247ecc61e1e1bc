"""What people can do must not depend on the engine: the services' tests run on both."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from brandstudio.domain.audit_log.events import Event
from brandstudio.services.studio import Studio
from brandstudio.settings import Settings
from brandstudio.storage.tables.decisions import ActivityRow
from tests.conftest import NOON


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

"""Every test of storage runs on both engines."""

from collections.abc import Iterator

import pytest

from brandstudio.storage.engine.database import Database, open_database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database, once on each engine."""
    opened = open_database(database_url)
    yield opened
    opened.close()

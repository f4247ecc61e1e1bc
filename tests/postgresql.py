"""The fixtures that give a test a real PostgreSQL, or a database on each engine in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from brandstudio.settings import Settings
from brandstudio.storage.engine.database import open_database
from tests.new_studio import put_new_database
from tests.postgresql_server import TEMPLATE, NoServerError, Server, running_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A real PostgreSQL, one for the session; each test makes a database of its own in it."""
    try:
        with running_server() as server:
            server.run_sql(f"CREATE DATABASE {TEMPLATE}")
            open_database(server.url(TEMPLATE)).close()
            yield server
    except NoServerError as error:
        pytest.skip(f"no PostgreSQL server here: {error}")


# For what is about the file in the data folder.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, empty studio database, once on each engine."""
    if request.param == "sqlite":
        put_new_database(tmp_path / "studio.db")
        yield f"sqlite:///{tmp_path / 'studio.db'}"
        return
    server: Server = request.getfixturevalue("postgresql")
    url = server.fresh()
    yield url
    server.drop(url)


@pytest.fixture
def settings_on_each(tmp_path: Path, database_url: str) -> Settings:
    """A fresh studio's settings, once on each engine; SQLite where the data folder has it."""
    chosen = "" if database_url.startswith("sqlite") else database_url
    return Settings(data_dir=tmp_path / "data", database_url=chosen)

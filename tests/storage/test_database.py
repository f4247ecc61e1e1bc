import threading
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError, StatementError

from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.errors import DatabaseError
from brandstudio.storage import migrations
from brandstudio.storage.engine.database import open_database
from brandstudio.storage.people import users
from brandstudio.storage.tables.base import Base
from brandstudio.storage.tables.people import UserRow
from tests.conftest import NOON


def test_a_moment_comes_back_with_its_time_zone(database):
    with database.writing() as session:
        users.add(session, "kim", {EVERY_BRAND: Role.CREATOR}, None, NOON)
    with database.reading() as session:
        assert session.get(UserRow, 1).created_at == NOON


def test_a_moment_without_a_time_zone_is_refused(database):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="without a time zone"), database.writing() as session:
        users.add(session, "kim", {EVERY_BRAND: Role.CREATOR}, None, naive)


def test_a_failed_transaction_leaves_nothing(database):
    def fail():
        with database.writing() as session:
            users.add(session, "kim", {EVERY_BRAND: Role.CREATOR}, None, NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.reading() as session:
        assert not users.name_taken(session, "kim")


def test_a_role_outside_the_table_is_refused_by_the_database(database):
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO memberships (user_id, brand, role) VALUES (1, 'voltra', 'king')"
        )


def test_an_error_tells_nothing_of_what_was_being_stored(database):
    with database.writing() as session:
        users.add(session, "kim", {EVERY_BRAND: Role.CREATOR}, "a hash", NOON, identity="corp kim")
    with pytest.raises(IntegrityError) as told, database.writing() as session:
        users.add(session, "kim2", {EVERY_BRAND: Role.CREATOR}, "a hash", NOON, identity="corp kim")
    assert "a hash" not in str(told.value)
    assert "kim2" not in str(told.value)


def test_a_name_that_no_database_could_hold_is_nobodys(database):
    with database.reading() as session:
        assert users.find(session, "kim\0") is None
        assert users.password_hash(session, "\0") is None
        assert not users.name_taken(session, "kim\0")


def test_counting_in_eight_threads_loses_no_count(database):
    with database.writing() as session:
        users.add(session, "0", {EVERY_BRAND: Role.CREATOR}, None, NOON)

    def count():
        for _ in range(10):
            with database.writing() as session:
                row = session.get(UserRow, 1)
                row.name = str(int(row.name) + 1)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get(UserRow, 1).name == "80"


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/nowhere/studio.db"])
def test_a_database_that_cannot_be_opened_is_told_in_words(url):
    with pytest.raises((DatabaseError, OSError)):
        open_database(url)


def test_the_migrations_make_the_tables_that_the_code_declares(database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_the_newest_migration_is_the_one_the_code_expects():
    folder = Path(migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_current_head() == migrations.HEAD


def test_opening_again_keeps_what_is_there(tmp_path):
    url = f"sqlite:///{tmp_path / 'studio.db'}"
    first = open_database(url)
    with first.writing() as session:
        users.add(session, "kim", {EVERY_BRAND: Role.CREATOR}, None, NOON)
    first.close()
    second = open_database(url)
    with second.reading() as session:
        assert users.name_taken(session, "kim")
    second.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "of a newer studio"),
        ("DROP TABLE alembic_version", "before the first release"),
    ],
)
def test_a_database_of_another_time_is_refused_in_words(tmp_path, statement, said):
    url = f"sqlite:///{tmp_path / 'studio.db'}"
    made = open_database(url)
    with made.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    made.close()
    with pytest.raises(DatabaseError, match=said):
        open_database(url)

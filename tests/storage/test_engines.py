"""How each engine is opened: what is on, what is refused, and what a person is told."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from brandstudio.domain.people import EVERY_BRAND, Role
from brandstudio.errors import ConnectionLostError, DatabaseBusyError, DatabaseError
from brandstudio.storage.engine import postgresql as postgresql_engine
from brandstudio.storage.engine import sqlite
from brandstudio.storage.engine.database import open_database
from brandstudio.storage.engine.sqlite import DamagedDatabaseError, file_system_of, why_no_wal
from brandstudio.storage.people import users
from tests.conftest import NOON


@pytest.fixture
def impatient(monkeypatch):
    """Waits a fifth of a second for its turn instead of ten."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 200)
    options = postgresql_engine.OPTIONS
    arguments = options["connect_args"] | {"options": "-c lock_timeout=200ms"}
    monkeypatch.setattr(postgresql_engine, "OPTIONS", options | {"connect_args": arguments})


@pytest.mark.usefixtures("impatient")
def test_who_waits_too_long_for_a_turn_is_told_that_nothing_was_saved(database_url):
    with closing(open_database(database_url)) as database:
        with database.writing() as session:
            users.add(session, "kim", {EVERY_BRAND: Role.CREATOR}, None, NOON)
            with pytest.raises(DatabaseBusyError, match="busy and this was not saved"):
                _add(database, "lee")
        _add(database, "lee")
        with database.reading() as session:
            assert users.name_taken(session, "lee")


def _add(database, name):
    with database.writing() as session:
        users.add(session, name, {EVERY_BRAND: Role.CREATOR}, None, NOON)


def test_a_turn_that_comes_in_time_is_waited_for(database_url):
    with closing(open_database(database_url)) as database:
        started = threading.Event()

        def hold():
            with database.writing() as session:
                users.add(session, "kim", {EVERY_BRAND: Role.CREATOR}, None, NOON)
                started.set()
                time.sleep(0.05)

        holding = threading.Thread(target=hold)
        holding.start()
        started.wait()
        _add(database, "lee")
        holding.join()


# --- SQLite


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), False),
        ((3, 53, 0), True),
    ],
)
def test_a_write_ahead_log_is_used_only_where_it_cannot_corrupt(version, safe):
    assert (why_no_wal(None, version) is None) is safe


@pytest.mark.parametrize(
    ("place", "kind"),
    [("/data/studio.db", "nfs4"), ("/database/studio.db", "ext4"), ("/data/fast/a.db", "xfs")],
)
def test_the_file_system_is_the_one_of_the_nearest_mount(tmp_path, place, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/a / ext4 rw 0 0\nhost:/x /data nfs4 rw 0 0\n/dev/b /data/fast xfs rw 0 0\n"
    )
    assert file_system_of(Path(place), mounts) == kind


def test_a_write_ahead_log_is_refused_on_a_network_file_system(monkeypatch, tmp_path):
    monkeypatch.setattr(sqlite, "file_system_of", lambda _file: "nfs4")
    said = why_no_wal(tmp_path / "studio.db", (3, 60, 0))
    assert said is not None
    assert "network file system (nfs4)" in said


def test_every_connection_waits_syncs_and_checks_foreign_keys(tmp_path):
    names = ("busy_timeout", "synchronous", "foreign_keys", "journal_mode")
    with (
        closing(open_database(f"sqlite:///{tmp_path / 'studio.db'}")) as database,
        database.engine.connect() as connection,
    ):
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}
    journal = "truncate" if why_no_wal(tmp_path) else "wal"
    assert found == {
        "busy_timeout": 10_000, "synchronous": 2, "foreign_keys": 1, "journal_mode": journal
    }  # fmt: skip


def test_a_damaged_file_is_refused_after_an_unclean_stop(tmp_path):
    file = tmp_path / "studio.db"
    open_database(f"sqlite:///{file}").close()
    content = bytearray(file.read_bytes())
    with closing(sqlite3.connect(file)) as connection:
        found = "SELECT rootpage FROM sqlite_master WHERE name = 'runs_to_claim'"
        [page] = connection.execute(found).fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
    content[(page - 1) * size : page * size] = b"\x5a" * size
    file.write_bytes(content)
    file.with_name("studio.db-journal").write_bytes(b"left by a writer that died")
    with pytest.raises(DamagedDatabaseError, match="is damaged") as refused:
        open_database(f"sqlite:///{file}")
    assert "restore the last backup" in refused.value.hint


def test_a_file_is_not_read_through_at_a_start_beside_somebody_who_is_writing(
    tmp_path, monkeypatch
):
    url = f"sqlite:///{tmp_path / 'studio.db'}"
    read: list[str] = []
    with closing(open_database(url)) as database, database.writing() as session:
        users.add(session, "kim", {EVERY_BRAND: Role.REVIEWER}, None, NOON)
        assert file_of_journal(tmp_path).stat().st_size > 0
        monkeypatch.setattr(sqlite, "check", lambda _engine: read.append("all of it"))
        open_database(url).close()
    assert read == []


def test_a_file_is_read_through_after_its_writer_died(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'studio.db'}"
    open_database(url).close()
    file_of_journal(tmp_path).write_bytes(b"left by a writer that died")
    read: list[str] = []
    monkeypatch.setattr(sqlite, "check", lambda _engine: read.append("all of it"))
    open_database(url).close()
    assert read == ["all of it"]


def file_of_journal(folder):
    return folder / "studio.db-journal"


def test_a_file_that_is_no_database_is_told_in_words(tmp_path):
    file = tmp_path / "studio.db"
    file.write_bytes(b"a letter to my landlord, " * 100)
    with pytest.raises(DamagedDatabaseError, match="not a database"):
        open_database(f"sqlite:///{file}")


# --- PostgreSQL


def test_a_server_that_cannot_be_reached_is_told_in_words():
    with pytest.raises(ConnectionLostError, match="connection to the database was lost"):
        open_database("postgresql://studio:secret@127.0.0.1:1/studio")


def test_a_server_that_went_away_is_told_and_then_found_again(postgresql):
    with closing(open_database(postgresql.fresh())) as database:
        _add(database, "kim")
        with pytest.raises(ConnectionLostError):
            _add_while_it_restarts(database, postgresql)
        _add(database, "lee")
        with database.reading() as session:
            assert [users.name_taken(session, name) for name in ("kim", "lee", "mo")] == [
                True, True, False
            ]  # fmt: skip


def _add_while_it_restarts(database, server):
    with database.writing() as session:
        users.add(session, "lee", {EVERY_BRAND: Role.CREATOR}, None, NOON)
        server.restart()
        users.add(session, "mo", {EVERY_BRAND: Role.CREATOR}, None, NOON)


@pytest.mark.parametrize(
    "url", ["mysql://studio:secret@host/studio", "nonsense", "postgresql://u:secret@host:port/x"]
)
def test_a_password_in_the_setting_is_never_shown(url):
    with pytest.raises(DatabaseError) as refused:
        open_database(url)
    assert "secret" not in str(refused.value)

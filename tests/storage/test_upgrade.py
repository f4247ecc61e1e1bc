"""Every schema that was ever released comes up to date, on both engines, or stays as it was."""

import os
import sqlite3
import threading
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from brandstudio.services.operations import decision_chain
from brandstudio.storage import migrations
from brandstudio.storage.engine import postgresql, sqlite, upgrade
from brandstudio.storage.engine.database import open_database
from brandstudio.storage.engine.upgrade import Backups, UpgradeCopyError, migrate
from brandstudio.storage.migrations import HEAD
from brandstudio.storage.tables.base import Base
from tests.filling import decider

FIRST_RELEASE = [
    *(
        f"INSERT INTO users (id, name, role, created_at) VALUES ({n}, '{name}', '{role}', {{at}})"
        for n, (name, role) in enumerate(
            [("carla", "creator"), ("rita", "reviewer"), ("ada", "administrator")], start=1
        )
    ),
    "INSERT INTO brand_versions (id, brand, version, digest, content, first_used_at)"
    " VALUES (1, 'voltra', 1, 'abc', '{}', {at})",
    "INSERT INTO runs (id, creator_id, creator, name, brand, brand_version_id, base_model, brief,"
    " status, created_at, estimated_s, steps_done, steps_total, attempts) VALUES"
    " (1, 1, 'carla', 'Summer', 'voltra', 1, 'house', '{}', 'succeeded', {at}, 1.5, 8, 8, 1)",
    *(
        'INSERT INTO variants (id, run_id, "index", arm, levels, seed, layout, pattern, params,'
        " fingerprint, status, sha256, described, scores, parts, rank, review) VALUES"
        f" ({n}, 1, {n}, 'a', '{{}}', 4294967295, 'l', 'p', '{{}}', 'f{n}', 'succeeded', 's{n}',"
        f" '{{}}', '{{}}', '{{}}', {n}, '{review}')"
        for n, review in enumerate(["pending", "rejected", "new"], start=1)
    ),
    *(
        "INSERT INTO decisions (id, variant_id, verdict, reviewer_id, reviewer, comment, sha256,"
        f" decided_at) VALUES ({n}, {variant}, '{verdict}', {who}, '{name}', '{said}',"
        f" 's{variant}', {{at}})"
        for n, (variant, verdict, who, name, said) in enumerate(
            [
                (1, "submit", 1, "carla", ""),
                (2, "submit", 1, "carla", ""),
                (1, "approve", 2, "rita", "schön ☀"),
                (1, "reopen", 3, "ada", ""),
                (2, "reject", 2, "rita", "too dark"),
            ],
            start=1,
        )
    ),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """A database with nothing in it, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'studio.db'}"
    return request.getfixturevalue("postgresql").fresh("template1")


def make_first_release(url: str, to: str = "0001") -> None:
    """A database as the first release left it, with five decisions in it."""
    engine = create_engine(url)
    kind = {"sqlite": sqlite, "postgresql": postgresql}[engine.dialect.name]
    kind.listen(engine)
    if engine.dialect.name == "sqlite":  # as an upgrade does: tables are made anew
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = OFF"))
    with engine.execution_options(**kind.TRANSACTIONS["writing"]).begin() as connection:
        migrate(connection, "0001")
        for statement in FIRST_RELEASE:
            at = "'2026-01-05 10:00:00.000123'"
            connection.exec_driver_sql(statement.replace("{at}", at))
    with engine.execution_options(**kind.TRANSACTIONS["writing"]).connect() as connection:
        # As an upgrade does it: a step may build a table anew that others refer to.
        raw = connection.connection.dbapi_connection
        assert raw is not None
        upgrade._foreign_keys(engine, raw, "OFF")
        with connection.begin():
            migrate(connection, to)
    engine.dispose()


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(statement))]
    engine.dispose()
    return found


def revisions() -> list[str]:
    folder = ScriptDirectory(str(Path(migrations.__file__).parent))
    return sorted(script.revision for script in folder.walk_revisions())


@pytest.mark.parametrize("schema", [r for r in revisions() if r != HEAD])
def test_an_older_schema_comes_up_to_date_with_every_row(empty_url, tmp_path, schema):
    make_first_release(empty_url, schema)
    open_database(empty_url, Backups(tmp_path)).close()
    studio = decider(empty_url)
    with closing(studio.database):
        report = decision_chain.verify(studio)
        assert (report.count, report.fault) == (5, None)
        assert list(decision_chain.drift(studio)) == []
        with studio.database.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        with pytest.raises(DBAPIError, match="append-only"), studio.database.writing() as session:
            session.execute(text("DELETE FROM decisions"))
    stored = rows(empty_url, "SELECT review, review_version, brand, seed FROM variants ORDER BY id")
    assert [row[:2] for row in stored] == [("pending", 3), ("rejected", 2), ("new", 0)]
    assert {row[2:] for row in stored} == {("voltra", 4294967295)}


def test_decisions_of_the_first_release_get_requests_versions_and_the_chain_in_order(
    empty_url, tmp_path
):
    make_first_release(empty_url)
    open_database(empty_url, Backups(tmp_path)).close()
    carried = rows(
        empty_url,
        "SELECT id, request_id, expected_version, reviewer_role, supersedes_id, comment,"
        " brand_digest FROM decisions ORDER BY id",
    )
    assert carried == [
        (1, "first-release:1", 0, "unknown", None, "", "abc"),
        (2, "first-release:2", 0, "unknown", None, "", "abc"),
        (3, "first-release:3", 1, "unknown", None, "schön ☀", "abc"),
        (4, "first-release:4", 2, "unknown", 3, "", "abc"),
        (5, "first-release:5", 1, "unknown", None, "too dark", "abc"),
    ]


def test_a_copy_is_made_before_an_upgrade(empty_url, tmp_path):
    make_first_release(empty_url)
    open_database(empty_url, Backups(tmp_path)).close()
    [copy] = tmp_path.glob("*.schema-0001*")
    if empty_url.startswith("postgresql"):
        assert copy.read_bytes().startswith(b"PGDMP")
        return
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM decisions").fetchone() == (5,)
        assert connection.execute("SELECT * FROM alembic_version").fetchone() == ("0001",)


def test_postgresql_is_not_upgraded_without_a_copy_unless_told_so(
    postgresql, tmp_path, monkeypatch
):
    url = postgresql.fresh("template1")
    make_first_release(url)
    monkeypatch.setattr(upgrade.shutil, "which", lambda _tool: None)
    with pytest.raises(UpgradeCopyError, match="no pg_dump") as refused:
        open_database(url, Backups(tmp_path))
    assert "--no-backup" in refused.value.hint
    assert rows(url, "SELECT version_num FROM alembic_version") == [("0001",)]
    open_database(url, Backups(wanted=False)).close()
    assert rows(url, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def upgrade_until(url: str, folder: str, last: int) -> None:
    done = [0]

    @event.listens_for(Engine, "before_cursor_execute")
    def count(*_: object) -> None:
        done[0] += 1
        if done[0] > last:
            os._exit(9)

    open_database(url, Backups(Path(folder), wanted=False)).close()


def test_an_upgrade_that_is_killed_leaves_the_old_schema_and_can_be_done_again(empty_url, tmp_path):
    make_first_release(empty_url)
    context, ended, last = get_context("forkserver"), 9, 0
    context.set_forkserver_preload(["campaigns.faults.deciding"])
    kills = 0
    while ended == 9:
        last += 11
        process = context.Process(target=upgrade_until, args=(empty_url, str(tmp_path), last))
        process.start()
        process.join()
        ended = process.exitcode
        known = rows(empty_url, "SELECT version_num FROM alembic_version")
        assert known == [("0001",) if ended == 9 else (HEAD,)]
        assert len(rows(empty_url, "SELECT comment FROM decisions")) == 5
        kills += ended == 9
    assert ended == 0
    assert kills >= 4


def test_four_processes_may_meet_the_same_empty_database(empty_url):
    failed = []

    def open_it():
        try:
            open_database(empty_url).close()
        except Exception as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert rows(empty_url, "SELECT version_num FROM alembic_version") == [(HEAD,)]

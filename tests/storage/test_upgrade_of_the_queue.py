"""Runs of the first release, in every status, go on where they stood."""

import json
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text

from brandstudio.storage.engine import sqlite
from brandstudio.storage.engine.database import open_database
from brandstudio.storage.engine.upgrade import Backups, migrate
from brandstudio.storage.migrations import HEAD

AT = "2026-01-05 10:00:00.000123"
# status, cancelled?, quality, variants drawn of three
RUNS = {
    1: ("queued", False, "draft", 0),
    2: ("running", False, "final", 1),
    3: ("running", True, "final", 2),
    4: ("succeeded", False, "draft", 3),
    5: ("failed", False, "draft", 1),
    6: ("cancelled", True, "final", 0),
}


@pytest.fixture
def url(tmp_path):
    """A database of the first release with a run in every status."""
    url = f"sqlite:///{tmp_path / 'studio.db'}"
    engine = create_engine(url)
    sqlite.listen(engine)
    with engine.execution_options(**sqlite.TRANSACTIONS["writing"]).begin() as connection:
        migrate(connection, "0001")
        for statement, values in first_release():
            connection.execute(text(statement), values)
    engine.dispose()
    return url


def first_release():
    yield (
        "INSERT INTO users (id, name, role, created_at) VALUES (1, 'carla', 'creator', :at)",
        {"at": AT},
    )
    yield (
        "INSERT INTO brand_versions (id, brand, version, digest, content, first_used_at)"
        " VALUES (1, 'voltra', 1, 'abc', '{}', :at)",
        {"at": AT},
    )
    for run_id, (status, cancelled, quality, drawn) in RUNS.items():
        yield (
            "INSERT INTO runs (id, creator_id, creator, name, brand, brand_version_id, base_model,"
            " brief, status, created_at, estimated_s, steps_done, steps_total, attempts, worker,"
            " heartbeat_at, cancel_requested_at) VALUES (:id, 1, 'carla', '', 'voltra', 1,"
            " 'house', :brief, :status, :at, 1.5, 4, 24, 2, :worker, :at, :cancel)",
            {
                "id": run_id,
                "brief": json.dumps({"quality": quality}),
                "status": status,
                "at": AT,
                "worker": "here:1" if status == "running" else None,
                "cancel": AT if cancelled else None,
            },
        )
        for index in range(3):
            done = index < drawn
            yield (
                'INSERT INTO variants (run_id, "index", arm, levels, seed, layout, pattern, params,'
                " fingerprint, status, sha256, described, scores, parts, review) VALUES (:run,"
                " :index, 'a', '{}', 7, 'l', 'p', '{}', :key, :status, :sha256, '{}', '{}', '{}',"
                " 'new')",
                {
                    "run": run_id,
                    "index": index,
                    "key": f"{run_id}-{index}",
                    "status": "succeeded" if done else {"running": "queued"}.get(status, status),
                    "sha256": f"s{run_id}-{index}" if done else None,
                },
            )


def test_every_run_of_the_first_release_stands_where_it_should(url, tmp_path):
    with closing(open_database(url, Backups(tmp_path))) as database, database.reading() as session:

        def read(statement):
            return [tuple(row) for row in session.execute(text(statement))]

        runs = read("SELECT id, status, worker, priority, token FROM runs ORDER BY id")
        variants = read(
            "SELECT run_id, status, count(*), sum(steps) FROM variants"
            " GROUP BY run_id, status ORDER BY run_id, status"
        )
        assert read("SELECT version_num FROM alembic_version") == [(HEAD,)]
        assert read("SELECT count(*) FROM variants WHERE sha256 IS NOT NULL") == [(7,)]
    assert runs == [
        (1, "queued", None, 0, 0),
        (2, "queued", None, 1, 0),
        (3, "cancelled", None, 1, 0),
        (4, "succeeded", None, 1, 0),
        (5, "failed", None, 0, 0),
        (6, "cancelled", None, 1, 0),
    ]
    assert variants == [
        (1, "queued", 3, 0),
        (2, "queued", 2, 0),
        (2, "succeeded", 1, 8),
        (3, "cancelled", 1, 0),
        (3, "succeeded", 2, 16),
        (4, "succeeded", 3, 24),
        (5, "failed", 2, 0),
        (5, "succeeded", 1, 8),
        (6, "cancelled", 3, 0),
    ]

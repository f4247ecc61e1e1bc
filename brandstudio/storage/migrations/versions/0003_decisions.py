"""Decisions become a chain: one row for each request and version, each sealed by the one before.

The steps are written out here and share nothing with the code of today: a migration must do the
same for ever.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from brandstudio.storage.migrations.append_only import forbid_changes

revision = "0003"
down_revision = "0002"

_PAGE = 1000
_TAKES_BACK = ("withdraw", "reopen")


def upgrade() -> None:
    """Carry every decision over in the order of its id, then close the table to changes."""
    _extend_variants()
    _set_aside()
    _create()
    _carry_over()
    op.drop_table("decisions_before")
    forbid_changes("decisions")


def downgrade() -> None:
    """A chain cannot be unwritten: restore the backup from before the upgrade instead."""
    raise RuntimeError("restore a backup instead")


def _extend_variants() -> None:
    op.add_column(
        "variants",
        sa.Column("review_version", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column(
        "variants",
        sa.Column("brand", sa.String(length=64), nullable=False, server_default=sa.text("''")),
    )
    op.execute(
        "UPDATE variants SET "
        "brand = (SELECT runs.brand FROM runs WHERE runs.id = variants.run_id), "
        "review_version = "
        "(SELECT count(*) FROM decisions WHERE decisions.variant_id = variants.id)"
    )
    op.create_index("variants_to_review_of_brand", "variants", ["brand", "review", "run_id"])


def _set_aside() -> None:
    op.drop_index("ix_decisions_variant_id", "decisions")
    op.rename_table("decisions", "decisions_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX decisions_pkey RENAME TO decisions_before_pkey")


def _create() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.String(length=120), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=False),
        sa.Column("expected_version", sa.Integer(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "submit",
                "withdraw",
                "approve",
                "reject",
                "request_changes",
                "reopen",
                name="verdict_known",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("reviewer_role", sa.String(length=24), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("brand_digest", sa.String(length=64), nullable=False),
        sa.Column("supersedes_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["supersedes_id"], ["decisions.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash", name="decision_hash_once"),
        sa.UniqueConstraint("prev_hash", name="decision_follows_one"),
        sa.UniqueConstraint("request_id", name="decision_once_per_request"),
        sa.UniqueConstraint("variant_id", "expected_version", name="decision_once_per_version"),
    )


def _carry_over() -> None:
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in _COLUMNS]
    decisions = sa.table("decisions", *columns)
    connection, last, prev_hash = op.get_bind(), 0, "0" * 64
    said: dict[int, tuple[int, int]] = {}
    for page in _pages(connection):
        sealed: list[dict[str, Any]] = []
        for old in page:
            version, before = said.get(old["variant_id"], (0, None))
            last += 1
            row = _row(old, last, version, before) | {"prev_hash": prev_hash}
            prev_hash = row["hash"] = _digest(row)
            said[old["variant_id"]] = (version + 1, last)
            sealed.append(row)
        connection.execute(decisions.insert(), sealed)


def _pages(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    query = sa.text(
        "SELECT d.*, b.digest AS brand_digest FROM decisions_before d "
        "JOIN variants v ON v.id = d.variant_id JOIN runs r ON r.id = v.run_id "
        "JOIN brand_versions b ON b.id = r.brand_version_id "
        "WHERE d.id > :after ORDER BY d.id LIMIT :page"
    ).columns(decided_at=sa.DateTime())
    after = 0
    while page := connection.execute(query, {"after": after, "page": _PAGE}).mappings().all():
        yield [dict(row) for row in page]
        after = page[-1]["id"]


def _row(old: dict[str, Any], place: int, version: int, before: int | None) -> dict[str, Any]:
    return old | {
        "id": place,
        "request_id": f"first-release:{old['id']}",
        "expected_version": version,
        # The first release did not record it, and a person's role may have changed since.
        "reviewer_role": "unknown",
        "supersedes_id": before if old["verdict"] in _TAKES_BACK else None,
    }


def _digest(row: dict[str, Any]) -> str:
    content = {name: row[name] for name in _COLUMNS if name != "hash"}
    moment: datetime = row["decided_at"]
    content["decided_at"] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


_COLUMNS = (
    "id",
    "request_id",
    "variant_id",
    "expected_version",
    "verdict",
    "reviewer_id",
    "reviewer",
    "reviewer_role",
    "comment",
    "sha256",
    "brand_digest",
    "supersedes_id",
    "decided_at",
    "prev_hash",
    "hash",
)

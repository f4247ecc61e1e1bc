"""Leases for each variant, fair share, pause, and the workers' own table."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_Columns = tuple[tuple[str, Any, str | None], ...]  # name, type, what rows of before get

_LEASE: _Columns = (
    ("lease_clock", sa.String(length=64), None),
    ("lease_until", sa.Double[float](), None),
    ("token", sa.Integer(), "0"),
    ("deaths", sa.Integer(), "0"),
    ("run_after", sa.Double[float](), None),
)
_VARIANTS: _Columns = (
    ("worker", sa.String(length=80), None),
    ("heartbeat_at", sa.DateTime(), None),
    ("attempts", sa.Integer(), "0"),
    *_LEASE,
    ("steps", sa.Integer(), "0"),
    ("drawing_s", sa.Double[float](), None),
    ("error_kind", sa.String(length=80), None),
    ("error_message", sa.Text(), None),
)
_RUNS: _Columns = (
    *_LEASE,
    ("form_digest", sa.String(length=64), None),
    ("priority", sa.Integer(), "1"),
    ("paused_at", sa.DateTime(), None),
)


def upgrade() -> None:
    """Add columns only, so that no table is copied; then give back what was being drawn."""
    _add("runs", _RUNS)
    _add("variants", _VARIANTS)
    op.create_index("runs_of_person", "runs", ["creator_id", "created_at"])
    op.create_index("variants_to_draw", "variants", ["status", "run_id"])
    op.create_index("variants_drawn", "variants", ["drawn_at"])
    _create_workers()
    _carry_over()
    op.drop_column("runs", "steps_done")


def downgrade() -> None:
    """Leases cannot be made whole runs again: restore a backup instead."""
    raise RuntimeError("restore a backup instead")


def _add(table: str, columns: _Columns) -> None:
    for name, kind, default in columns:
        nullable = default is None
        op.add_column(table, sa.Column(name, kind, nullable=nullable, server_default=default))


def _create_workers() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("host", sa.String(length=40), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("boot_id", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "starting",
                "idle",
                "drawing",
                "stopped",
                name="workerstate_known",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("beat_s", sa.Double[float](), nullable=False),
        sa.Column("moved_s", sa.Double[float](), nullable=False),
        sa.Column("patience_s", sa.Double[float](), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _carry_over() -> None:
    # Every variant of a run takes the same number of steps; what is drawn took all of them.
    op.execute(
        "UPDATE variants SET steps = (SELECT runs.steps_total / "
        "(SELECT count(*) FROM variants AS own WHERE own.run_id = variants.run_id) "
        "FROM runs WHERE runs.id = variants.run_id) WHERE status = 'succeeded'"
    )
    # A run that somebody wanted stopped is over; one that was being drawn waits again.
    op.execute(
        "UPDATE runs SET status = 'cancelled', finished_at = cancel_requested_at "
        "WHERE status IN ('queued', 'running') AND cancel_requested_at IS NOT NULL"
    )
    op.execute(
        "UPDATE variants SET status = 'cancelled' WHERE status IN ('queued', 'running') "
        "AND run_id IN (SELECT id FROM runs WHERE status = 'cancelled')"
    )
    op.execute("UPDATE variants SET status = 'queued' WHERE status = 'running'")
    op.execute("UPDATE runs SET status = 'queued' WHERE status = 'running'")
    op.execute("UPDATE runs SET attempts = 0 WHERE status = 'queued'")
    op.execute("UPDATE runs SET worker = NULL, heartbeat_at = NULL")
    _set_priorities()


def _set_priorities() -> None:
    connection = op.get_bind()
    undone = connection.execute(sa.text("SELECT id, brief FROM runs WHERE status != 'succeeded'"))
    for run_id, brief in undone.all():
        content = json.loads(brief) if isinstance(brief, str) else brief
        if content.get("quality") == "draft":
            connection.execute(
                sa.text("UPDATE runs SET priority = 0 WHERE id = :id"), {"id": run_id}
            )

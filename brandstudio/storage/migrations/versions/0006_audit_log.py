"""The audit log is read by person, by brand, by kind of event and by time, also of a million."""

from alembic import op

revision = "0006"
down_revision = "0005"

_INDEXES = (
    ("activity_of_event", "activity", ["event", "id"]),
    ("decisions_at", "decisions", ["decided_at"]),
    ("decisions_of_reviewer", "decisions", ["reviewer", "id"]),
    ("decisions_of_brand", "decisions", ["brand_digest", "id"]),
)


def upgrade() -> None:
    """Indexes alone: no row of either log is touched."""
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """The log is read without them too, only slower."""
    for name, table, _ in _INDEXES:
        op.drop_index(name, table)

"""Runs migrations on the connection of storage/engine/upgrade.py, in its transaction."""

from alembic import context

from brandstudio.storage.tables.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a column by copying its table
)
context.run_migrations()

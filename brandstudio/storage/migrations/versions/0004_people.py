"""Roles belong to brands; links, tokens and sessions say more; what happens is written down.

Whoever had a role keeps it, in every brand.
"""

import json

import sqlalchemy as sa
from alembic import op

from brandstudio.storage.migrations.append_only import forbid_changes

revision = "0004"
down_revision = "0003"

_ROLES = ("creator", "reviewer", "brand_owner", "administrator")
_SCOPES = ["read", "create", "review", "pack", "monitor", "administer"]


def upgrade() -> None:
    """Give everyone their role in every brand, then extend what the new rules need."""
    _memberships()
    _people()
    _sessions()
    _links_and_tokens()
    _activity()
    _makers()
    _enlarged()


def downgrade() -> None:
    """Roles in brands cannot become one role: restore the backup from before the upgrade."""
    raise RuntimeError("restore a backup instead")


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                *_ROLES,
                name="role_known",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role != 'administrator' OR brand = '*'", name="administrator_everywhere"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("user_id", "brand"),
    )
    op.execute("INSERT INTO memberships (user_id, brand, role) SELECT id, '*', role FROM users")


def _people() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("identity", sa.String(length=400), nullable=True))
        users.create_unique_constraint("users_identity_key", ["identity"])
        users.drop_constraint("role_known", type_="check")
        users.drop_column("role")


def _sessions() -> None:
    # They end with the upgrade: nobody recorded when they were last used.
    op.drop_table("sessions")
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sign_in_attempts_of", "sign_in_attempts", ["key", "at"])


def _links_and_tokens() -> None:
    # A link that nobody used yet would make an administrator without saying so.
    op.execute("DELETE FROM sign_in_links WHERE used_at IS NULL")
    everything = json.dumps(_SCOPES)
    with op.batch_alter_table("sign_in_links") as links:
        empty = sa.text("''")
        links.add_column(sa.Column("made_by", sa.String(64), nullable=False, server_default=empty))
        links.add_column(sa.Column("name", sa.String(64), nullable=False, server_default=empty))
        links.add_column(
            sa.Column("roles", sa.JSON(), nullable=False, server_default=sa.text("'{}'"))
        )
        links.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        links.create_foreign_key("sign_in_links_user_id_fkey", "users", ["user_id"], ["id"])
    with op.batch_alter_table("api_tokens") as tokens:
        tokens.add_column(
            sa.Column(
                "scopes", sa.JSON(), nullable=False, server_default=sa.text(f"'{everything}'")
            )
        )
        tokens.add_column(sa.Column("expires_at", sa.DateTime(), nullable=True))


def _activity() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("brand", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("activity_at", "activity", ["at"])
    op.create_index("activity_of_brand", "activity", ["brand", "id"])
    op.create_index("activity_of_actor", "activity", ["actor", "id"])
    forbid_changes("activity")


def _makers() -> None:
    op.add_column(
        "decisions",
        sa.Column("own_work", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "run_makers",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("run_id", "user_id"),
    )


def _enlarged() -> None:
    op.add_column("variants", sa.Column("enlarged_sha256", sa.String(length=64), nullable=True))
    inside = {
        "sqlite": "json_extract(enlarged, '$.sha256')",
        "postgresql": "enlarged ->> 'sha256'",
    }[op.get_bind().dialect.name]
    # A column of JSON holds the JSON value null where there is nothing.
    op.execute(
        f"UPDATE variants SET enlarged_sha256 = {inside} "
        "WHERE enlarged IS NOT NULL AND status = 'succeeded'"
    )
    op.create_index("ix_variants_enlarged_sha256", "variants", ["enlarged_sha256"])

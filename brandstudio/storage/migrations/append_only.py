"""Triggers that keep a table append-only, also against a shell on the database."""

from alembic import op


def forbid_changes(table: str) -> None:
    """Refuse every UPDATE and DELETE of the table, and TRUNCATE where there is one."""
    kind = op.get_bind().dialect.name
    for statement in _STATEMENTS[kind]:
        op.execute(statement.format(table=table))


def allow_changes(table: str) -> None:
    """Take the triggers off again, inside a migration."""
    suffix = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER {table}_no_{verb}{suffix}")
    if suffix:
        op.execute(f"DROP TRIGGER {table}_no_truncate{suffix}")


_STATEMENTS = {
    "sqlite": tuple(
        f"CREATE TRIGGER {{table}}_no_{verb.lower()} BEFORE {verb} ON {{table}} "
        "BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% are append-only', TG_TABLE_NAME "
        "USING ERRCODE = 'restrict_violation'; END $$",
        *(
            f"CREATE TRIGGER {{table}}_no_{verb.lower()} BEFORE {verb} ON {{table}} "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            for verb, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT"))
        ),
    ),
}

"""SQLite and PostgreSQL: connections, migrations, clocks, snapshots, driver errors, the disk."""

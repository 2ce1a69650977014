"""Brings lockbot's own tables to the form that this version knows. DBOS looks after its own."""

from __future__ import annotations

import sqlalchemy as sa

from bot.jobs.database.engine import DatabaseUnavailable, translated
from bot.jobs.database.migrations.migration import Migration
from bot.jobs.database.migrations.order import MIGRATIONS
from bot.jobs.database.tables import MIGRATED

#: Whoever migrates this database holds the lock of this number: "lockbot" read as a number.
_LOCK = int.from_bytes(b"lockbot")


def migrate_tables(engine: sa.Engine, migrations: tuple[Migration, ...] = MIGRATIONS) -> None:
    """All or nothing; any number of processes may do so at once. Without a table of migrations a database is empty, or of
    a lockbot that had none, whose tables the first migration knows.

    Raises ``DatabaseUnavailable``, also where a newer lockbot was here.
    """
    with translated(), engine.connect() as connection:
        if read_version(connection, migrations) == len(migrations):
            return
        connection.rollback()
        _lock(connection)
        # Another process may have been faster.
        for one in migrations[read_version(connection, migrations) :]:
            _carry_out(connection, one)
        connection.commit()


def read_version(connection: sa.Connection, migrations: tuple[Migration, ...] = MIGRATIONS) -> int:
    """The number of the last migration that the database has had; raises where a newer lockbot was here."""
    if not sa.inspect(connection).has_table(MIGRATED.name):
        return 0
    version = connection.scalar(sa.select(sa.func.max(MIGRATED.c.number))) or 0
    if version > len(migrations):
        raise DatabaseUnavailable(
            f"the job database: its tables are of a newer lockbot (migration {version}, this one knows {len(migrations)}): "
            "start that version again, or give this one a database of its own"
        )
    return version


def _lock(connection: sa.Connection) -> None:
    """Until the transaction ends."""
    if connection.dialect.name == "sqlite":
        # Python's driver begins a transaction before rows are written, not before tables are made.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _carry_out(connection: sa.Connection, migration: Migration) -> None:
    for statement in migration.render(connection.dialect.name):
        connection.exec_driver_sql(statement)
    connection.execute(sa.insert(MIGRATED).values(number=migration.number, name=migration.name))

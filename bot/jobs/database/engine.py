"""How the job database is reached, on SQLite and on Postgres, and what is said when it can't be."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite

from bot.disk import wait_for_disk
from bot.ports.steps import NotRecorded

#: DBOS writes its moments with ``unixepoch('subsec')`` from this Python on; before this SQLite that gives NULL.
_SUBSECOND_PYTHON = (3, 12)
_SUBSECOND_SQLITE = (3, 42)


class DatabaseUnavailable(NotRecorded):
    """The job database can't be reached or used."""


def find_status_table(engine: sa.Engine) -> sa.TableClause:
    """The part of DBOS's own table that is read beside ours, where one statement has to see both."""
    texts = [sa.column(name, sa.Text) for name in ("workflow_uuid", "status", "queue_name", "executor_id")]
    numbers = [sa.column(name, sa.BigInteger) for name in ("priority", "created_at", "delay_until_epoch_ms")]
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    return sa.table("workflow_status", *texts, *numbers, schema=schema)


def is_under_way(status: sa.TableClause) -> sa.ColumnElement[bool]:
    """Jobs that wait or run. Written out as DBOS's index has it, without which all that ended would be gone through."""
    return status.c.status.in_([sa.literal_column("'ENQUEUED'"), sa.literal_column("'PENDING'")])


def is_delayed(status: sa.TableClause) -> sa.ColumnElement[bool]:
    return status.c.status == sa.literal_column("'DELAYED'")


def has_failed(status: sa.TableClause) -> sa.ColumnElement[bool]:
    names = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
    return status.c.status.in_([sa.literal_column(f"'{name}'") for name in names])


def open_engine(url: str) -> sa.Engine:
    """An engine for the queue's client and these tables; makes SQLite's folder. Postgres is reached by psycopg."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if parsed.database:
        with translated():
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # As many as a worker's threads: they wait for the one writer, not for a connection.
    engine = sa.create_engine(parsed, pool_size=24)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        # Writers queue up instead of failing half-way, as DBOS has it on its own connections.
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA busy_timeout=30000")
        # Readers and the one writer don't wait for each other, and a commit waits for no disk: what a power failure
        # may cost are the last moments of what workers did, which is done again. A killed process costs nothing, and what
        # is not done yet is waited for by who needs it (``settle``).
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def settle(engine: sa.Engine) -> None:
    """Returns when what was committed is on the disk: with Postgres it is already."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    path = Path(engine.url.database)
    with translated():
        # All that the database's own file has was brought to the disk before the log was emptied.
        for one in (path.with_name(f"{path.name}-wal"), path.parent):
            with suppress(FileNotFoundError):
                wait_for_disk(one)


def check_database(url: str) -> None:
    """Raise ``DatabaseUnavailable`` where DBOS can't keep its tables in this Python's SQLite."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or sys.version_info < _SUBSECOND_PYTHON:
        return
    if sqlite3.sqlite_version_info < _SUBSECOND_SQLITE:
        raise DatabaseUnavailable(
            f"the job database: {parsed.database} needs SQLite 3.42 or later on Python 3.12 or later, and this Python has "
            f"SQLite {sqlite3.sqlite_version}: install a newer SQLite, use Python 3.11, or set "
            "LOCKBOT_DATABASE_URL=postgresql://…"
        )


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatabaseUnavailable(f"the job database: {error}") from None
    except sa.exc.SQLAlchemyError as error:
        # The message of SQLAlchemy may hold the statement and its values; the driver's own is one line.
        cause = str(getattr(error, "orig", None) or type(error).__name__)
        raise DatabaseUnavailable(f"the job database: {' '.join(cause.split())}") from None


def insert_or_ignore(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> sa.Executable:
    """A row that another process may have put there a moment ago."""
    return find_insert(connection)(table).values(row).on_conflict_do_nothing()


def find_insert(connection: sa.Connection) -> Callable[[sa.Table], sqlite.Insert | postgresql.Insert]:
    """An insertion that may say what happens where the row is there."""
    return sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

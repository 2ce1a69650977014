"""lockbot's own tables beside those of DBOS: which repositories there are, when they run, which workers live.

All of it can be rebuilt from the forge (a sync job does); losing it costs one extra run per repository.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from bot.errors import LockbotError
from bot.events import Scope
from bot.ports.forge import RepositoryRef
from bot.ports.run import ConfigState

_METADATA = sa.MetaData()
_REPOSITORIES = sa.Table(
    "lockbot_repositories",
    _METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("installation", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False, default=True),
    sa.Column("schedule", sa.JSON, nullable=False, default=list),
    sa.Column("timezone", sa.Text, nullable=False, default="UTC"),
    # Moments in seconds since the epoch.
    sa.Column("last_turn", sa.Float, nullable=False),
    sa.Column("covered_all", sa.Float, nullable=False, default=0.0),
    sa.Column("covered_open", sa.Float, nullable=False, default=0.0),
)
_WORKERS = sa.Table(
    "lockbot_workers",
    _METADATA,
    sa.Column("executor", sa.Text, primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)


#: DBOS writes its moments with ``unixepoch('subsec')`` from this Python on; before this SQLite that gives NULL.
_SUBSECOND_PYTHON = (3, 12)
_SUBSECOND_SQLITE = (3, 42)


class DatabaseUnavailable(LockbotError):
    """The job database can't be reached or used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRepository:
    ref: RepositoryRef
    enabled: bool
    schedule: tuple[str, ...]
    timezone: str
    last_turn: float


def open_engine(url: str) -> sa.Engine:
    """An engine for the queue's client and these tables; makes SQLite's folder. Postgres is reached by psycopg."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if parsed.database:
        with translated():
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed)

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        # Writers queue up instead of failing half-way, as DBOS has it on its own connections.
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA busy_timeout=30000")

    return engine


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


class Registry:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def create_tables(self) -> None:
        with translated():
            _METADATA.create_all(self._engine)

    # --- repositories -----------------------------------------------------------------------------

    def list_repositories(self) -> tuple[KnownRepository, ...]:
        with translated(), self._engine.connect() as connection:
            return tuple(_known(row) for row in connection.execute(sa.select(_REPOSITORIES)))

    def remember(self, refs: Sequence[RepositoryRef], now: datetime) -> tuple[RepositoryRef, ...]:
        """Those that were not known before. A repository's turns count from the moment it is first seen."""
        table = _REPOSITORIES
        with translated(), self._engine.begin() as connection:
            known = set(connection.scalars(sa.select(table.c.id)))
            for ref in refs:
                values = {"installation": ref.installation, "owner": ref.owner, "name": ref.name}
                if ref.id in known:
                    connection.execute(sa.update(table).where(table.c.id == ref.id).values(values))
                else:
                    row = values | {"id": ref.id, "schedule": [], "last_turn": now.timestamp()}
                    connection.execute(sa.insert(table).values(row))
            return tuple(ref for ref in refs if ref.id not in known)

    def forget(self, installation: int, repositories: Sequence[int] | None) -> None:
        gone = sa.delete(_REPOSITORIES).where(_REPOSITORIES.c.installation == installation)
        if repositories is not None:
            gone = gone.where(_REPOSITORIES.c.id.in_(repositories))
        with translated(), self._engine.begin() as connection:
            connection.execute(gone)

    def keep_only(self, refs: Sequence[RepositoryRef], installation: int | None) -> None:
        """Forget what is not among ``refs`` (of one installation, or at all)."""
        gone = sa.delete(_REPOSITORIES).where(_REPOSITORIES.c.id.not_in([ref.id for ref in refs]))
        if installation is not None:
            gone = gone.where(_REPOSITORIES.c.installation == installation)
        with translated(), self._engine.begin() as connection:
            connection.execute(gone)

    def take_turn(self, repository: int, before: float, turn: float) -> bool:
        """Whether this caller, of all machines, moved the repository's last turn on."""
        table = _REPOSITORIES
        moved = sa.update(table).where(table.c.id == repository, table.c.last_turn == before).values(last_turn=turn)
        with translated(), self._engine.begin() as connection:
            return connection.execute(moved).rowcount == 1

    def record_config(self, repository: int, config: ConfigState) -> None:
        values = {"enabled": config.enabled, "schedule": list(config.schedule), "timezone": config.timezone}
        self._update(repository, values)

    def record_cover(self, repository: int, scope: Scope, started: float) -> None:
        """A run of that scope, begun at ``started``, has done all that was asked for before."""
        names = ("covered_open",) if scope is Scope.OPEN else ("covered_all", "covered_open")
        self._update(repository, dict.fromkeys(names, started))

    def get_cover(self, repository: int, scope: Scope) -> float:
        """A turn does what no other run does, and comes but once: nothing covers it."""
        if scope is Scope.TURN:
            return 0.0
        column = _REPOSITORIES.c.covered_all if scope is Scope.ALL else _REPOSITORIES.c.covered_open
        with translated(), self._engine.connect() as connection:
            found = connection.scalar(sa.select(column).where(_REPOSITORIES.c.id == repository))
            return float(found or 0.0)

    def _update(self, repository: int, values: dict[str, Any]) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.update(_REPOSITORIES).where(_REPOSITORIES.c.id == repository).values(values))

    # --- workers ----------------------------------------------------------------------------------

    def beat(self, executor: str, now: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(_WORKERS).where(_WORKERS.c.executor == executor))
            connection.execute(sa.insert(_WORKERS).values(executor=executor, seen=now))

    def take_silent(self, since: float) -> tuple[str, ...]:
        """Workers last seen before ``since``. Each is given to one caller only."""
        with translated(), self._engine.begin() as connection:
            found = tuple(connection.scalars(sa.select(_WORKERS.c.executor).where(_WORKERS.c.seen < since)))
            connection.execute(sa.delete(_WORKERS).where(_WORKERS.c.executor.in_(found)))
            return found


def _known(row: Any) -> KnownRepository:
    ref = RepositoryRef(installation=row.installation, id=row.id, owner=row.owner, name=row.name)
    return KnownRepository(
        ref=ref,
        enabled=row.enabled,
        schedule=tuple(row.schedule),
        timezone=row.timezone,
        last_turn=row.last_turn,
    )

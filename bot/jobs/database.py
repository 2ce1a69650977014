"""lockbot's own tables beside those of DBOS: which repositories there are, when they run, which workers live.

All of it can be rebuilt from the forge (a sync job does); losing it costs one extra run per repository.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import LockbotError
from bot.events import RunJob, Scope
from bot.ports.advisories import Watched
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, ConfigState, Sha
from bot.repoconfig.schedule import WEEKLY
from bot.work.lost import Seen
from bot.work.publishing.merging import MergeWish
from bot.work.watching import WatchedHead

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
#: Of a repository: the base heads that a run and a whole run saw last, and the jobs of the runs that were put on the
#: queue last.
_MEMORY = sa.Table(
    "lockbot_memory",
    _METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seen", sa.Text, nullable=False, default=""),
    sa.Column("seen_whole", sa.Text, nullable=False, default=""),
    sa.Column("asked_all", sa.Text, nullable=False, default=""),
    sa.Column("asked_open", sa.Text, nullable=False, default=""),
)
#: When an update of a repository is old enough to be proposed.
_RIPENING = sa.Table(
    "lockbot_ripening",
    _METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("moment", sa.Float, nullable=False),
)
#: What of a repository's locks a service of advisories was asked about, at which head of the base, and what it knew then;
#: beside it the cover of the runs that open security updates.
_WATCHED = sa.Table(
    "lockbot_watched",
    _METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("base", sa.Text, nullable=False, default=""),
    sa.Column("packages", sa.JSON, nullable=False, default=list),
    sa.Column("covered", sa.Float, nullable=False, default=0.0),
    sa.Column("asked", sa.Text, nullable=False, default=""),
)
#: Branches of a repository that would have been opened but for its limits, and when one of these changes by itself.
_WAITING_ROOM = sa.Table(
    "lockbot_waiting_room",
    _METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("branches", sa.JSON, nullable=False),
    sa.Column("moment", sa.Float, nullable=True),
)
#: Pull requests that wait to be merged by lockbot: where each was last, and what was wished for it, as JSON.
_MERGING = sa.Table(
    "lockbot_merging",
    _METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("wish", sa.Text, nullable=False),
)
#: The patterns of the branches that updates of a repository are proposed for, where it states any.
_BASES = sa.Table(
    "lockbot_bases",
    _METADATA,
    sa.Column("repository", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("patterns", sa.JSON, nullable=False),
    sa.Column("prefix", sa.Text, nullable=False),
)
#: One job at a time for each ``key``: the workflow ``holder``, for as long as DBOS calls it running.
_TURNS = sa.Table(
    "lockbot_turns",
    _METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
)
#: What people ordered in comments, and the job that obeys it: a comment that is edited is told of anew.
_ORDERS = sa.Table(
    "lockbot_orders",
    _METADATA,
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
)
#: Jobs that were tried for the last time. ``repository`` where a sweep may begin again.
GIVEN_UP = sa.Table(
    "lockbot_given_up",
    _METADATA,
    sa.Column("job", sa.Text, primary_key=True),
    sa.Column("moment", sa.Float, nullable=False),
    sa.Column("repository", sa.BigInteger, nullable=True),
    sa.Column("scope", sa.Text, nullable=False, default=""),
    sa.Column("begun_again", sa.Boolean, nullable=False, default=False),
)
#: What workers solve or died over (``bot.jobs.dead_letters``): the commit ``head`` was begun so many times and not ended.
LEDGER = sa.Table(
    "lockbot_ledger",
    _METADATA,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("head", sa.Text, primary_key=True),
    sa.Column("begun", sa.Integer, nullable=False),
    sa.Column("moment", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("set_aside", sa.Boolean, nullable=False, default=False),
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


#: Of a job that has not begun.
_WAITING = ("ENQUEUED", "DELAYED")

#: What a run does, from little to much.
_WIDTHS = (Scope.OPEN, Scope.SECURITY, Scope.ALL, Scope.TURN)

#: So many are looked for by their ids, more among all.
_FEW = 500

_WISH: TypeAdapter[MergeWish] = TypeAdapter(MergeWish)


class DatabaseUnavailable(LockbotError):
    """The job database can't be reached or used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRepository:
    ref: RepositoryRef
    enabled: bool
    schedule: tuple[str, ...]
    timezone: str
    last_turn: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What is done or about to be done already. ``until``: all that was asked for before is; ``waiting``: a run that
    has not begun will do all that was asked for up to now."""

    until: float = 0.0
    waiting: bool = False


def find_status_table(engine: sa.Engine) -> sa.TableClause:
    """The part of DBOS's own table that is read beside ours, where one statement has to see both."""
    names = ("workflow_uuid", "status", "queue_name")
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    return sa.table("workflow_status", *(sa.column(name, sa.Text) for name in names), schema=schema)


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
                _wait_for_disk(one)


def _wait_for_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


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
        self._status = find_status_table(engine)

    def create_tables(self) -> None:
        with translated():
            _METADATA.create_all(self._engine)

    # --- repositories -----------------------------------------------------------------------------

    def list_repositories(self) -> tuple[KnownRepository, ...]:
        with translated(), self._engine.connect() as connection:
            return tuple(
                _known(row) for row in connection.execute(sa.select(_REPOSITORIES).order_by(_REPOSITORIES.c.id))
            )

    def remember(self, refs: Sequence[RepositoryRef], now: datetime) -> tuple[RepositoryRef, ...]:
        """Those that were not known before. A repository's turns count from the moment it is first seen."""
        known = self._list_known(refs)
        moved = [ref for ref in refs if known.get(ref.id, ref) != ref]
        new = [ref for ref in refs if ref.id not in known]
        if moved or new:
            with translated(), self._engine.begin() as connection:
                for ref in moved:
                    there = _REPOSITORIES.c.id == ref.id
                    connection.execute(sa.update(_REPOSITORIES).where(there).values(_name(ref)))
                for ref in new:
                    row = _name(ref) | {"id": ref.id, "schedule": [], "last_turn": now.timestamp()}
                    connection.execute(_insert_or_ignore(connection, _REPOSITORIES, row))
        return tuple(new)

    def find_new(self, refs: Sequence[RepositoryRef]) -> tuple[RepositoryRef, ...]:
        """Those that are not known."""
        known = self._list_known(refs)
        return tuple(ref for ref in refs if ref.id not in known)

    def _list_known(self, refs: Sequence[RepositoryRef]) -> Mapping[int, RepositoryRef]:
        wanted = sa.select(_REPOSITORIES)
        if len(refs) < _FEW:
            wanted = wanted.where(_REPOSITORIES.c.id.in_([ref.id for ref in refs]))
        with translated(), self._engine.connect() as connection:
            return {row.id: _known(row).ref for row in connection.execute(wanted)}

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
        turns = [*(config.schedule or WEEKLY), *config.own_schedules] if config.own_schedules else [*config.schedule]
        self._update(repository, {"enabled": config.enabled, "schedule": turns, "timezone": config.timezone})
        if not config.problems:
            self._record_bases(repository, config)

    def _record_bases(self, repository: int, config: ConfigState) -> None:
        table = _BASES
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.repository == repository))
            if config.bases:
                row = {"repository": repository, "patterns": list(config.bases), "prefix": config.prefix}
                connection.execute(sa.insert(table).values(row))

    def find_bases(self, repository: int) -> tuple[tuple[str, ...], str]:
        """Patterns, and what branches of lockbot's own begin with; no patterns: the default branch alone."""
        table = _BASES
        wanted = sa.select(table.c.patterns, table.c.prefix).where(table.c.repository == repository)
        with translated(), self._engine.connect() as connection:
            row = connection.execute(wanted).first()
        return ((), "") if row is None else (tuple(row[0]), row[1])

    def record_ripening(self, repository: int, moment: float | None) -> None:
        """When the repository wants a run for an update that waits for its age; None: none waits."""
        table = _RIPENING
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.repository == repository))
            if moment is not None:
                connection.execute(sa.insert(table).values(repository=repository, moment=moment))

    def take_ripe(self, now: float) -> frozenset[int]:
        """The repositories whose moment has come; each is given to one caller only."""
        table = _RIPENING
        with translated(), self._engine.begin() as connection:
            due = list(connection.execute(sa.select(table).where(table.c.moment <= now)))
            gone = (
                sa.delete(table).where(table.c.repository == one.repository, table.c.moment == one.moment)
                for one in due
            )
            taken = [connection.execute(one).rowcount == 1 for one in gone]
            return frozenset(one.repository for one, is_ours in zip(due, taken, strict=True) if is_ours)

    def record_waiting(self, repository: int, branches: Sequence[BranchName], moment: float | None) -> None:
        """What waits for room among a repository's pull requests, and from when on there is some whatever happens."""
        table = _WAITING_ROOM
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.repository == repository))
            if branches:
                row = {"repository": repository, "branches": list(branches), "moment": moment}
                connection.execute(sa.insert(table).values(row))

    def list_waiting(self, repository: int) -> tuple[BranchName, ...]:
        table = _WAITING_ROOM
        wanted = sa.select(table.c.branches).where(table.c.repository == repository)
        with translated(), self._engine.connect() as connection:
            return tuple(map(BranchName, connection.scalar(wanted) or ()))

    def take_rooms(self, now: float) -> frozenset[int]:
        """The repositories that have room since; each is given to one caller only."""
        table = _WAITING_ROOM
        with translated(), self._engine.begin() as connection:
            due = list(connection.execute(sa.select(table).where(table.c.moment <= now)))
            taken = [
                connection.execute(
                    sa.update(table)
                    .where(table.c.repository == one.repository, table.c.moment == one.moment)
                    .values(moment=None)
                ).rowcount
                for one in due
            ]
            return frozenset(one.repository for one, count in zip(due, taken, strict=True) if count == 1)

    def record_merging(self, repository: int, wishes: Sequence[MergeWish]) -> None:
        """All that waits to be merged there."""
        table = _MERGING
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.repository == repository))
            for one in wishes:
                row = {"repository": repository, "number": one.number, "wish": _WISH.dump_json(one).decode()}
                connection.execute(sa.insert(table).values(row))

    def list_merging(self, repository: int) -> tuple[MergeWish, ...]:
        table = _MERGING
        wanted = sa.select(table.c.wish).where(table.c.repository == repository).order_by(table.c.number)
        with translated(), self._engine.connect() as connection:
            return tuple(_WISH.validate_json(one) for one in connection.scalars(wanted))

    def find_merging(self, repositories: Sequence[int]) -> frozenset[int]:
        """Those of these repositories where something waits to be merged."""
        table = _MERGING
        wanted = sa.select(table.c.repository).where(table.c.repository.in_(repositories))
        with translated(), self._engine.connect() as connection:
            return frozenset(connection.scalars(wanted))

    def drop_merging(self, repository: int, numbers: Sequence[int]) -> None:
        table = _MERGING
        gone = sa.delete(table).where(table.c.repository == repository, table.c.number.in_(numbers))
        with translated(), self._engine.begin() as connection:
            connection.execute(gone)

    def record_cover(self, repository: int, scope: Scope, started: float) -> None:
        """A run of that scope, begun at ``started``, has done all that was asked for before."""
        is_part = scope in (Scope.OPEN, Scope.SECURITY)
        names = ("covered_open",) if is_part else ("covered_all", "covered_open")
        self._update(repository, dict.fromkeys(names, started))
        if scope is Scope.SECURITY:
            self._note_watched(repository, {"covered": started})

    def find_cover(self, repository: int, scope: Scope) -> Cover:
        """In one statement: most jobs of a burst need nothing else.

        A turn does what no other run does, and comes but once: nothing covers it.
        """
        if scope is Scope.TURN:
            return Cover()
        table, memory, watched, status = _REPOSITORIES, _MEMORY, _WATCHED, self._status
        done, begun = {
            Scope.ALL: ((table.c.covered_all,), (memory.c.asked_all,)),
            Scope.SECURITY: ((table.c.covered_all, watched.c.covered), (memory.c.asked_all, watched.c.asked)),
            Scope.OPEN: ((table.c.covered_open,), (memory.c.asked_all, memory.c.asked_open)),
        }[scope]
        waiting = sa.exists().where(status.c.workflow_uuid.in_(begun), status.c.status.in_(_WAITING))
        joined = table.outerjoin(memory, memory.c.repository == table.c.id)
        joined = joined.outerjoin(watched, watched.c.repository == table.c.id)
        with translated(), self._engine.connect() as connection:
            found = sa.select(waiting, *done).select_from(joined).where(table.c.id == repository)
            row = connection.execute(found).first()
        if row is None:
            return Cover()
        return Cover(waiting=bool(row[0]), until=max((float(one) for one in row[1:] if one is not None), default=0.0))

    def record_asked(self, repository: int, scope: Scope, job: str) -> None:
        """``job`` on the queue will do a run of that scope."""
        is_part = scope in (Scope.OPEN, Scope.SECURITY)
        self._note(repository, {"asked_open" if is_part else "asked_all": job})
        if scope is Scope.SECURITY:
            self._note_watched(repository, {"asked": job})

    def record_seen(self, repository: int, head: Sha, *, whole: bool) -> None:
        """``whole``: by a run that was asked to open what can be opened."""
        self._note(repository, {"seen": head} | ({"seen_whole": head} if whole else {}))

    def list_seen(self, repositories: Sequence[int]) -> Mapping[int, Seen]:
        """By repository."""
        wanted = sa.select(_MEMORY).where(_MEMORY.c.repository.in_(repositories))
        with translated(), self._engine.connect() as connection:
            return {row.repository: _seen(row) for row in connection.execute(wanted)}

    def record_watched(self, repository: int, base: Sha, packages: Sequence[Watched] | None) -> None:
        """What a run on that head asked about; ``None``: nothing is to be asked about there."""
        rows = [[one.package, one.version, dict(one.known)] for one in packages or ()]
        self._note_watched(repository, {"base": base if packages is not None else "", "packages": rows})

    def list_watched(self, repositories: Sequence[int]) -> Mapping[int, WatchedHead]:
        """By repository, those where something is to be asked about."""
        wanted = sa.select(_WATCHED).where(_WATCHED.c.repository.in_(repositories), _WATCHED.c.base != "")
        with translated(), self._engine.connect() as connection:
            return {row.repository: _watched(row) for row in connection.execute(wanted)}

    def _note_watched(self, repository: int, values: Mapping[str, Any]) -> None:
        row = {"repository": repository, "base": "", "packages": [], "covered": 0.0, "asked": ""}
        with translated(), self._engine.begin() as connection:
            connection.execute(_insert_or_ignore(connection, _WATCHED, row))
            connection.execute(sa.update(_WATCHED).where(_WATCHED.c.repository == repository).values(dict(values)))

    def _note(self, repository: int, values: Mapping[str, str]) -> None:
        row = {"repository": repository, "seen": "", "seen_whole": "", "asked_all": "", "asked_open": ""}
        there = _MEMORY.c.repository == repository
        other = sa.or_(*(_MEMORY.c[name] != value for name, value in values.items()))
        with translated(), self._engine.begin() as connection:
            connection.execute(_insert_or_ignore(connection, _MEMORY, row))
            connection.execute(sa.update(_MEMORY).where(there, other).values(dict(values)))

    def _update(self, repository: int, values: dict[str, Any]) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.update(_REPOSITORIES).where(_REPOSITORIES.c.id == repository).values(values))

    # --- one job at a time ------------------------------------------------------------------------

    def take_turn_of(self, key: str, holder: str) -> bool:
        """Whether the workflow ``holder`` is now the one that may work on ``key``. Asking again is harmless.

        A holder that DBOS does not call running any more (its worker died, it was set aside) holds nothing.
        """
        table, status = _TURNS, self._status
        with translated(), self._engine.begin() as connection:
            for _ in range(2):
                connection.execute(_insert_or_ignore(connection, table, {"key": key, "holder": holder}))
                if connection.scalar(sa.select(table.c.holder).where(table.c.key == key)) == holder:
                    return True
                runs = sa.exists().where(status.c.workflow_uuid == table.c.holder, status.c.status == "PENDING")
                if connection.execute(sa.delete(table).where(table.c.key == key, ~runs)).rowcount == 0:
                    return False
        return False

    def give_back_turn_of(self, key: str, holder: str) -> None:
        gone = sa.delete(_TURNS).where(_TURNS.c.key == key, _TURNS.c.holder == holder)
        with translated(), self._engine.begin() as connection:
            connection.execute(gone)

    # --- each order once --------------------------------------------------------------------------

    def claim_orders(self, orders: Collection[str], job: str, now: float) -> frozenset[str]:
        """Those that are this job's to obey: nobody else's yet. Asking again is harmless."""
        table = _ORDERS
        with translated(), self._engine.begin() as connection:
            for one in orders:
                connection.execute(_insert_or_ignore(connection, table, {"line": one, "job": job, "moment": now}))
            wanted = sa.select(table.c.line).where(table.c.line.in_(orders), table.c.job == job)
            return frozenset(connection.scalars(wanted))

    def drop_orders(self, before: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(_ORDERS).where(_ORDERS.c.moment < before))

    # --- what was given up ------------------------------------------------------------------------

    def record_given_up(self, job: str, lost: RunJob | None, now: float) -> None:
        """``lost``: the run that the next sweep begins again."""
        row = {"job": job, "moment": now, "repository": None, "scope": "", "begun_again": lost is None}
        if lost is not None:
            row |= {"repository": lost.repository.id, "scope": str(lost.scope)}
        with translated(), self._engine.begin() as connection:
            connection.execute(_insert_or_ignore(connection, GIVEN_UP, row))

    def list_given_up(self, installation: int) -> tuple[RunJob, ...]:
        """Runs that were given up and not begun again, for each repository the one that does most."""
        table = _REPOSITORIES
        joined = table.join(GIVEN_UP, GIVEN_UP.c.repository == table.c.id)
        wanted = sa.select(table, GIVEN_UP.c.scope).select_from(joined)
        wanted = wanted.where(table.c.installation == installation, ~GIVEN_UP.c.begun_again)
        found: dict[int, RunJob] = {}
        with translated(), self._engine.connect() as connection:
            for row in connection.execute(wanted.order_by(table.c.id)):
                one = RunJob(repository=_known(row).ref, scope=Scope(row.scope))
                found[row.id] = max(one, found.get(row.id, one), key=lambda job: _WIDTHS.index(job.scope))
        return tuple(found.values())

    def record_begun_again(self, repositories: Sequence[int]) -> None:
        begun = sa.update(GIVEN_UP).where(GIVEN_UP.c.repository.in_(repositories)).values(begun_again=True)
        with translated(), self._engine.begin() as connection:
            connection.execute(begun)

    def drop_given_up(self, before: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(GIVEN_UP).where(GIVEN_UP.c.moment < before))

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


def _seen(row: Any) -> Seen:
    return Seen(head=Sha(row.seen) or None, whole=Sha(row.seen_whole) or None)


def _watched(row: Any) -> WatchedHead:
    found = (Watched(package=name, version=version, known=known) for name, version, known in row.packages)
    return WatchedHead(base=Sha(row.base), packages=tuple(found))


def _name(ref: RepositoryRef) -> dict[str, Any]:
    return {"installation": ref.installation, "owner": ref.owner, "name": ref.name}


def _insert_or_ignore(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> sa.Executable:
    """A row that another process may have put there a moment ago."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return insert(table).values(row).on_conflict_do_nothing()

"""The job database, brought to what this version needs: what every process of the server opens first."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
import structlog

from bot.events.jobs import SyncJob
from bot.jobs.database.engine import open_engine
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.limits.dead_letters import Ledger
from bot.jobs.queue.queue import JobQueue, migrate
from bot.jobs.registry import Registry
from bot.ports.steps import Clock

#: Device and number of a file; it is another one when somebody put another in its place.
_Identity: TypeAlias = tuple[int, int]


@dataclass(slots=True, kw_only=True)
class JobDatabase:
    url: str
    engine: sa.Engine
    registry: Registry
    ledger: Ledger
    _opened: _Identity | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_file(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def open_queue(self, clock: Clock) -> JobQueue:
        """The queue, declared. Where the database's file is deleted under it, it begins anew with an empty one: all that
        was in it can be asked of the forge."""
        queue = JobQueue(self.engine, clock, lambda: self._mend(queue, clock))
        queue.declare()
        return queue

    def is_lost(self) -> bool:
        """Whether the file that was opened is no longer the one at its place."""
        return self.is_file and self._identify() != self._opened

    def prepare(self) -> None:
        migrate(self.url)
        migrate_tables(self.engine)
        self._opened = self._identify()

    def _identify(self) -> _Identity | None:
        path = self.engine.url.database
        if not self.is_file or path is None:
            return None
        try:
            found = os.stat(Path(path))
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _mend(self, queue: JobQueue, clock: Clock) -> None:
        with self._lock:
            if not self.is_lost():
                return
            structlog.get_logger("lockbot.jobs").error("the job database was deleted or replaced: beginning anew")
            self.engine.dispose()
            self.prepare()
            queue.declare()
        queue.store(f"sync:anew:{clock.now():%Y%m%dT%H%M%S}", (SyncJob(),))


def open_database(url: str) -> JobDatabase:
    """Any number of processes may do so at once. Raises ``DatabaseUnavailable``."""
    engine = open_engine(url)
    database = JobDatabase(url=url, engine=engine, registry=Registry(engine), ledger=Ledger(engine))
    try:
        database.prepare()
    except BaseException:
        engine.dispose()
        raise
    return database

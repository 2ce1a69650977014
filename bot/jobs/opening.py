"""The job database, brought to what this version needs: what every process of the server opens first."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from bot.jobs.database import Registry, open_engine
from bot.jobs.queue import JobQueue, migrate
from bot.ports.steps import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDatabase:
    url: str
    engine: sa.Engine
    registry: Registry

    def open_queue(self, clock: Clock) -> JobQueue:
        """The queue, declared."""
        queue = JobQueue(self.engine, clock)
        queue.declare()
        return queue


def open_database(url: str) -> JobDatabase:
    """Any number of processes may do so at once. Raises ``DatabaseUnavailable``."""
    engine = open_engine(url)
    migrate(url)
    registry = Registry(engine)
    registry.create_tables()
    return JobDatabase(url=url, engine=engine, registry=registry)

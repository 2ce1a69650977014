"""Which workers live."""

from __future__ import annotations

import sqlalchemy as sa

from bot.jobs.database.engine import translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import WORKERS


class Workers(Records):
    def beat(self, executor: str, now: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(WORKERS).where(WORKERS.c.executor == executor))
            connection.execute(sa.insert(WORKERS).values(executor=executor, seen=now))

    def list_workers(self) -> tuple[tuple[str, float], ...]:
        """All that gave a sign of life and were not taken for dead, with the moment of their last one."""
        with translated(), self._engine.connect() as connection:
            return tuple(
                (row.executor, row.seen) for row in connection.execute(sa.select(WORKERS).order_by(WORKERS.c.executor))
            )

    def take_silent(self, since: float) -> tuple[str, ...]:
        """Workers last seen before ``since``. Each is given to one caller only."""
        with translated(), self._engine.begin() as connection:
            found = tuple(connection.scalars(sa.select(WORKERS.c.executor).where(WORKERS.c.seen < since)))
            connection.execute(sa.delete(WORKERS).where(WORKERS.c.executor.in_(found)))
            return found

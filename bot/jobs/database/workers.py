"""Which workers live."""

from __future__ import annotations

import sqlalchemy as sa

from bot.jobs.database.engine import translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import WORKERS

#: A worker that has given no sign of life for so many seconds has ended.
SILENT = 60.0


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

    def count_alive(self, since: float) -> int:
        """Workers that gave a sign of life since then, on all machines."""
        alive = sa.select(sa.func.count()).select_from(WORKERS).where(WORKERS.c.seen >= since)
        with translated(), self._engine.connect() as connection:
            return connection.scalar(alive) or 0

    def has_work(self, executor: str) -> bool:
        """Whether it has a job under way: also one that came to its end and is not recorded as done."""
        status = self._status
        under_way = sa.exists().where(status.c.executor_id == executor, status.c.status == "PENDING")
        with translated(), self._engine.connect() as connection:
            return bool(connection.scalar(sa.select(under_way)))

    def take_silent(self, since: float) -> tuple[str, ...]:
        """Workers last seen before ``since``. Each is given to one caller only."""
        with translated(), self._engine.begin() as connection:
            found = tuple(connection.scalars(sa.select(WORKERS.c.executor).where(WORKERS.c.seen < since)))
            connection.execute(sa.delete(WORKERS).where(WORKERS.c.executor.in_(found)))
            return found

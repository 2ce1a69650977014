"""Each order that people give is obeyed once."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from bot.jobs.database.engine import insert_or_ignore, translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import ORDERS


class Orders(Records):
    def claim_orders(self, orders: Collection[str], job: str, now: float) -> frozenset[str]:
        """Those that are this job's to obey: nobody else's yet. Asking again is harmless."""
        table = ORDERS
        with translated(), self._engine.begin() as connection:
            for one in orders:
                connection.execute(insert_or_ignore(connection, table, {"line": one, "job": job, "moment": now}))
            wanted = sa.select(table.c.line).where(table.c.line.in_(orders), table.c.job == job)
            return frozenset(connection.scalars(wanted))

    def drop_orders(self, before: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(ORDERS).where(ORDERS.c.moment < before))

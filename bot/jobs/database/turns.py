"""One job at a time at each place."""

from __future__ import annotations

import sqlalchemy as sa

from bot.jobs.database.engine import insert_or_ignore, translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import TURNS


class Turns(Records):
    def take_turn_of(self, key: str, holder: str) -> bool:
        """Whether the workflow ``holder`` is now the one that may work on ``key``. Asking again is harmless.

        A holder that DBOS does not call running any more (its worker died, it was set aside) holds nothing.
        """
        table, status = TURNS, self._status
        with translated(), self._engine.begin() as connection:
            for _ in range(2):
                connection.execute(insert_or_ignore(connection, table, {"key": key, "holder": holder}))
                if connection.scalar(sa.select(table.c.holder).where(table.c.key == key)) == holder:
                    return True
                runs = sa.exists().where(status.c.workflow_uuid == table.c.holder, status.c.status == "PENDING")
                if connection.execute(sa.delete(table).where(table.c.key == key, ~runs)).rowcount == 0:
                    return False
        return False

    def give_back_turn_of(self, key: str, holder: str) -> None:
        gone = sa.delete(TURNS).where(TURNS.c.key == key, TURNS.c.holder == holder)
        with translated(), self._engine.begin() as connection:
            connection.execute(gone)

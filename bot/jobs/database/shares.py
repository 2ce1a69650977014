"""Fair shares: of the jobs that wait in a lane with the same rank, those of accounts come by turns.

Start-time fair queueing (Goyal, Vin, Cheng 1996) with every job as dear as any other. A job's place is the one after the
last job of its account, and not before the one that was begun last: an account with a thousand jobs waiting has the thousand
next rounds, one that comes with its first has the round that is on. The place is part of the priority that DBOS orders by,
so that nothing has to be looked up when a job is begun, and a kill leaves nothing that could be wrong: it is stored with the
job, in the same transaction.

What waits for a moment (a retry, a rate limit) keeps its place. When many of an account come back together they may go before
others as often as they would have had a turn in the meantime, and no oftener.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.jobs.database.engine import find_insert, is_delayed, is_under_way, translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import SHARES

#: The account under which the place of the job that was begun last is kept; accounts of forges are positive.
SERVED = -1


class Shares(Records):
    def take_places(self, connection: sa.Connection, lane: str, rank: int, account: int, jobs: int) -> int:
        """The first of so many places in a row for jobs of an account, within the transaction that stores them."""
        table = SHARES
        served = sa.select(sa.func.coalesce(sa.func.max(table.c.place), 0))
        served = served.where(table.c.lane == lane, table.c.rank == rank, table.c.account == SERVED)
        insert = find_insert(connection)(table)
        begins = served.scalar_subquery()
        row = {"lane": lane, "rank": rank, "account": account, "place": begins + jobs}
        later = sa.case((table.c.place > begins, table.c.place), else_=begins) + jobs
        taken = insert.values(row).on_conflict_do_update(
            index_elements=[table.c.lane, table.c.rank, table.c.account], set_={"place": later}
        )
        return int(connection.execute(taken.returning(table.c.place)).scalar_one()) - jobs

    def record_served(self, lane: str, rank: int, place: int) -> None:
        """A job with that place was begun."""
        table = SHARES
        with translated(), self._engine.begin() as connection:
            insert = find_insert(connection)(table)
            row = {"lane": lane, "rank": rank, "account": SERVED, "place": place}
            connection.execute(
                insert.values(row).on_conflict_do_update(
                    index_elements=[table.c.lane, table.c.rank, table.c.account],
                    set_={"place": place},
                    where=table.c.place < place,
                )
            )

    def drop_shares(self) -> None:
        """Forget accounts that have no claim left; where a lane is empty, begin to count anew."""
        table, status = SHARES, self._status
        served = table.alias()
        behind = sa.exists().where(
            served.c.lane == table.c.lane,
            served.c.rank == table.c.rank,
            served.c.account == SERVED,
            served.c.place >= table.c.place,
            table.c.account != SERVED,
        )
        here = status.c.queue_name == table.c.lane
        left = sa.exists().where(here, is_under_way(status)) | sa.exists().where(here, is_delayed(status))
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(sa.or_(behind, ~left)))

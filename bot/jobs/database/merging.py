"""Which pull requests wait to be merged by lockbot."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.jobs.database.engine import translated
from bot.jobs.database.records import Records, slices
from bot.jobs.database.tables import MERGING
from bot.work.publishing.merging import MergeWish

_WISH: TypeAdapter[MergeWish] = TypeAdapter(MergeWish)


class Merging(Records):
    def record_merging(self, repository: int, wishes: Sequence[MergeWish]) -> None:
        """All that waits to be merged there."""
        table = MERGING
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.repository == repository))
            for one in wishes:
                row = {"repository": repository, "number": one.number, "wish": _WISH.dump_json(one).decode()}
                connection.execute(sa.insert(table).values(row))

    def list_merging(self, repository: int) -> tuple[MergeWish, ...]:
        table = MERGING
        wanted = sa.select(table.c.wish).where(table.c.repository == repository).order_by(table.c.number)
        with translated(), self._engine.connect() as connection:
            return tuple(_WISH.validate_json(one) for one in connection.scalars(wanted))

    def find_merging(self, repositories: Sequence[int]) -> frozenset[int]:
        """Those of these repositories where something waits to be merged."""
        table = MERGING
        wanted = (sa.select(table.c.repository).where(table.c.repository.in_(part)) for part in slices(repositories))
        with translated(), self._engine.connect() as connection:
            return frozenset(number for one in wanted for number in connection.scalars(one))

    def drop_merging(self, repository: int, numbers: Sequence[int]) -> None:
        table = MERGING
        gone = sa.delete(table).where(table.c.repository == repository, table.c.number.in_(numbers))
        with translated(), self._engine.begin() as connection:
            connection.execute(gone)

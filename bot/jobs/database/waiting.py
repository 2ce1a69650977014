"""What waits for its age or for room among a repository's pull requests."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bot.jobs.database.engine import translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import RIPENING, WAITING_ROOM
from bot.ports.run import BranchName


class Waiting(Records):
    def record_ripening(self, repository: int, moment: float | None) -> None:
        """When the repository wants a run for an update that waits for its age; None: none waits."""
        table = RIPENING
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.repository == repository))
            if moment is not None:
                connection.execute(sa.insert(table).values(repository=repository, moment=moment))

    def take_ripe(self, now: float) -> frozenset[int]:
        """The repositories whose moment has come; each is given to one caller only."""
        table = RIPENING
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
        table = WAITING_ROOM
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.repository == repository))
            if branches:
                row = {"repository": repository, "branches": list(branches), "moment": moment}
                connection.execute(sa.insert(table).values(row))

    def list_waiting(self, repository: int) -> tuple[BranchName, ...]:
        table = WAITING_ROOM
        wanted = sa.select(table.c.branches).where(table.c.repository == repository)
        with translated(), self._engine.connect() as connection:
            return tuple(map(BranchName, connection.scalar(wanted) or ()))

    def take_rooms(self, now: float) -> frozenset[int]:
        """The repositories that have room since; each is given to one caller only."""
        table = WAITING_ROOM
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

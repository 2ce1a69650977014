"""Jobs that were tried for the last time, until a sweep begins them again."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bot.events.jobs import RunJob, Scope
from bot.jobs.database.engine import insert_or_ignore, translated
from bot.jobs.database.records import Records, slices
from bot.jobs.database.repositories import known_repository
from bot.jobs.database.tables import GIVEN_UP, REPOSITORIES

#: What a run does, from little to much.
_WIDTHS = (Scope.OPEN, Scope.SECURITY, Scope.ALL, Scope.TURN)


class GivenUp(Records):
    def record_given_up(self, job: str, lost: RunJob | None, now: float) -> None:
        """``lost``: the run that the next sweep begins again."""
        row = {"job": job, "moment": now, "repository": None, "scope": "", "begun_again": lost is None}
        if lost is not None:
            row |= {"repository": lost.repository.id, "scope": str(lost.scope)}
        with translated(), self._engine.begin() as connection:
            connection.execute(insert_or_ignore(connection, GIVEN_UP, row))

    def list_given_up(self, installation: int) -> tuple[RunJob, ...]:
        """Runs that were given up and not begun again, for each repository the one that does most."""
        table = REPOSITORIES
        joined = table.join(GIVEN_UP, GIVEN_UP.c.repository == table.c.id)
        wanted = sa.select(table, GIVEN_UP.c.scope).select_from(joined)
        wanted = wanted.where(table.c.installation == installation, ~GIVEN_UP.c.begun_again)
        found: dict[int, RunJob] = {}
        with translated(), self._engine.connect() as connection:
            for row in connection.execute(wanted.order_by(table.c.id)):
                one = RunJob(repository=known_repository(row).ref, scope=Scope(row.scope))
                found[row.id] = max(one, found.get(row.id, one), key=lambda job: _WIDTHS.index(job.scope))
        return tuple(found.values())

    def record_begun_again(self, repositories: Sequence[int]) -> None:
        begun = sa.update(GIVEN_UP).values(begun_again=True)
        with translated(), self._engine.begin() as connection:
            for part in slices(repositories):
                connection.execute(begun.where(GIVEN_UP.c.repository.in_(part)))

    def drop_given_up(self, before: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(GIVEN_UP).where(GIVEN_UP.c.moment < before))

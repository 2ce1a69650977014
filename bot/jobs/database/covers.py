"""What runs have seen and done already, and which are on the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.events.jobs import Scope
from bot.jobs.database.engine import insert_or_ignore, translated
from bot.jobs.database.records import Records, slices
from bot.jobs.database.tables import MEMORY, REPOSITORIES, WATCHED
from bot.ports.run import Sha
from bot.work.lost import Seen

#: Of a job that has not begun.
_WAITING = ("ENQUEUED", "DELAYED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What is done or about to be done already. ``until``: all that was asked for before is; ``waiting``: a run that
    has not begun will do all that was asked for up to now."""

    until: float = 0.0
    waiting: bool = False


class Covers(Records):
    def record_cover(self, repository: int, scope: Scope, started: float) -> None:
        """A run of that scope, begun at ``started``, has done all that was asked for before."""
        is_part = scope in (Scope.OPEN, Scope.SECURITY)
        names = ("covered_open",) if is_part else ("covered_all", "covered_open")
        self._update(repository, dict.fromkeys(names, started))
        if scope is Scope.SECURITY:
            self._note_watched(repository, {"covered": started})

    def find_cover(self, repository: int, scope: Scope) -> Cover:
        """In one statement: most jobs of a burst need nothing else.

        A turn does what no other run does, and comes but once: nothing covers it.
        """
        if scope is Scope.TURN:
            return Cover()
        table, memory, watched, status = REPOSITORIES, MEMORY, WATCHED, self._status
        done, begun = {
            Scope.ALL: ((table.c.covered_all,), (memory.c.asked_all,)),
            Scope.SECURITY: ((table.c.covered_all, watched.c.covered), (memory.c.asked_all, watched.c.asked)),
            Scope.OPEN: ((table.c.covered_open,), (memory.c.asked_all, memory.c.asked_open)),
        }[scope]
        waiting = sa.exists().where(status.c.workflow_uuid.in_(begun), status.c.status.in_(_WAITING))
        joined = table.outerjoin(memory, memory.c.repository == table.c.id)
        joined = joined.outerjoin(watched, watched.c.repository == table.c.id)
        with translated(), self._engine.connect() as connection:
            found = sa.select(waiting, *done).select_from(joined).where(table.c.id == repository)
            row = connection.execute(found).first()
        if row is None:
            return Cover()
        return Cover(waiting=bool(row[0]), until=max((float(one) for one in row[1:] if one is not None), default=0.0))

    def record_asked(self, repository: int, scope: Scope, job: str) -> None:
        """``job`` on the queue will do a run of that scope."""
        is_part = scope in (Scope.OPEN, Scope.SECURITY)
        self._note(repository, {"asked_open" if is_part else "asked_all": job})
        if scope is Scope.SECURITY:
            self._note_watched(repository, {"asked": job})

    def record_seen(self, repository: int, head: Sha, *, whole: bool) -> None:
        """``whole``: by a run that was asked to open what can be opened."""
        self._note(repository, {"seen": head} | ({"seen_whole": head} if whole else {}))

    def list_seen(self, repositories: Sequence[int]) -> Mapping[int, Seen]:
        """By repository."""
        wanted = (sa.select(MEMORY).where(MEMORY.c.repository.in_(part)) for part in slices(repositories))
        with translated(), self._engine.connect() as connection:
            return {row.repository: _seen(row) for one in wanted for row in connection.execute(one)}

    def _note(self, repository: int, values: Mapping[str, str]) -> None:
        row = {"repository": repository, "seen": "", "seen_whole": "", "asked_all": "", "asked_open": ""}
        there = MEMORY.c.repository == repository
        other = sa.or_(*(MEMORY.c[name] != value for name, value in values.items()))
        with translated(), self._engine.begin() as connection:
            connection.execute(insert_or_ignore(connection, MEMORY, row))
            connection.execute(sa.update(MEMORY).where(there, other).values(dict(values)))


def _seen(row: Any) -> Seen:
    return Seen(head=Sha(row.seen) or None, whole=Sha(row.seen_whole) or None)

"""What of a repository's locks a service of advisories was asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from bot.jobs.database.engine import translated
from bot.jobs.database.records import Records, slices
from bot.jobs.database.tables import WATCHED
from bot.ports.advisories import Watched
from bot.ports.run import Sha
from bot.work.watching import WatchedHead


class Advisories(Records):
    def record_watched(self, repository: int, base: Sha, packages: Sequence[Watched] | None) -> None:
        """What a run on that head asked about; ``None``: nothing is to be asked about there."""
        rows = [[one.package, one.version, dict(one.known)] for one in packages or ()]
        self._note_watched(repository, {"base": base if packages is not None else "", "packages": rows})

    def list_watched(self, repositories: Sequence[int]) -> Mapping[int, WatchedHead]:
        """By repository, those where something is to be asked about."""
        some = sa.select(WATCHED).where(WATCHED.c.base != "")
        wanted = (some.where(WATCHED.c.repository.in_(part)) for part in slices(repositories))
        with translated(), self._engine.connect() as connection:
            return {row.repository: _watched(row) for one in wanted for row in connection.execute(one)}


def _watched(row: Any) -> WatchedHead:
    found = (Watched(package=name, version=version, known=known) for name, version, known in row.packages)
    return WatchedHead(base=Sha(row.base), packages=tuple(found))

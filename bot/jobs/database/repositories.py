"""Which repositories there are, what their configurations say, whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.jobs.database.engine import insert_or_ignore, translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import BASES, REPOSITORIES
from bot.ports.forge import RepositoryRef
from bot.ports.run import ConfigState
from bot.repoconfig.schedule import WEEKLY

#: So many are looked for by their ids, more among all.
_FEW = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRepository:
    ref: RepositoryRef
    enabled: bool
    schedule: tuple[str, ...]
    timezone: str
    last_turn: float


class Repositories(Records):
    def list_repositories(self) -> tuple[KnownRepository, ...]:
        with translated(), self._engine.connect() as connection:
            return tuple(
                known_repository(row) for row in connection.execute(sa.select(REPOSITORIES).order_by(REPOSITORIES.c.id))
            )

    def remember(self, refs: Sequence[RepositoryRef], now: datetime) -> tuple[RepositoryRef, ...]:
        """Those that were not known before. A repository's turns count from the moment it is first seen."""
        known = self._list_known(refs)
        moved = [ref for ref in refs if known.get(ref.id, ref) != ref]
        new = [ref for ref in refs if ref.id not in known]
        if moved or new:
            with translated(), self._engine.begin() as connection:
                for ref in moved:
                    there = REPOSITORIES.c.id == ref.id
                    connection.execute(sa.update(REPOSITORIES).where(there).values(_name(ref)))
                for ref in new:
                    row = _name(ref) | {"id": ref.id, "schedule": [], "last_turn": now.timestamp()}
                    connection.execute(insert_or_ignore(connection, REPOSITORIES, row))
        return tuple(new)

    def find_new(self, refs: Sequence[RepositoryRef]) -> tuple[RepositoryRef, ...]:
        """Those that are not known."""
        known = self._list_known(refs)
        return tuple(ref for ref in refs if ref.id not in known)

    def _list_known(self, refs: Sequence[RepositoryRef]) -> Mapping[int, RepositoryRef]:
        wanted = sa.select(REPOSITORIES)
        if len(refs) < _FEW:
            wanted = wanted.where(REPOSITORIES.c.id.in_([ref.id for ref in refs]))
        with translated(), self._engine.connect() as connection:
            return {row.id: known_repository(row).ref for row in connection.execute(wanted)}

    def forget(self, installation: int, repositories: Sequence[int] | None) -> None:
        gone = sa.delete(REPOSITORIES).where(REPOSITORIES.c.installation == installation)
        if repositories is not None:
            gone = gone.where(REPOSITORIES.c.id.in_(repositories))
        with translated(), self._engine.begin() as connection:
            connection.execute(gone)

    def keep_only(self, refs: Sequence[RepositoryRef], installation: int | None) -> None:
        """Forget what is not among ``refs`` (of one installation, or at all)."""
        gone = sa.delete(REPOSITORIES).where(REPOSITORIES.c.id.not_in([ref.id for ref in refs]))
        if installation is not None:
            gone = gone.where(REPOSITORIES.c.installation == installation)
        with translated(), self._engine.begin() as connection:
            connection.execute(gone)

    def take_turn(self, repository: int, before: float, turn: float) -> bool:
        """Whether this caller, of all machines, moved the repository's last turn on."""
        table = REPOSITORIES
        moved = sa.update(table).where(table.c.id == repository, table.c.last_turn == before).values(last_turn=turn)
        with translated(), self._engine.begin() as connection:
            return connection.execute(moved).rowcount == 1

    def record_config(self, repository: int, config: ConfigState) -> None:
        turns = [*(config.schedule or WEEKLY), *config.own_schedules] if config.own_schedules else [*config.schedule]
        self._update(repository, {"enabled": config.enabled, "schedule": turns, "timezone": config.timezone})
        if not config.problems:
            self._record_bases(repository, config)

    def _record_bases(self, repository: int, config: ConfigState) -> None:
        table = BASES
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(table).where(table.c.repository == repository))
            if config.bases:
                row = {"repository": repository, "patterns": list(config.bases), "prefix": config.prefix}
                connection.execute(sa.insert(table).values(row))

    def find_bases(self, repository: int) -> tuple[tuple[str, ...], str]:
        """Patterns, and what branches of lockbot's own begin with; no patterns: the default branch alone."""
        table = BASES
        wanted = sa.select(table.c.patterns, table.c.prefix).where(table.c.repository == repository)
        with translated(), self._engine.connect() as connection:
            row = connection.execute(wanted).first()
        return ((), "") if row is None else (tuple(row[0]), row[1])


def known_repository(row: Any) -> KnownRepository:
    ref = RepositoryRef(installation=row.installation, id=row.id, owner=row.owner, name=row.name)
    return KnownRepository(
        ref=ref,
        enabled=row.enabled,
        schedule=tuple(row.schedule),
        timezone=row.timezone,
        last_turn=row.last_turn,
    )


def _name(ref: RepositoryRef) -> dict[str, Any]:
    return {"installation": ref.installation, "owner": ref.owner, "name": ref.name}

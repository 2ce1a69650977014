"""Which repositories there are, what their configurations say, whose turn it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.jobs.database.engine import insert_or_ignore, translated
from bot.jobs.database.records import Records, slices
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
    def list_repositories(self, installation: int | None = None) -> tuple[KnownRepository, ...]:
        """Of one installation, or all."""
        wanted = sa.select(REPOSITORIES).order_by(REPOSITORIES.c.id)
        return self._read(wanted if installation is None else wanted.where(REPOSITORIES.c.installation == installation))

    def find_repositories(self, ids: Collection[int]) -> tuple[KnownRepository, ...]:
        """Those of them that are known."""
        wanted = sa.select(REPOSITORIES).order_by(REPOSITORIES.c.id)
        return tuple(one for part in slices(ids) for one in self._read(wanted.where(REPOSITORIES.c.id.in_(part))))

    def list_installations(self) -> tuple[int, ...]:
        """Those that repositories are known of."""
        wanted = sa.select(REPOSITORIES.c.installation).distinct().order_by(REPOSITORIES.c.installation)
        with translated(), self._engine.connect() as connection:
            return tuple(connection.scalars(wanted))

    def _read(self, wanted: sa.Select[Any]) -> tuple[KnownRepository, ...]:
        with translated(), self._engine.connect() as connection:
            return tuple(map(known_repository, connection.execute(wanted)))

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
        parts = (
            [gone] if repositories is None else [gone.where(REPOSITORIES.c.id.in_(one)) for one in slices(repositories)]
        )
        with translated(), self._engine.begin() as connection:
            for part in parts:
                connection.execute(part)

    def keep_only(self, refs: Sequence[RepositoryRef], installation: int | None) -> None:
        """Forget what is not among ``refs`` (of one installation, or at all)."""
        kept = {ref.id for ref in refs}
        known = sa.select(REPOSITORIES.c.id)
        if installation is not None:
            known = known.where(REPOSITORIES.c.installation == installation)
        with translated(), self._engine.begin() as connection:
            gone = [one for one in connection.scalars(known) if one not in kept]
            for part in slices(gone):
                connection.execute(sa.delete(REPOSITORIES).where(REPOSITORIES.c.id.in_(part)))

    def take_turn(self, repository: int, before: float, turn: float) -> bool:
        """Whether this caller, of all machines, moved the repository's last turn on."""
        table = REPOSITORIES
        moved = sa.update(table).where(table.c.id == repository, table.c.last_turn == before).values(last_turn=turn)
        with translated(), self._engine.begin() as connection:
            return connection.execute(moved).rowcount == 1

    def list_to_look_at(self, now: float) -> tuple[KnownRepository, ...]:
        """Those where nobody has said that no turn comes before."""
        due = (REPOSITORIES.c.look_at <= now) & REPOSITORIES.c.enabled
        return self._read(sa.select(REPOSITORIES).where(due).order_by(REPOSITORIES.c.id))

    def record_looked_at(self, moments: Mapping[int, float]) -> None:
        """By repository, when to look again."""
        table = REPOSITORIES
        later = sa.update(table).where(table.c.id == sa.bindparam("repository")).values(look_at=sa.bindparam("moment"))
        rows = [{"repository": one, "moment": moment} for one, moment in moments.items()]
        if rows:
            with translated(), self._engine.begin() as connection:
                connection.execute(later, rows)

    def record_config(self, repository: int, config: ConfigState) -> None:
        turns = [*(config.schedule or WEEKLY), *config.own_schedules] if config.own_schedules else [*config.schedule]
        values = {"enabled": config.enabled, "schedule": turns, "timezone": config.timezone, "look_at": 0.0}
        self._update(repository, values)
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

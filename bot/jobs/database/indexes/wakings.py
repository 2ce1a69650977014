"""Repositories that are woken because pages of indexes changed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from bot.jobs.database.engine import translated
from bot.jobs.database.records import Records
from bot.jobs.database.repositories import KnownRepository, known_repository
from bot.jobs.database.tables import REPOSITORIES, WAKINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Waking:
    """``due``: the moment that it was to be woken at; it names the waking. ``windows`` as in ``Watchlist``. ``is_urgent``: a
    known vulnerability waits for one of the pages."""

    known: KnownRepository
    due: float
    windows: tuple[str, ...] = ()
    is_urgent: bool = False


class Wakings(Records):
    def list_wakings(self, now: float, limit: int) -> tuple[Waking, ...]:
        """Whose moment has come, longest first."""
        joined = WAKINGS.join(REPOSITORIES, REPOSITORIES.c.id == WAKINGS.c.repository)
        wanted = sa.select(REPOSITORIES, WAKINGS.c.windows, WAKINGS.c.due, WAKINGS.c.urgent).select_from(joined)
        wanted = wanted.where(WAKINGS.c.due <= now).order_by(WAKINGS.c.due, WAKINGS.c.repository).limit(limit)
        with translated(), self._engine.connect() as connection:
            return tuple(
                Waking(known=known_repository(row), due=row.due, windows=tuple(row.windows), is_urgent=bool(row.urgent))
                for row in connection.execute(wanted)
            )

    def end_waking(self, waking: Waking, woken: float | None) -> None:
        """Its run is on the queue since ``woken``; None: there is none to be."""
        there = (WAKINGS.c.repository == waking.known.ref.id, WAKINGS.c.due == waking.due)
        values = {"due": None, "urgent": False} | ({} if woken is None else {"woken": woken})
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.update(WAKINGS).where(*there).values(values))

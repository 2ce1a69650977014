"""What all workers count, added up, and what each said last of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa

from bot.jobs.database.engine import find_insert, translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import GAUGES, SUMS, TOLD
from bot.ports.measures import Series


class Numbers(Records):
    """Safe to share between threads and machines."""

    def add(self, teller: str, batch: str, amounts: Mapping[Series, float], now: float) -> None:
        """A batch that was added already adds nothing. ``teller`` has one batch under way at a time."""
        rows = {_render(series): amount for series, amount in amounts.items()}
        with translated(), self._engine.begin() as connection:
            last = connection.scalar(sa.select(TOLD.c.batch).where(TOLD.c.teller == teller))
            if last == batch:
                return
            connection.execute(sa.delete(TOLD).where(TOLD.c.teller == teller))
            connection.execute(sa.insert(TOLD).values(teller=teller, batch=batch, moment=now))
            # In one order for all who tell at the same moment: nobody waits in a circle.
            for series in sorted(rows):
                row = find_insert(connection)(SUMS).values(series=series, amount=rows[series])
                known = {"amount": SUMS.c.amount + rows[series]}
                connection.execute(row.on_conflict_do_update(index_elements=["series"], set_=known))

    def set(self, values: Mapping[Series, float], now: float) -> None:
        """What is told last counts."""
        with translated(), self._engine.begin() as connection:
            for series, value in sorted((_render(series), value) for series, value in values.items()):
                row = find_insert(connection)(GAUGES).values(series=series, value=value, moment=now)
                known = {"value": row.excluded.value, "moment": row.excluded.moment}
                connection.execute(row.on_conflict_do_update(index_elements=["series"], set_=known))

    def read_sums(self) -> Mapping[Series, float]:
        with translated(), self._engine.connect() as connection:
            return {_parse(row.series): row.amount for row in connection.execute(sa.select(SUMS))}

    def read_gauges(self) -> Mapping[Series, tuple[float, float]]:
        """Each with the moment of which it is."""
        with translated(), self._engine.connect() as connection:
            return {_parse(row.series): (row.value, row.moment) for row in connection.execute(sa.select(GAUGES))}

    def drop_numbers(self, before: float) -> None:
        """What nobody says any more, and who tells nothing any more. Sums stay."""
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(GAUGES).where(GAUGES.c.moment < before))
            connection.execute(sa.delete(TOLD).where(TOLD.c.moment < before))


def _render(series: Series) -> str:
    return json.dumps([series.name, series.part, *series.labels], separators=(",", ":"))


def _parse(text: str) -> Series:
    name, part, *labels = json.loads(text)
    return Series(name, tuple(labels), part)

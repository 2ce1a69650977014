"""What all parts of the registry stand on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.jobs.database.engine import find_status_table, insert_or_ignore, translated
from bot.jobs.database.tables import REPOSITORIES, WATCHED

T = TypeVar("T")

#: Databases take some 30,000 values in one statement.
_SLICE = 5000


def slices(values: Collection[T]) -> Iterator[Sequence[T]]:
    """All of them, as many at a time as one statement takes."""
    listed = [*values]
    for start in range(0, len(listed), _SLICE):
        yield listed[start : start + _SLICE]


class Records:
    """Some of the tables, and what is asked of them. Safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._status = find_status_table(engine)

    def _update(self, repository: int, values: dict[str, Any]) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.update(REPOSITORIES).where(REPOSITORIES.c.id == repository).values(values))

    def _note_watched(self, repository: int, values: Mapping[str, Any]) -> None:
        row = {"repository": repository, "base": "", "packages": [], "covered": 0.0, "asked": ""}
        with translated(), self._engine.begin() as connection:
            connection.execute(insert_or_ignore(connection, WATCHED, row))
            connection.execute(sa.update(WATCHED).where(WATCHED.c.repository == repository).values(dict(values)))

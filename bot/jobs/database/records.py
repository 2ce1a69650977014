"""What all parts of the registry stand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from bot.jobs.database.engine import find_status_table, insert_or_ignore, translated
from bot.jobs.database.tables import REPOSITORIES, WATCHED


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

"""Who is signed in to the pages. Losing the table signs everybody out."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from bot.jobs.database.engine import translated
from bot.jobs.database.records import Records
from bot.jobs.database.tables import SESSIONS
from bot.ports.people import Access, May, Person, StoredSession

#: Sessions that are over, taken away each time that somebody signs in.
_SWEPT = 20
_RIGHTS: TypeAdapter[dict[int, May]] = TypeAdapter(dict[int, May])


class SessionTable(Records):
    """Implements ``ports.people.SessionStore``."""

    def add(self, session: StoredSession, *, most: int) -> tuple[str, ...]:
        table, person = SESSIONS, session.access.person.id
        both = sa.select(table.c.digest, table.c.sealed)
        own = both.where(table.c.person == person).order_by(table.c.ends.desc()).offset(most).limit(1000)
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.insert(table).values(_row(session)))
            over = connection.execute(both.where(table.c.ends < session.used).order_by(table.c.ends).limit(_SWEPT))
            gone = {row.digest: row.sealed for row in (*over, *connection.execute(own))}
            connection.execute(sa.delete(table).where(table.c.digest.in_(gone)))
        return tuple(gone.values())

    def find(self, digest: str) -> StoredSession | None:
        wanted = sa.select(SESSIONS).where(SESSIONS.c.digest == digest)
        with translated(), self._engine.connect() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else _session(row)

    def change(self, session: StoredSession) -> bool:
        there = (SESSIONS.c.digest == session.digest) & (SESSIONS.c.version == session.version)
        values = _row(session) | {"version": session.version + 1}
        with translated(), self._engine.begin() as connection:
            return connection.execute(sa.update(SESSIONS).where(there).values(values)).rowcount == 1

    def touch(self, digest: str, now: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.update(SESSIONS).where(SESSIONS.c.digest == digest).values(used=now))

    def drop(self, digest: str) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.digest == digest))


def _row(session: StoredSession) -> dict[str, Any]:
    return {
        "digest": session.digest,
        "person": session.access.person.id,
        "login": session.access.person.login,
        "sealed": session.sealed,
        "repositories": json.dumps({str(number): right for number, right in session.access.repositories.items()}),
        "ends": session.ends,
        "used": session.used,
        "checked": session.checked,
        "version": session.version,
    }


def _session(row: Any) -> StoredSession:
    rights = _RIGHTS.validate_json(row.repositories)
    return StoredSession(
        digest=row.digest,
        sealed=row.sealed,
        access=Access(person=Person(id=row.person, login=row.login), repositories=rights),
        ends=row.ends,
        used=row.used,
        checked=row.checked,
        version=row.version,
    )

"""Which pages of indexes repositories depend on. All of it is made again by later runs where it is lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any, TypeAlias

import sqlalchemy as sa

from bot.jobs.database.engine import find_insert, insert_or_ignore, translated
from bot.jobs.database.records import Records, slices
from bot.jobs.database.tables import DEPENDENTS, PAGES, REPOSITORIES, WAKINGS
from bot.ports.indexes import ChangedPage
from bot.work.indexes.cadence import DAY, host_of
from bot.work.indexes.watchlist import WatchedPage, Watchlist

#: Index, package, rights, whether it is asked without credentials.
_Name: TypeAlias = tuple[str, str, str, bool]

#: What changed longer ago than this no cache holds to be current.
_RECENT = 30 * DAY


class Dependents(Records):
    def record_dependents(
        self, repository: int, watchlist: Watchlist, *, begun: float, now: float, interval: float, wake_at: float
    ) -> None:
        """All that the repository depends on, as the run that ``begun`` then found it. Pages that nobody depended on are looked
        at within the ``interval``. It is woken at ``wake_at`` where a page that is new to it changed after the run read it."""
        with translated(), self._engine.begin() as connection:
            ids = _find_or_add(connection, watchlist.pages, now, interval)
            new = _relate(connection, repository, {ids[_name(one)]: one for one in watchlist.pages})
            row = {"repository": repository, "windows": [], "due": None, "urgent": False, "woken": 0.0}
            connection.execute(insert_or_ignore(connection, WAKINGS, row))
            mine = sa.update(WAKINGS).where(WAKINGS.c.repository == repository)
            connection.execute(mine.values(windows=list(watchlist.windows)))
            if _has_changed(connection, new, begun):
                connection.execute(mine.where(WAKINGS.c.due.is_(None)).values(due=wake_at))

    def list_changed(self, repository: int, now: float) -> tuple[ChangedPage, ...]:
        """The pages that it depends on and that changed lately."""
        joined = DEPENDENTS.join(PAGES, PAGES.c.id == DEPENDENTS.c.page)
        wanted = sa.select(PAGES.c.index_url, PAGES.c.package, PAGES.c.changed).select_from(joined)
        wanted = wanted.where(DEPENDENTS.c.repository == repository, PAGES.c.changed > now - _RECENT)
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(wanted)
            return tuple(ChangedPage(index=row.index_url, package=row.package, moment=row.changed) for row in rows)

    def sweep_dependents(self) -> int:
        """Forget what repositories that are gone depended on, and pages on which nobody depends; how many of these."""
        is_there = sa.exists().where(REPOSITORIES.c.id == WAKINGS.c.repository)
        gone = sa.select(WAKINGS.c.repository).where(~is_there)
        is_wanted = sa.exists().where(DEPENDENTS.c.page == PAGES.c.id)
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.delete(DEPENDENTS).where(DEPENDENTS.c.repository.in_(gone)))
            connection.execute(sa.delete(WAKINGS).where(~is_there))
            return connection.execute(sa.delete(PAGES).where(~is_wanted)).rowcount


def _name(page: WatchedPage) -> _Name:
    one = page.depended
    return one.index, one.package, page.rights, one.is_anonymous


def _find_or_add(
    connection: sa.Connection, pages: Sequence[WatchedPage], now: float, interval: float
) -> Mapping[_Name, int]:
    known = _find(connection, pages)
    new = [one for one in pages if _name(one) not in known]
    if new:
        # Another process may have put some of them there a moment ago.
        made = find_insert(connection)(PAGES).on_conflict_do_nothing()
        connection.execute(made, [_make_row(one, now, interval) for one in new])
    return {**known, **(_find(connection, new) if new else {})}


def _find(connection: sa.Connection, pages: Sequence[WatchedPage]) -> Mapping[_Name, int]:
    """With what runs read filled in where nobody looked yet."""
    found: dict[_Name, int] = {}
    unread: dict[int, str] = {}
    seen = {_name(one): one.depended.seen for one in pages}
    for index in sorted({one.depended.index for one in pages}):
        packages = sorted({one.depended.package for one in pages if one.depended.index == index})
        for part in slices(packages):
            wanted = sa.select(PAGES).where(PAGES.c.index_url == index, PAGES.c.package.in_(part))
            for row in connection.execute(wanted).all():
                name = (row.index_url, row.package, row.rights, bool(row.anonymous))
                if name in seen:
                    found[name] = row.id
                    if not row.files and not row.releases and seen[name]:
                        unread[row.id] = seen[name]
    # All who write several pages do so in this order: none waits for another in a circle.
    for number, releases in sorted(unread.items()):
        connection.execute(sa.update(PAGES).where(PAGES.c.id == number).values(releases=releases))
    return found


def _make_row(page: WatchedPage, now: float, interval: float) -> dict[str, Any]:
    one = page.depended
    return {
        "host": host_of(one.index),
        "index_url": one.index,
        "package": one.package,
        "rights": page.rights,
        "anonymous": one.is_anonymous,
        "releases": one.seen,
        "files": "",
        "newest": None,
        "etag": "",
        "modified": "",
        "failures": 0,
        "churn": 0,
        "hints": 0,
        "changed": None,
        "due": now + interval * _fraction(one.index, one.package),
    }


def _fraction(*texts: str) -> float:
    """The same for the same texts, even over all: what comes at once is not looked at at once."""
    return int.from_bytes(blake2b("\n".join(texts).encode("utf-8", "replace"), digest_size=4).digest()) / 2**32


def _relate(connection: sa.Connection, repository: int, pages: Mapping[int, WatchedPage]) -> Collection[int]:
    """Make the pairs of a repository what they are now; those that were not there."""
    wanted = {number: (round(one.depended.age), one.depended.is_urgent) for number, one in pages.items()}
    mine = sa.select(DEPENDENTS).where(DEPENDENTS.c.repository == repository)
    had = {row.page: (row.age, bool(row.urgent)) for row in connection.execute(mine)}
    stale = [number for number, values in had.items() if wanted.get(number) != values]
    for part in slices(stale):
        gone = sa.delete(DEPENDENTS).where(DEPENDENTS.c.repository == repository, DEPENDENTS.c.page.in_(part))
        connection.execute(gone)
    rows = [
        {"page": number, "repository": repository, "age": age, "urgent": urgent}
        for number, (age, urgent) in wanted.items()
        if had.get(number) != (age, urgent)
    ]
    if rows:
        connection.execute(sa.insert(DEPENDENTS), rows)
    return wanted.keys() - had.keys()


def _has_changed(connection: sa.Connection, pages: Collection[int], since: float) -> bool:
    wanted = (sa.exists().where(PAGES.c.id.in_(part), PAGES.c.changed > since) for part in slices(sorted(pages)))
    return any(connection.scalar(sa.select(one)) for one in wanted)

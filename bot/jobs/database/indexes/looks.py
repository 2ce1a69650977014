"""Which pages of indexes are to be looked at, and what was seen there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from bot.jobs.database.engine import find_insert, insert_or_ignore, translated
from bot.jobs.database.records import Records, slices
from bot.jobs.database.tables import DEPENDENTS, FEEDS, INDEX_HOSTS, PAGES, REPOSITORIES, RIPENING, WAKINGS
from bot.ports.indexes import Marks
from bot.work.indexes.cadence import HINTS, Look, PageState

#: Of the hosts of one turn so many in four have answered before: others must not keep them waiting, nor be forgotten.
_PROVEN, _OF = 3, 4
#: So many repositories are looked through for one that has the rights to a page.
_ASKED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePage:
    """``rights`` as in ``WatchedPage``. ``repository`` (``owner/name``): one that depends on it."""

    id: int
    host: str
    state: PageState
    repository: str
    rights: str = ""
    is_anonymous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    failures: int = 0
    marks: Marks = field(default_factory=Marks)
    known: tuple[str, ...] = ()


class Looks(Records):
    # --- hosts ------------------------------------------------------------------------------------

    def list_due_hosts(self, now: float, limit: int) -> Mapping[str, int]:
        """Hosts with pages that are due, longest first, and how often in a row each of them failed; -1: it was never asked."""
        most = max(1, limit * _PROVEN // _OF)
        joined = PAGES.outerjoin(INDEX_HOSTS, INDEX_HOSTS.c.host == PAGES.c.host)
        failures = sa.func.coalesce(INDEX_HOSTS.c.failures, -1)
        since = sa.func.min(PAGES.c.due)
        due = sa.select(PAGES.c.host, failures.label("failures")).select_from(joined).where(PAGES.c.due <= now)
        due = due.where(sa.func.coalesce(INDEX_HOSTS.c.until, 0.0) <= now).group_by(PAGES.c.host, failures)
        with translated(), self._engine.connect() as connection:
            proven = connection.execute(due.where(failures == 0).order_by(since).limit(most)).all()
            others = connection.execute(due.where(failures != 0).order_by(since).limit(limit - len(proven))).all()
        return {row.host: row.failures for row in (*proven, *others)}

    def record_host(self, host: str, failures: int, until: float) -> None:
        row = {"host": host, "failures": failures, "until": until}
        with translated(), self._engine.begin() as connection:
            connection.execute(insert_or_ignore(connection, INDEX_HOSTS, row))
            connection.execute(sa.update(INDEX_HOSTS).where(INDEX_HOSTS.c.host == host).values(row))

    # --- pages ------------------------------------------------------------------------------------

    def list_due_pages(self, host: str, now: float, limit: int) -> tuple[DuePage, ...]:
        """Those that are due longest; pages on which nobody depends any more are none."""
        someone = sa.select(REPOSITORIES.c.owner + "/" + REPOSITORIES.c.name)
        someone = someone.join(DEPENDENTS, DEPENDENTS.c.repository == REPOSITORIES.c.id)
        someone = someone.where(DEPENDENTS.c.page == PAGES.c.id, REPOSITORIES.c.enabled).limit(1)
        name = someone.scalar_subquery()
        wanted = sa.select(PAGES, name.label("repository")).where(PAGES.c.host == host, PAGES.c.due <= now)
        with translated(), self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(PAGES.c.due, PAGES.c.id).limit(limit)).all()
        return tuple(_due_page(row) for row in rows)

    def find_entitled(self, page: int, has_rights: Callable[[str], bool]) -> str | None:
        """A repository (``owner/name``) that depends on the page and has rights to it now."""
        wanted = sa.select(REPOSITORIES.c.owner, REPOSITORIES.c.name)
        wanted = wanted.join(DEPENDENTS, DEPENDENTS.c.repository == REPOSITORIES.c.id)
        wanted = wanted.where(DEPENDENTS.c.page == page, REPOSITORIES.c.enabled).limit(_ASKED)
        with translated(), self._engine.connect() as connection:
            names = [f"{row.owner}/{row.name}" for row in connection.execute(wanted)]
        return next((one for one in names if has_rights(one)), None)

    def put_off(self, pages: Sequence[int], due: float) -> None:
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.update(PAGES).where(PAGES.c.id.in_(pages)).values(due=due))

    def record_looks(self, looks: Mapping[int, Look]) -> None:
        """What was seen of pages that have not changed."""
        rows = [{"page": number, **_values(looks[number])} for number in sorted(looks)]
        if not rows:
            return
        names = rows[0].keys() - {"page"}
        changed = sa.update(PAGES).where(PAGES.c.id == sa.bindparam("page"))
        with translated(), self._engine.begin() as connection:
            connection.execute(changed.values({name: sa.bindparam(name) for name in names}), rows)

    def record_change(self, page: int, look: Look, now: float, *, wake_at: float, pause: float) -> int:
        """What was seen of a page that changed, and what follows, at once: who depends on it is woken at ``wake_at``, no sooner
        than a ``pause`` after the last time; who waits for the new release's age gets a run then. How many are woken."""
        change = look.change
        assert change is not None, "there is something new"
        mine = DEPENDENTS.c.page == page
        is_ready = sa.or_(DEPENDENTS.c.urgent, change_reaches(change.oldness))
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.update(PAGES).where(PAGES.c.id == page).values(**_values(look), changed=now))
            moment = sa.case((WAKINGS.c.woken + pause > wake_at, WAKINGS.c.woken + pause), else_=wake_at)
            ready = sa.select(DEPENDENTS.c.repository).where(mine, is_ready)
            waking = sa.update(WAKINGS).where(WAKINGS.c.repository.in_(ready), WAKINGS.c.due.is_(None))
            woken = connection.execute(waking.values(due=moment)).rowcount
            urgent = sa.select(DEPENDENTS.c.repository).where(mine, DEPENDENTS.c.urgent)
            connection.execute(sa.update(WAKINGS).where(WAKINGS.c.repository.in_(urgent)).values(urgent=True))
            if change.is_release and change.oldness is not None:
                _ripen(connection, page, now - change.oldness, change.oldness)
        return woken

    def count_pages(self, now: float) -> tuple[int, float]:
        """Pages that are watched, and for how many seconds the one has been due that has been longest, of hosts that answer."""
        oldest = sa.select(sa.func.min(PAGES.c.due)).where(PAGES.c.due > 0, PAGES.c.due < now, ~_is_left_alone(now))
        with translated(), self._engine.connect() as connection:
            pages = connection.scalar(sa.select(sa.func.count()).select_from(PAGES)) or 0
            due = connection.scalar(oldest)
        return pages, 0.0 if due is None else now - due

    # --- feeds ------------------------------------------------------------------------------------

    def find_due_feed(self, index: str, now: float) -> FeedState | None:
        """None: it was read a while ago, or nobody depends on anything there."""
        is_wanted = sa.exists().where(PAGES.c.index_url == index)
        with translated(), self._engine.connect() as connection:
            row = connection.execute(sa.select(FEEDS).where(FEEDS.c.index_url == index)).first()
            wanted = connection.scalar(sa.select(is_wanted))
        if row is None or not wanted:
            return FeedState() if wanted else None
        marks = Marks(etag=row.etag, modified=row.modified)
        return FeedState(failures=row.failures, marks=marks, known=tuple(row.known)) if row.due <= now else None

    def record_feed(self, index: str, state: FeedState, due: float) -> None:
        row = {
            "index_url": index,
            "etag": state.marks.etag,
            "modified": state.marks.modified,
            "known": list(state.known),
            "failures": state.failures,
            "due": due,
        }
        with translated(), self._engine.begin() as connection:
            connection.execute(insert_or_ignore(connection, FEEDS, row))
            connection.execute(sa.update(FEEDS).where(FEEDS.c.index_url == index).values(row))

    def hint(self, index: str, packages: Sequence[str]) -> int:
        """A feed named these packages: their pages come before all others, and again soon after. How many pages that are."""
        count = 0
        with translated(), self._engine.begin() as connection:
            for part in slices(packages):
                named = sa.update(PAGES).where(PAGES.c.index_url == index, PAGES.c.package.in_(part))
                count += connection.execute(named.values(due=0.0, hints=HINTS)).rowcount
        return count

    def catch_up(self, index: str, now: float, within: float) -> int:
        """All pages of an index are looked at within that time, one after the other. How many of them would not have been."""
        place = now + within * (PAGES.c.id % 1009) / 1009.0
        later = sa.update(PAGES).where(PAGES.c.index_url == index, PAGES.c.due > now + within)
        with translated(), self._engine.begin() as connection:
            return connection.execute(later.values(due=place)).rowcount


def _is_left_alone(now: float) -> sa.ColumnElement[bool]:
    return sa.exists().where(INDEX_HOSTS.c.host == PAGES.c.host, INDEX_HOSTS.c.until > now)


def change_reaches(oldness: float | None) -> sa.ColumnElement[bool]:
    """Whether a release is old enough for who depends on it; where its age is not known, the run will see."""
    return sa.true() if oldness is None else DEPENDENTS.c.age <= int(oldness)


def _ripen(connection: sa.Connection, page: int, newest: float, oldness: float) -> None:
    """A run at the moment from which on the new release may be proposed, unless there is one sooner."""
    waiting = sa.select(DEPENDENTS.c.repository, newest + DEPENDENTS.c.age)
    waiting = waiting.where(DEPENDENTS.c.page == page, ~change_reaches(oldness), ~DEPENDENTS.c.urgent)
    made = find_insert(connection)(RIPENING).from_select(["repository", "moment"], waiting)
    sooner = sa.case((made.excluded.moment < RIPENING.c.moment, made.excluded.moment), else_=RIPENING.c.moment)
    connection.execute(made.on_conflict_do_update(index_elements=["repository"], set_={"moment": sooner}))


def _values(look: Look) -> dict[str, Any]:
    state = look.state
    return {
        "releases": state.releases,
        "files": state.files,
        "newest": state.newest,
        "etag": state.marks.etag,
        "modified": state.marks.modified,
        "failures": state.failures,
        "churn": state.churn,
        "hints": state.hints,
        "due": look.due,
    }


def _due_page(row: Any) -> DuePage:
    state = PageState(
        index=row.index_url,
        package=row.package,
        releases=row.releases,
        files=row.files,
        newest=row.newest,
        marks=Marks(etag=row.etag, modified=row.modified),
        failures=row.failures,
        churn=row.churn,
        hints=row.hints,
    )
    return DuePage(
        id=row.id,
        host=row.host,
        state=state,
        repository=row.repository or "",
        rights=row.rights,
        is_anonymous=bool(row.anonymous),
    )

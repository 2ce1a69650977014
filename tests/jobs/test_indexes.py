"""Indexes are watched: who is woken by what, on a real database, with pages and hosts that a test moves by hand."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.events.jobs import IndexJob, Job, RunJob, Scope
from bot.jobs.clock.cadence import is_open
from bot.jobs.database.engine import open_engine
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.database.tables import PAGES, RIPENING, WAKINGS
from bot.jobs.indexes import IndexWatch
from bot.jobs.queue.envelope import Envelope, parse_envelope, rank_of, render_envelope, workplace_of
from bot.jobs.queue.names import name_job
from bot.jobs.registry import Registry
from bot.ports.forge import RepositoryRef
from bot.ports.indexes import (
    ChangedPage,
    Depended,
    Marks,
    PageToLook,
    Seen,
    Sight,
    Told,
    Trouble,
    Unchanged,
    Unseen,
)
from bot.ports.run import ConfigState
from bot.work.indexes.cadence import DAY, WatchPolicy, host_of
from tests.postgres import Postgres

PYPI = "https://pypi.test/simple"
OTHER = "https://other.test/simple"
FEED = "https://pypi.test/rss"
MINUTE = 60.0


@dataclass
class World:
    """What indexes say, by index and package: when the newest release came, and how often the page changed. ``asked``: all
    pages, in their order."""

    at: datetime = datetime(2026, 12, 1, 12, tzinfo=UTC)
    pages: dict[tuple[str, str], tuple[int, float | None]] = field(default_factory=dict)
    down: dict[str, Unseen] = field(default_factory=dict)
    rights: dict[tuple[str, str], str] = field(default_factory=dict)
    feed: list[str] = field(default_factory=list)
    asked: list[PageToLook] = field(default_factory=list)
    feeds_read: int = 0
    breaks_after: int | None = None
    seconds: float = 0.0

    def now(self) -> datetime:
        return self.at

    def release(self, package: str, index: str = PYPI, *, ago: float = 0.0, dated: bool = True) -> None:
        count = self.pages.get((index, package), (0, None))[0]
        self.pages[index, package] = (count + 1, self.at.timestamp() - ago if dated else None)
        self.feed.insert(0, f"{package}-{count + 1}")

    # --- the port ---------------------------------------------------------------------------------

    def find_rights(self, repository: str, index: str, package: str) -> str:
        return self.rights.get((repository, index), "")

    def look(self, pages: Sequence[PageToLook]) -> Generator[tuple[PageToLook, Sight], None, None]:
        for page in pages:
            if self.breaks_after == 0:
                raise RuntimeError("the worker ends here")
            self.breaks_after = None if self.breaks_after is None else self.breaks_after - 1
            self.asked.append(page)
            self.at += timedelta(seconds=self.seconds)
            yield page, self._see(page)

    def _see(self, page: PageToLook) -> Sight:
        unseen = self.down.get(host_of(page.index))
        if unseen is not None:
            return unseen
        count, newest = self.pages.get((page.index, page.package), (0, None))
        mark = f"e{count}"
        if page.marks.etag == mark:
            return Unchanged()
        return Seen(releases=f"r{count}", files=f"f{count}", newest=newest, marks=Marks(etag=mark), size=1000)

    def read_feed(self, url: str, marks: Marks) -> Told | Unchanged | Unseen:
        self.feeds_read += 1
        unseen = self.down.get(url)
        if unseen is not None:
            return unseen
        return Told(entries=tuple((one, one.rpartition("-")[0]) for one in self.feed[:100]))


@dataclass
class Stand:
    world: World
    registry: Registry
    engine: sa.Engine
    stored: dict[str, Job] = field(default_factory=dict)
    policy: WatchPolicy = field(default_factory=WatchPolicy)

    @property
    def watch(self) -> IndexWatch:
        return IndexWatch(
            lookout=self.world,
            policy=self.policy,
            registry=self.registry,
            store=self.store,
            clock=self.world,
            is_open=is_open,
        )

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        self.stored |= {name_job(delivery, job): job for job in jobs}

    def add(
        self, number: int, *depended: Depended | str, config: ConfigState | None = None, owner: str = "octo"
    ) -> RepositoryRef:
        """A repository after its run."""
        ref = RepositoryRef(installation=7, id=number, owner=owner, name=f"app-{number}")
        self.registry.remember([ref], self.world.now())
        self.run(ref, *depended, config=config)
        return ref

    def run(
        self, ref: RepositoryRef, *depended: Depended | str, config: ConfigState | None = None, began: float = 0.0
    ) -> None:
        config = config or ConfigState()
        self.registry.record_config(ref.id, config)
        every = [depend(one) if isinstance(one, str) else one for one in depended]
        pages = [replace(one, seen=f"r{self.world.pages.get((one.index, one.package), (0, None))[0]}") for one in every]
        self.watch.remember(ref, config, pages, self.world.now().timestamp() - began)

    def turn(self, later: float = MINUTE) -> str:
        self.world.at += timedelta(seconds=later)
        return self.watch.turn()

    def pass_time(self, minutes: int, stride: int = 10) -> None:
        for _ in range(minutes // stride):
            self.turn(stride * MINUTE)

    def settle(self, minutes: int = 200) -> None:
        """Until every page was looked at once, and all of it is old."""
        self.pass_time(minutes)
        self.stored.clear()
        self.world.asked.clear()

    def woken(self) -> list[tuple[int, Scope]]:
        jobs = [one for one in self.stored.values() if isinstance(one, RunJob)]
        return sorted((one.repository.id, one.scope) for one in jobs)

    def find_ripening(self, number: int) -> float | None:
        with self.engine.connect() as connection:
            wanted = sa.select(RIPENING.c.moment).where(RIPENING.c.repository == number)
            found: float | None = connection.scalar(wanted)
            return found

    def count(self, table: sa.Table) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def depend(package: str, index: str = PYPI, *, age: float = 0.0, is_urgent: bool = False) -> Depended:
    return Depended(index=index, package=package, age=age, is_urgent=is_urgent)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def stand(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        server.empty()
        url = server.url
    engine = open_engine(url)
    migrate_tables(engine)
    yield Stand(World(), Registry(engine), engine)
    engine.dispose()


def test_a_release_wakes_who_depends_on_it_and_nobody_else(stand: Stand) -> None:
    for package in ("alpha", "beta"):
        stand.world.release(package)
        stand.world.release(package, OTHER)
    stand.add(1, "alpha", "beta")
    stand.add(2, "alpha")
    stand.add(3, "beta")
    stand.add(4, depend("alpha", OTHER))
    stand.settle()
    stand.world.release("alpha")
    stand.pass_time(40, stride=2)
    assert stand.woken() == [(1, Scope.ALL), (2, Scope.ALL)]
    stand.stored.clear()
    stand.pass_time(120, stride=2)
    assert stand.woken() == []


def test_all_pages_of_all_repositories_are_asked_about_once(stand: Stand) -> None:
    for package in ("alpha", "beta"):
        stand.world.release(package)
    for number in range(1, 20):
        stand.add(number, "alpha", "beta")
    stand.settle()
    stand.pass_time(60, stride=2)
    assert sorted(page.package for page in stand.world.asked) == ["alpha"] * 2 + ["beta"] * 2
    assert all(page.marks.etag == "e1" for page in stand.world.asked)


def test_a_release_of_many_packages_is_one_run(stand: Stand) -> None:
    names = [f"part-{number}" for number in range(30)]
    for name in names:
        stand.world.release(name)
    stand.add(1, *names)
    stand.settle()
    stand.policy = replace(stand.policy, settle=3600.0)
    for name in names:
        stand.world.release(name)
    stand.pass_time(120, stride=2)
    assert stand.woken() == [(1, Scope.ALL)]


def test_between_two_wakings_there_is_a_pause(stand: Stand) -> None:
    stand.policy = replace(stand.policy, interval=60.0, settle=0.0)
    stand.world.release("alpha")
    stand.add(1, "alpha")
    stand.settle(10)
    moments = []
    for minute in range(90):
        if minute % 20 == 0:
            stand.world.release("alpha", ago=DAY)
        stand.turn()
        moments += [minute] * len(stand.stored)
        stand.stored.clear()
    assert len(moments) == 5
    assert all(later - earlier >= 15 for earlier, later in pairwise(moments))


@pytest.mark.parametrize(
    ("schedule", "own", "is_urgent", "scopes"),
    [
        ((), (), False, [Scope.ALL]),
        (("* 12-16 * * *",), (), False, [Scope.ALL]),
        (("* 3 * * *",), (), False, []),
        (("* 3 * * *",), (), True, [Scope.SECURITY]),
        (("* 3 * * *",), ("* 12-16 * * *",), False, [Scope.ALL]),
        ((), ("* 3 * * *",), False, [Scope.ALL]),
    ],
)
def test_who_has_a_schedule_is_woken_within_it(
    stand: Stand, schedule: tuple[str, ...], own: tuple[str, ...], is_urgent: bool, scopes: list[Scope]
) -> None:
    stand.world.release("alpha")
    stand.add(1, depend("alpha", is_urgent=is_urgent), config=ConfigState(schedule=schedule, own_schedules=own))
    stand.settle(40)
    stand.world.release("alpha")
    stand.pass_time(40, stride=2)
    assert stand.woken() == [(1, scope) for scope in scopes]


def test_who_waits_for_an_age_is_not_woken_but_gets_a_run_when_it_is_reached(stand: Stand) -> None:
    stand.world.release("alpha", ago=90 * DAY)
    stand.world.release("beta", ago=90 * DAY)
    stand.add(1, depend("alpha", age=3 * DAY), depend("beta", age=1 * DAY))
    stand.add(2, depend("alpha", age=3 * DAY, is_urgent=True))
    stand.add(3, "alpha")
    stand.settle()
    stand.world.release("alpha")
    came = stand.world.at.timestamp()
    stand.pass_time(40, stride=2)
    assert stand.woken() == [(2, Scope.ALL), (3, Scope.ALL)]
    assert stand.find_ripening(1) == pytest.approx(came + 3 * DAY, abs=0.01)
    assert stand.find_ripening(2) is stand.find_ripening(3) is None
    stand.world.release("beta")
    second = stand.world.at.timestamp()
    stand.pass_time(40, stride=2)
    assert stand.find_ripening(1) == pytest.approx(second + DAY, abs=0.01)
    stand.stored.clear()
    stand.world.release("alpha", ago=5 * DAY)
    stand.pass_time(60, stride=2)
    assert stand.woken() == [(1, Scope.ALL), (2, Scope.ALL), (3, Scope.ALL)]


def test_where_an_index_states_no_dates_the_run_sees_what_is_old_enough(stand: Stand) -> None:
    stand.world.release("alpha", dated=False)
    stand.add(1, depend("alpha", age=3 * DAY))
    stand.settle()
    stand.world.release("alpha", dated=False)
    stand.pass_time(40, stride=2)
    assert (stand.woken(), stand.find_ripening(1)) == ([(1, Scope.ALL)], None)


def test_what_came_between_a_run_and_the_first_look_is_not_missed(stand: Stand) -> None:
    stand.world.release("alpha")
    stand.add(1, "alpha")
    stand.world.release("alpha")
    stand.pass_time(40, stride=2)
    assert stand.woken() == [(1, Scope.ALL)]


def test_what_changed_while_the_run_was_under_way_that_made_it_known_is_not_missed(stand: Stand) -> None:
    stand.world.release("alpha")
    stand.add(1, "alpha")
    stand.settle()
    stand.world.release("alpha")
    stand.pass_time(40, stride=2)
    stand.stored.clear()
    late = RepositoryRef(installation=7, id=2, owner="octo", name="late")
    stand.registry.remember([late], stand.world.now())
    stand.run(late, "alpha", began=3600.0)
    stand.run(RepositoryRef(installation=7, id=1, owner="octo", name="app-1"), "alpha")
    for _ in range(5):
        stand.turn()
    assert stand.woken() == [(2, Scope.ALL)]


def test_a_run_is_told_what_changed_lately_among_its_own(stand: Stand) -> None:
    for package in ("alpha", "beta"):
        stand.world.release(package)
    stand.add(1, "alpha")
    stand.add(2, "beta")
    stand.settle()
    stand.world.release("alpha")
    stand.pass_time(40, stride=2)
    now = stand.world.at.timestamp()
    (changed,) = stand.registry.list_changed(1, now)
    assert (changed.index, changed.package, now - 41 * MINUTE < changed.moment < now) == (PYPI, "alpha", True)
    assert isinstance(changed, ChangedPage)
    assert stand.registry.list_changed(2, now) == stand.registry.list_changed(1, now + 31 * DAY) == ()


# --- what is remembered ---------------------------------------------------------------------------


def test_a_later_run_replaces_what_an_earlier_one_found(stand: Stand) -> None:
    for package in ("alpha", "beta"):
        stand.world.release(package)
    ref = stand.add(1, "alpha", depend("beta", age=DAY))
    stand.settle()
    stand.run(ref, "beta")
    stand.world.release("alpha")
    stand.pass_time(40, stride=2)
    assert stand.woken() == []
    stand.world.release("beta")
    stand.pass_time(40, stride=2)
    assert stand.woken() == [(1, Scope.ALL)]
    assert stand.registry.sweep_dependents() == 1
    assert stand.count(PAGES) == 1


@pytest.mark.parametrize("change", ["forgotten", "off", "broken"])
def test_who_is_gone_or_turned_off_is_not_woken(stand: Stand, change: str) -> None:
    stand.world.release("alpha")
    ref = stand.add(1, "alpha")
    stand.settle()
    match change:
        case "forgotten":
            stand.registry.forget(7, [1])
        case "off":
            stand.run(ref, config=ConfigState(enabled=False))
        case _:
            # Nobody looked: what was known stands.
            stand.watch.remember(ref, ConfigState(), None, 0.0)
    stand.world.release("alpha")
    stand.pass_time(60, stride=2)
    assert stand.woken() == ([(1, Scope.ALL)] if change == "broken" else [])
    stand.registry.sweep_dependents()
    assert (stand.count(PAGES), stand.count(WAKINGS)) == ((1, 1) if change == "broken" else (0, int(change == "off")))


def test_of_one_repository_so_many_pages_and_hosts_are_watched_and_no_more(stand: Stand) -> None:
    stand.policy = replace(stand.policy, watched=50, places=3, feeds={PYPI: FEED})
    mine = [depend(f"p{number}") for number in range(20)]
    hosts = [depend("x", f"https://dead-{number}.test/simple") for number in range(1000)]
    stand.add(1, *mine, *hosts)
    assert stand.count(PAGES) == 23
    many = [depend(f"q{number}") for number in range(500)]
    stand.add(2, *many)
    assert stand.count(PAGES) == 23 + 50


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "x" * 3000, "é" * 900, "\n"])
def test_an_address_that_no_database_keeps_is_not_watched_and_spoils_nothing(stand: Stand, odd: str) -> None:
    stand.world.release("alpha")
    stand.add(1, "alpha", depend("beta", f"https://odd.test/{odd}"), depend(odd))
    assert stand.count(PAGES) == 1


# --- private indexes ------------------------------------------------------------------------------


def test_a_private_index_is_asked_by_the_rights_of_who_depends_on_it(stand: Stand) -> None:
    private = "https://private.test/simple"
    stand.world.release("alpha", private)
    stand.world.rights = {("acme/app-1", private): "key-1", ("corp/app-2", private): "key-2"}
    stand.add(1, depend("alpha", private), owner="acme")
    stand.add(2, depend("alpha", private), owner="corp")
    stand.add(3, depend("alpha", private), owner="octo")
    stand.pass_time(40, stride=2)
    assert sorted({page.repository for page in stand.world.asked}) == ["", "acme/app-1", "corp/app-2"]
    stand.world.asked.clear()
    # The operator takes the rights of one away.
    del stand.world.rights["acme/app-1", private]
    stand.pass_time(60, stride=2)
    assert {page.repository for page in stand.world.asked} == {"", "corp/app-2"}


# --- indexes that are unwell ----------------------------------------------------------------------


def test_a_host_that_is_down_is_asked_for_one_page_and_keeps_nobody_waiting(stand: Stand) -> None:
    down = "https://down.test/simple"
    stand.world.down["down.test"] = Unseen(trouble=Trouble.HOST, reason="no answer")
    stand.world.release("alpha")
    stand.add(1, "alpha", *(depend(f"p{number}", down) for number in range(200)))
    stand.settle()
    stand.world.release("alpha")
    stand.pass_time(24 * 60)
    asked = [page for page in stand.world.asked if page.index == down]
    assert stand.woken() == [(1, Scope.ALL)]
    assert len(asked) <= 8
    # It comes back, and a release meanwhile is not missed.
    stand.stored.clear()
    stand.world.down.clear()
    stand.world.release("p7", down)
    stand.pass_time(26 * 60)
    assert stand.woken() == [(1, Scope.ALL)]


def test_a_host_that_asks_to_wait_is_left_alone_for_as_long(stand: Stand) -> None:
    stand.world.release("alpha")
    stand.add(1, "alpha", "beta", "gamma")
    stand.settle()
    stand.world.down["pypi.test"] = Unseen(trouble=Trouble.HOST, reason="status 429", wait=6 * 3600.0)
    stand.pass_time(40, stride=2)
    asked = len(stand.world.asked)
    assert 1 <= asked <= 3
    stand.pass_time(5 * 60)
    assert len(stand.world.asked) == asked


def test_hosts_that_nobody_ever_reached_do_not_hold_up_those_that_answer(stand: Stand) -> None:
    stand.policy = replace(stand.policy, places=100)
    stand.world.release("alpha")
    stand.add(1, "alpha")
    stand.settle()
    for number in range(500):
        stand.world.down[f"dead-{number}.test"] = Unseen(trouble=Trouble.HOST, reason="no answer")
    for number in range(2, 12):
        names = (f"https://dead-{50 * (number - 2) + one}.test/simple" for one in range(50))
        stand.add(number, *(depend("x", name) for name in names))
    stand.world.release("alpha")
    for _ in range(35):
        stand.turn()
    assert stand.woken() == [(1, Scope.ALL)]


def test_a_turn_ends_when_its_time_is_over_and_the_rest_stays_due(stand: Stand) -> None:
    stand.policy = replace(stand.policy, interval=60.0, patience=10.0)
    for number in range(30):
        stand.world.release(f"p{number}")
    stand.add(1, *(f"p{number}" for number in range(30)))
    stand.world.seconds = 1.0
    stand.turn()
    first = len(stand.world.asked)
    assert first <= 11
    for _ in range(6):
        stand.turn()
    assert {page.package for page in stand.world.asked} == {f"p{number}" for number in range(30)}


def test_a_turn_that_reads_too_much_ends(stand: Stand) -> None:
    stand.policy = replace(stand.policy, size=4_500)
    for number in range(30):
        stand.world.release(f"p{number}")
    stand.add(1, *(f"p{number}" for number in range(30)))
    stand.world.at += timedelta(hours=1)
    stand.turn()
    assert len(stand.world.asked) == 5


def test_a_worker_that_dies_within_a_turn_loses_nothing(stand: Stand) -> None:
    for package in ("alpha", "beta"):
        stand.world.release(package)
    stand.add(1, "alpha", "beta")
    stand.settle()
    for package in ("alpha", "beta"):
        stand.world.release(package)
    stand.world.breaks_after = 1
    stand.world.at += timedelta(hours=1)
    with pytest.raises(RuntimeError, match="the worker ends here"):
        stand.turn()
    stand.world.breaks_after = None
    stand.pass_time(60, stride=2)
    assert (1, Scope.ALL) in stand.woken()
    assert {page.package for page in stand.world.asked} == {"alpha", "beta"}


def test_a_waking_that_is_stored_twice_is_one_job(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.world.release("alpha")
    stand.add(1, "alpha")
    stand.settle()
    stand.world.release("alpha")
    with monkeypatch.context() as patch:
        # Killed between the two.
        patch.setattr(Registry, "end_waking", lambda *_: None)
        for _ in range(40):
            stand.turn()
    stand.turn()
    assert stand.woken() == [(1, Scope.ALL)]


# --- feeds ----------------------------------------------------------------------------------------


@pytest.fixture
def fed(stand: Stand) -> Stand:
    stand.policy = replace(stand.policy, feeds={PYPI: FEED})
    for number in range(50):
        stand.world.release(f"p{number}", ago=90 * DAY)
    stand.add(1, *(f"p{number}" for number in range(25)))
    stand.add(2, *(f"p{number}" for number in range(20, 50)))
    stand.settle()
    return stand


def test_what_a_feed_names_is_looked_at_and_nothing_else(fed: Stand) -> None:
    fed.world.release("p3")
    fed.world.release("unknown")
    for _ in range(6):
        fed.turn()
    assert {page.package for page in fed.world.asked} == {"p3"}
    for _ in range(3):
        fed.turn()
    assert fed.woken() == [(1, Scope.ALL)]
    fed.pass_time(120, stride=2)
    # Its files come one after the other: it is looked at some times more.
    assert [page.package for page in fed.world.asked] == ["p3"] * 4
    assert fed.world.feeds_read > 20


def test_a_feed_of_an_index_that_nobody_uses_is_not_read(stand: Stand) -> None:
    stand.policy = replace(stand.policy, feeds={PYPI: FEED})
    stand.add(1, depend("alpha", OTHER))
    stand.pass_time(60)
    assert stand.world.feeds_read == 0


def test_what_a_feed_lost_is_looked_for_page_by_page(fed: Stand) -> None:
    fed.world.release("p30")
    for number in range(150):
        fed.world.release(f"stranger-{number}")
    fed.pass_time(40, stride=2)
    assert {page.package for page in fed.world.asked} == {f"p{number}" for number in range(50)}
    assert fed.woken() == [(2, Scope.ALL)]


def test_without_its_feed_an_index_is_asked_once_a_day(fed: Stand) -> None:
    fed.world.down[FEED] = Unseen(trouble=Trouble.HOST, reason="no answer")
    fed.world.release("p3")
    fed.pass_time(26 * 60)
    assert fed.woken() == [(1, Scope.ALL)]
    assert len(fed.world.asked) <= 100


def test_a_feed_that_names_a_million_packages_costs_its_own_pages_at_most(fed: Stand) -> None:
    fed.world.feed = [f"p{number}-9" for number in range(100)]
    fed.pass_time(20 * 60)
    # Each page as often as after any release.
    assert len(fed.world.asked) == 4 * 50
    assert fed.woken() == []


# --- what operators see ---------------------------------------------------------------------------


def test_how_far_looks_are_behind_is_counted_for_hosts_that_answer(stand: Stand) -> None:
    stand.world.release("alpha")
    stand.world.down["down.test"] = Unseen(trouble=Trouble.HOST, reason="no answer")
    stand.add(1, "alpha", depend("beta", "https://down.test/simple"))
    stand.settle()
    now = stand.world.at.timestamp()
    pages, overdue = stand.registry.count_pages(now)
    assert (pages, overdue < 20 * MINUTE) == (2, True)
    stand.registry.record_host("down.test", 9, now + 10 * DAY)
    pages, overdue = stand.registry.count_pages(now + DAY)
    assert (pages, DAY - 45 * MINUTE < overdue <= DAY) == (2, True)


# --- as a job -------------------------------------------------------------------------------------


def test_a_turn_comes_after_everything_else_and_one_at_a_time() -> None:
    job = IndexJob()
    assert parse_envelope(render_envelope(Envelope(job=job, received=1.0))).job == job
    assert (workplace_of(job), name_job("indexes:20261201T1200", job)) == ("indexes", "indexes:20261201T1200")
    run = RunJob(repository=RepositoryRef(installation=7, id=1, owner="o", name="n"), scope=Scope.ALL)
    assert rank_of(job) > rank_of(run)

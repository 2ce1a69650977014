"""Index watching at scale: what it asks of indexes, what it costs here, and how long a release takes to its pull request.

    python -m bench.index_watching                       # 10,000 repositories with 300 packages each, a day
    python -m bench.index_watching --repositories 1000 --packages 30 --hours 6 --no-feed
    python -m bench.index_watching --wire                # what a look costs over HTTP, from an index on this machine

Tables and decisions are those of the server, on a real SQLite; the clock is moved by hand, an index in memory stands in for
PyPI: packages are as popular as Zipf's law has it, releases come at random, caches lag behind by up to five minutes. Runs
take a fixed time on a number of workers. The same seed gives the same day.
"""

from __future__ import annotations

import argparse
import heapq
import json
import logging
import tempfile
import time
from bisect import bisect
from collections import Counter, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from random import Random

import sqlalchemy as sa
import structlog

from bot.events.jobs import Job, RunJob
from bot.index.http.fetch import FetchSettings
from bot.index.lookout import Lookout, LookoutSettings
from bot.jobs.clock.cadence import is_open
from bot.jobs.database.engine import open_engine
from bot.jobs.database.migrations.migrate import migrate_tables
from bot.jobs.database.tables import DEPENDENTS, PAGES
from bot.jobs.indexes import IndexWatch
from bot.jobs.registry import Registry
from bot.ports.forge import RepositoryRef
from bot.ports.indexes import Depended, Marks, PageToLook, Seen, Sight, Told, Unchanged, Unseen
from bot.ports.run import ConfigState
from bot.retry import Backoff
from bot.work.indexes.cadence import WatchPolicy
from tests.index.server import running_server

INDEX, FEED = "https://index.test/simple", "https://index.test/rss"
START = datetime(2026, 12, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
#: The first so many packages are about as popular as each other.
_FLAT = 100
#: Hours after a day in which nothing comes any more.
_CALM = 3
#: Bytes of an answer that says that nothing changed, of a page (packed) and of a feed.
_UNCHANGED, _PAGE, _FEED = 600, 15_000, 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """``universe``: packages that there are, ``exponent`` of Zipf's law. ``strangers``: releases an hour of packages that
    nobody here depends on. A package has a release each so many days: the ``top`` thousand, and all others. ``lag``: seconds
    by which a page is behind at most. ``run``: seconds that a run takes."""

    seed: int = 20_261_201
    repositories: int = 10_000
    packages: int = 300
    hours: int = 24
    universe: int = 300_000
    exponent: float = 1.7
    strangers: float = 200.0
    top: float = 45.0
    others: float = 150.0
    lag: float = 300.0
    workers: int = 4
    run: float = 5.0
    feed: bool = True
    interval: float = 1800.0


@dataclass(slots=True, kw_only=True)
class Release:
    package: str
    moment: float
    waiting: set[int] = field(default_factory=set)


@dataclass(slots=True)
class World:
    """The clock, the index and its feed; ``asked`` and ``size`` by what was asked for."""

    random: Random
    lag: float
    at: float = START.timestamp()
    versions: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    entries: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=100))
    asked: Counter[str] = field(default_factory=Counter)
    size: Counter[str] = field(default_factory=Counter)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def release(self, package: str, moment: float) -> None:
        """Shown when caches have it; the feed tells of it at once."""
        seen = moment + self.random.random() * self.lag
        self.versions.setdefault(package, []).append((seen, moment))
        self.entries.appendleft((f"{package} {moment}", package))

    def find_rights(self, repository: str, index: str, package: str) -> str:
        del repository, index, package
        return ""

    def look(self, pages: Sequence[PageToLook]) -> Generator[tuple[PageToLook, Sight], None, None]:
        for page in pages:
            yield page, self._see(page)

    def _see(self, page: PageToLook) -> Sight:
        shown = [one for seen, one in self.versions.get(page.package, ()) if seen <= self.at]
        mark = f"e{len(shown)}"
        kind = "unchanged" if page.marks.etag == mark else "page"
        self.asked[kind] += 1
        self.size[kind] += _UNCHANGED if kind == "unchanged" else _PAGE
        if kind == "unchanged":
            return Unchanged()
        newest = max(shown, default=START.timestamp() - 90 * DAY)
        return Seen(
            releases=f"r{len(shown)}", files=f"f{len(shown)}", newest=newest, marks=Marks(etag=mark), size=_PAGE
        )

    def read_feed(self, url: str, marks: Marks) -> Told | Unchanged | Unseen:
        del url, marks
        self.asked["feed"] += 1
        self.size["feed"] += _FEED
        return Told(entries=tuple(self.entries))


@dataclass(slots=True)
class Workers:
    """Runs one after the other on so many workers; a repository that waits already is not put there twice."""

    number: int
    seconds: float
    waiting: deque[tuple[int, float]] = field(default_factory=deque)
    free: list[float] = field(default_factory=list)
    runs: int = 0

    def __post_init__(self) -> None:
        self.free = [0.0] * self.number

    def ended(self, until: float) -> Iterator[tuple[int, float, float]]:
        """Repository, when its run began, when it ended."""
        while self.waiting:
            repository, asked = self.waiting[0]
            begun = max(asked, self.free[0])
            if begun > until:
                return
            self.waiting.popleft()
            heapq.heapreplace(self.free, begun + self.seconds)
            self.runs += 1
            yield repository, begun, begun + self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``delays``: seconds from a release to each pull request; ``missed``: repositories that had none, hours later; ``vain``:
    runs without anything new. ``recording`` and ``cpu``: seconds of CPU for a run's list, and for an hour of looks."""

    distinct: int
    pairs: int
    bytes: int
    recording: float
    asked: Mapping[str, int]
    size: Mapping[str, int]
    cpu: float
    longest: float
    releases: int
    runs: int
    vain: int
    missed: int
    delays: tuple[float, ...]

    def delay(self, share: float) -> float:
        return self.delays[min(len(self.delays) - 1, int(share * len(self.delays)))] if self.delays else 0.0


def choose_packages(day: Day, random: Random) -> list[list[str]]:
    """Of each repository, by popularity and without doubles."""
    weights = list(accumulate((rank + _FLAT) ** -day.exponent for rank in range(day.universe)))
    total = weights[-1]
    found = []
    for _ in range(day.repositories):
        chosen: dict[int, None] = {}
        while len(chosen) < day.packages:
            chosen[bisect(weights, random.random() * total)] = None
        found.append([f"p{rank}" for rank in chosen])
    return found


def plan_releases(day: Day, wanted: Sequence[str], random: Random) -> list[tuple[float, str]]:
    """Of packages that somebody depends on, and of strangers."""
    found: list[tuple[float, str]] = []
    start, span = START.timestamp(), day.hours * HOUR
    for package in wanted:
        gap = (day.top if int(package[1:]) < 1000 else day.others) * DAY
        at = random.expovariate(1 / gap)
        while at < span:
            found.append((start + at, package))
            at += random.expovariate(1 / gap)
    at = random.expovariate(day.strangers / HOUR)
    while at < span:
        found.append((start + at, f"stranger-{len(found)}"))
        at += random.expovariate(day.strangers / HOUR)
    return sorted(found)


def simulate(day: Day, folder: Path, *, calm: int) -> Outcome:
    """A day, and so many ``calm`` hours after it in which nothing new comes."""
    random = Random(day.seed)
    world = World(random, day.lag)
    engine = open_engine(f"sqlite:///{folder / 'jobs.sqlite'}")
    migrate_tables(engine)
    registry, workers = Registry(engine), Workers(day.workers, day.run)
    asked: dict[int, float] = {}

    def store(delivery: str, jobs: tuple[Job, ...]) -> None:
        del delivery
        for job in jobs:
            if isinstance(job, RunJob) and job.repository.id not in asked:
                asked[job.repository.id] = world.at
                workers.waiting.append((job.repository.id, world.at))

    policy = WatchPolicy(interval=day.interval, feeds={INDEX: FEED} if day.feed else {})
    watch = IndexWatch(lookout=world, policy=policy, registry=registry, store=store, clock=world, is_open=is_open)
    packages = choose_packages(day, random)
    refs = [
        RepositoryRef(installation=1 + number // 50, id=number + 1, owner="o", name=f"r{number}")
        for number in range(len(packages))
    ]
    registry.remember(refs, world.now())
    began = time.process_time()
    for ref, names in zip(refs, packages, strict=True):
        depended = [Depended(index=INDEX, package=one, seen="r0") for one in names]
        watch.remember(ref, ConfigState(), depended, world.at)
    recording = (time.process_time() - began) / len(refs)
    dependents: dict[str, list[int]] = {}
    for ref, names in zip(refs, packages, strict=True):
        for one in names:
            dependents.setdefault(one, []).append(ref.id)
    for number in range(100):
        world.release(f"former-{number}", world.at)
    watch.turn()
    _settle(engine, world.at, DAY if day.feed else day.interval)
    distinct, pairs = _count(engine, PAGES), _count(engine, DEPENDENTS)
    size = (folder / "jobs.sqlite").stat().st_size

    plan = deque(plan_releases(day, sorted(dependents), random))
    releases: list[Release] = []
    open_for: dict[int, list[Release]] = {}
    delays: list[float] = []
    longest, vain = 0.0, 0
    world.asked.clear()
    began = time.process_time()
    for _ in range((day.hours + calm) * 60):
        world.at += MINUTE
        while plan and plan[0][0] <= world.at:
            moment, package = plan.popleft()
            world.release(package, moment)
            if package in dependents:
                releases.append(Release(package=package, moment=moment, waiting=set(dependents[package])))
                for number in dependents[package]:
                    open_for.setdefault(number, []).append(releases[-1])
        started = time.process_time()
        watch.turn()
        longest = max(longest, time.process_time() - started)
        for repository, begun, ended in workers.ended(world.at):
            asked.pop(repository, None)
            mine = [
                one
                for one in open_for.get(repository, ())
                if world.versions[one.package][-1][0] <= begun or one.moment <= begun - day.lag
            ]
            delays += [ended - one.moment for one in mine]
            vain += not mine
            for seen in mine:
                seen.waiting.discard(repository)
            open_for[repository] = [one for one in open_for.get(repository, ()) if one not in mine]
    cpu = time.process_time() - began
    engine.dispose()
    return Outcome(
        distinct=distinct,
        pairs=pairs,
        bytes=size,
        recording=recording,
        asked=dict(world.asked),
        size=dict(world.size),
        cpu=cpu / (day.hours + calm),
        longest=longest,
        releases=len(releases),
        runs=workers.runs,
        vain=vain,
        missed=sum(len(one.waiting) for one in releases),
        delays=tuple(sorted(delays)),
    )


def _settle(engine: sa.Engine, now: float, span: float) -> None:
    """As after some days: every page was looked at, and they are due one after the other."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(PAGES).values(
                files="f0",
                releases="r0",
                etag="e0",
                newest=now - 90 * DAY,
                due=now + span * (PAGES.c.id % 1009) / 1009,
            )
        )
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _count(engine: sa.Engine, table: sa.Table) -> int:
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def tell(day: Day, outcome: Outcome, hours: float) -> str:
    requests, size = sum(outcome.asked.values()), sum(outcome.size.values())
    kinds = ", ".join(f"{name} {number}" for name, number in sorted(outcome.asked.items()))
    each = outcome.runs / day.repositories / hours * 24
    shares = (("10 %", 0.1), ("half", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("all", 1.0))
    delays = ", ".join(f"{name} {outcome.delay(share) / 60:.0f}" for name, share in shares)
    rows = (
        ("watched", f"{outcome.pairs} pairs, {outcome.distinct} distinct packages"),
        ("database", f"{outcome.bytes / 1e6:.0f} MB, {outcome.bytes / max(1, outcome.pairs):.0f} bytes a pair"),
        ("a run's list", f"{1000 * outcome.recording:.1f} ms of CPU"),
        ("requests", f"{requests / hours:.0f} an hour, {size / hours / 1e6:.1f} MB an hour ({kinds})"),
        ("CPU", f"{outcome.cpu:.1f} s an hour; the longest turn {outcome.longest:.2f} s"),
        ("releases", f"{outcome.releases}; {outcome.missed} missed"),
        ("runs", f"{outcome.runs}, {each:.2f} a day for each repository; {outcome.vain} in vain"),
        ("minutes to the pull request", delays),
    )
    return "\n".join(f"{name:<28} {value}" for name, value in rows)


# --- over HTTP ------------------------------------------------------------------------------------


def measure_wire(pages: int = 1500) -> str:
    """CPU of this process for one look, also that of the server beside it, which is in it."""
    files = [
        {
            "filename": f"x-{number}-py3-none-any.whl",
            "url": f"/x-{number}",
            "hashes": {"sha256": "0" * 64},
            "yanked": False,
        }
        for number in range(100)
    ]
    body = json.dumps({"meta": {"api-version": "1.1"}, "name": "x", "files": files}).encode()
    with running_server() as server:
        for number in range(pages):
            reply = server.serve(f"/simple/p{number}/", body, Content_Type="application/vnd.pypi.simple.v1+json")
            reply.headers["ETag"] = "one"
        lookout = Lookout(LookoutSettings(fetch=FetchSettings(requests=8, connections=8, backoff=Backoff(attempts=1))))
        told = []
        for marks in (Marks(), Marks(etag="one")):
            asked = [
                PageToLook(key=n, index=f"{server.root}/simple", package=f"p{n}", marks=marks) for n in range(pages)
            ]
            wall, used = time.perf_counter(), time.process_time()
            seen = Counter(type(sight).__name__ for _, sight in lookout.look(asked))
            used, wall = time.process_time() - used, time.perf_counter() - wall
            told.append(
                f"{dict(seen)}: {1000 * used / pages:.2f} ms of CPU each with the server's own, {pages / wall:.0f} a second"
            )
    return "\n".join(told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("repositories", "packages", "hours", "universe", "workers", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Day(), name))
    for name in ("exponent", "interval", "run", "strangers"):
        parser.add_argument(f"--{name}", type=float, default=getattr(Day(), name))
    parser.add_argument("--no-feed", action="store_true")
    parser.add_argument("--wire", action="store_true")
    told = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if told.wire:
        print(measure_wire())
        return
    chosen = {name: value for name, value in vars(told).items() if name not in ("no_feed", "wire")}
    day = replace(Day(), **chosen, feed=not told.no_feed)
    with tempfile.TemporaryDirectory() as folder:
        print(tell(day, simulate(day, Path(folder), calm=_CALM), day.hours + _CALM))


if __name__ == "__main__":
    main()

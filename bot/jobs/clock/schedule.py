"""Clock-driven work: each repository's turns, the hourly look for what no message told of, sweeping up.

Any number of machines may run this: a turn is moved on in the database by one of them, and its job's name is made of
the turn's moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

from bot.errors import LockbotError
from bot.events.jobs import IndexJob, RunJob, Scope, SweepJob, SyncJob, WatchJob
from bot.jobs.clock.cadence import find_next_turn
from bot.jobs.database.repositories import KnownRepository
from bot.jobs.queue.queue import KEPT, JobQueue
from bot.jobs.registry import Registry
from bot.ports.steps import Clock

#: Turns missed for longer (the server was down) are left out.
_LATE = timedelta(hours=1)
#: A schedule that was changed just now, or a changed time zone, is seen after so much time at the latest.
_LOOK = timedelta(hours=1)


class Scheduler:
    """``watches``: indexes are watched."""

    def __init__(self, queue: JobQueue, registry: Registry, clock: Clock, *, watches: bool = False) -> None:
        self._watches = watches
        self._queue = queue
        self._registry = registry
        self._clock = clock
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 30}
        )

    def start(self) -> None:
        for action, trigger in (
            (self.tick, CronTrigger(second=0, timezone=UTC)),
            (self.look_for_lost, CronTrigger(minute=17, timezone=UTC)),
            (self.look_for_advisories, CronTrigger(minute=47, timezone=UTC)),
            (self.look_at_indexes, CronTrigger(second=30, timezone=UTC)),
            (self.clean, CronTrigger(minute="1-59/10", timezone=UTC)),
        ):
            self._scheduler.add_job(_guarded, trigger, args=(action,), id=action.__name__)
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)

    def tick(self) -> None:
        """Start the turns that are due, and runs for updates that are old enough, or have room, since."""
        self._queue.ensure()
        now = self._clock.now()
        self._start("ripe", self._registry.take_ripe(now.timestamp()), Scope.ALL, now)
        # What waited for an hour to be over.
        self._start("room", self._registry.take_rooms(now.timestamp()), Scope.OPEN, now)
        self._take_turns(now)

    def _start(self, why: str, repositories: Collection[int], scope: Scope, now: datetime) -> None:
        found = self._registry.find_repositories(repositories)
        jobs = tuple(RunJob(repository=one.ref, scope=scope) for one in found if one.enabled)
        if jobs:
            self._queue.store(f"{why}:{now.astimezone(UTC):%Y%m%dT%H%M}", jobs)

    def _take_turns(self, now: datetime) -> None:
        """To compute the turns of thousands takes seconds: each is looked at when its turn comes, and once an hour."""
        again: dict[int, float] = {}
        for known in self._registry.list_to_look_at(now.timestamp()):
            turn = find_due(known, now)
            if turn is not None and self._registry.take_turn(known.ref.id, known.last_turn, turn.timestamp()):
                job = RunJob(repository=known.ref, scope=Scope.TURN)
                self._queue.store(f"turn:{turn.astimezone(UTC):%Y%m%dT%H%M}", (job,))
            again[known.ref.id] = find_next_look(known, now)
        self._registry.record_looked_at(again)

    def look_for_lost(self) -> None:
        """Once an hour, by one of the machines: repositories that came or went, pushes, commands and closings that no
        message told of, runs that were given up."""
        hour = f"{self._clock.now():%Y%m%dT%H}"
        self._queue.store(f"sync:{hour}", (SyncJob(),))
        self._queue.store(f"sweep:{hour}", (SweepJob(),))

    def look_for_advisories(self) -> None:
        """Once an hour, by one of the machines: whether something new is known of what repositories have locked."""
        self._queue.store(f"watch:{self._clock.now():%Y%m%dT%H}", (WatchJob(),))

    def look_at_indexes(self) -> None:
        """Each minute, by one of the machines: pages that repositories depend on."""
        if self._watches:
            self._queue.store(f"indexes:{self._clock.now():%Y%m%dT%H%M}", (IndexJob(),))

    def compare(self) -> None:
        """At the start: what the forge lists, against what is known."""
        self._queue.store(f"sync:{self._clock.now():%Y%m%dT%H%M%S}", (SyncJob(),))

    def clean(self) -> None:
        self._queue.sweep()
        self._registry.sweep_dependents()
        self._registry.drop_shares()
        self._registry.drop_given_up((self._clock.now() - KEPT).timestamp())
        self._registry.drop_old_records((self._clock.now() - 4 * KEPT).timestamp())
        self._registry.drop_numbers((self._clock.now() - KEPT).timestamp())
        self._registry.drop_orders((self._clock.now() - 4 * KEPT).timestamp())


def _guarded(action: Callable[[], None]) -> None:
    try:
        action()
    except LockbotError as error:
        structlog.get_logger("lockbot.schedule").error("schedule skipped", reason=str(error))


def find_next_look(known: KnownRepository, now: datetime) -> float:
    """The next turn after the one that is due, if it comes within the hour. Not all are looked at in the same minute."""
    turn = find_next_turn(known.schedule, known.timezone, seed=known.ref.id, after=now)
    latest = now.timestamp() + _LOOK.total_seconds() * (1 + known.ref.id % 60 / 60) / 2
    return min(latest, turn.timestamp()) if turn is not None else latest


def find_due(known: KnownRepository, now: datetime) -> datetime | None:
    """The repository's turn that has come and was not taken yet."""
    since = max(datetime.fromtimestamp(known.last_turn, UTC), now - _LATE)
    turn = find_next_turn(known.schedule, known.timezone, seed=known.ref.id, after=since)
    return turn if turn is not None and turn <= now else None

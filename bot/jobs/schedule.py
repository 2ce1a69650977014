"""Clock-driven work: each repository's turns, the hourly look for what no message told of, sweeping up.

Any number of machines may run this: a turn is moved on in the database by one of them, and its job's name is made of
the turn's moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

from bot.errors import LockbotError
from bot.events import RunJob, Scope, SweepJob, SyncJob, WatchJob
from bot.jobs.cadence import find_next_turn
from bot.jobs.database.registry import Registry
from bot.jobs.database.repositories import KnownRepository
from bot.jobs.queue import KEPT, JobQueue
from bot.ports.steps import Clock

#: Turns missed for longer (the server was down) are left out.
_LATE = timedelta(hours=1)


class Scheduler:
    def __init__(self, queue: JobQueue, registry: Registry, clock: Clock) -> None:
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
            (self.clean, CronTrigger(hour=3, minute=41, timezone=UTC)),
        ):
            self._scheduler.add_job(_guarded, trigger, args=(action,), id=action.__name__)
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)

    def tick(self) -> None:
        """Start the turns that are due, and runs for updates that are old enough, or have room, since."""
        self._queue.ensure()
        now = self._clock.now()
        known_now = self._registry.list_repositories()
        ripe = self._registry.take_ripe(now.timestamp())
        jobs = tuple(
            RunJob(repository=one.ref, scope=Scope.ALL) for one in known_now if one.ref.id in ripe and one.enabled
        )
        if jobs:
            self._queue.store(f"ripe:{now.astimezone(UTC):%Y%m%dT%H%M}", jobs)
        self._open_rooms(known_now, now)
        for known in known_now:
            turn = find_due(known, now) if known.enabled else None
            if turn is not None and self._registry.take_turn(known.ref.id, known.last_turn, turn.timestamp()):
                job = RunJob(repository=known.ref, scope=Scope.TURN)
                self._queue.store(f"turn:{turn.astimezone(UTC):%Y%m%dT%H%M}", (job,))

    def _open_rooms(self, known_now: Sequence[KnownRepository], now: datetime) -> None:
        """Runs for what waited for an hour to be over."""
        rooms = self._registry.take_rooms(now.timestamp())
        jobs = tuple(
            RunJob(repository=one.ref, scope=Scope.OPEN) for one in known_now if one.ref.id in rooms and one.enabled
        )
        if jobs:
            self._queue.store(f"room:{now.astimezone(UTC):%Y%m%dT%H%M}", jobs)

    def look_for_lost(self) -> None:
        """Once an hour, by one of the machines: repositories that came or went, pushes, commands and closings that no
        message told of, runs that were given up."""
        hour = f"{self._clock.now():%Y%m%dT%H}"
        self._queue.store(f"sync:{hour}", (SyncJob(),))
        self._queue.store(f"sweep:{hour}", (SweepJob(),))

    def look_for_advisories(self) -> None:
        """Once an hour, by one of the machines: whether something new is known of what repositories have locked."""
        self._queue.store(f"watch:{self._clock.now():%Y%m%dT%H}", (WatchJob(),))

    def compare(self) -> None:
        """At the start: what the forge lists, against what is known."""
        self._queue.store(f"sync:{self._clock.now():%Y%m%dT%H%M%S}", (SyncJob(),))

    def clean(self) -> None:
        self._queue.sweep()
        self._registry.drop_given_up((self._clock.now() - KEPT).timestamp())
        self._registry.drop_old_records((self._clock.now() - 4 * KEPT).timestamp())
        self._registry.drop_orders((self._clock.now() - 4 * KEPT).timestamp())


def _guarded(action: Callable[[], None]) -> None:
    try:
        action()
    except LockbotError as error:
        structlog.get_logger("lockbot.schedule").warning("schedule skipped", reason=str(error))


def find_due(known: KnownRepository, now: datetime) -> datetime | None:
    """The repository's turn that has come and was not taken yet."""
    since = max(datetime.fromtimestamp(known.last_turn, UTC), now - _LATE)
    turn = find_next_turn(known.schedule, known.timezone, seed=known.ref.id, after=since)
    return turn if turn is not None and turn <= now else None

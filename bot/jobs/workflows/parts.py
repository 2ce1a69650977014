"""What the jobs of one worker share: the ports, the queue and the registry, and what its threads tell each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.events.jobs import Job
from bot.jobs.indexes import IndexWatch
from bot.jobs.queue.envelope import Duty, Envelope, Lane, rank_of
from bot.jobs.registry import Registry
from bot.ports.run import Sha
from bot.report.dashboard.facts import Facts
from bot.retry import Backoff
from bot.work.ended import HearEnd
from bot.work.job import JobPorts

#: A forge may ask for a day.
BACKOFF = Backoff(attempts=6, first=5.0, factor=4.0, longest=4000.0, patience=86_400.0)


class FollowUps(Protocol):
    """Where a job puts the jobs that follow from it (``bot.jobs.queue.queue.JobQueue``)."""

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None: ...

    def store_again(self, name: str, envelope: Envelope, *, delay: float) -> None: ...


class Doors:
    """Of this process's threads one at a time looks at a repository: the others of a burst then see what it found."""

    def __init__(self) -> None:
        self._locks = tuple(threading.Lock() for _ in range(64))

    def enter(self, repository: int) -> threading.Lock:
        return self._locks[repository % len(self._locks)]


class Progress:
    """To which places this process has come since it told of it last, by lane and rank.

    Told once a second: an account that comes in the meantime has a turn that is just over, which is one too many at most.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: dict[tuple[Lane, int], int] = {}

    def note(self, envelope: Envelope) -> None:
        key = envelope.lane, rank_of(envelope.job)
        with self._lock:
            self._news[key] = max(envelope.place, self._news.get(key, 0))

    def tell(self, registry: Registry) -> None:
        with self._lock:
            news, self._news = self._news, {}
        for lane, rank in sorted(news):
            registry.record_served(lane, rank, news[lane, rank])


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    ports: JobPorts
    queue: FollowUps
    registry: Registry
    doors: Doors = field(default_factory=Doors)
    progress: Progress = field(default_factory=Progress)
    ending: threading.Event = field(default_factory=threading.Event)
    backoff: Backoff = BACKOFF
    duty: Duty = Duty.ALL
    indexes: IndexWatch | None = None
    hear_end: tuple[HearEnd, ...] = ()
    see: Callable[[int, Sha, Facts], None] = lambda _repository, _base, _facts: None

"""What a worker has counted and not told yet. It tells the job database every two seconds, where all workers' numbers add up.

Each batch has a name of its own and is added once, also where it is told twice because nobody knows whether the first time
arrived. What was counted since the last batch is lost with a worker that is killed; what was told stays, so that no sum
ever goes back: not with a worker's end, nor with the machine's.
"""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.events.jobs import IndexJob
from bot.ports.measures import (
    GITHUB_LIMIT,
    GITHUB_REMAINING,
    GITHUB_REQUESTS,
    INDEX_LOOKS,
    INDEX_REQUESTS,
    JOB_SECONDS,
    JOBS_ENDED,
    SOLVE_SECONDS,
    STAGE_SECONDS,
    SUM,
    WAIT_SECONDS,
    Measure,
    Series,
)
from bot.work.ended import EndedJob


class Sums(Protocol):
    """``bot.jobs.database.numbers``."""

    def add(self, teller: str, batch: str, amounts: Mapping[Series, float], now: float) -> None: ...

    def set(self, values: Mapping[Series, float], now: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    name: str
    amounts: Mapping[Series, float]


class Tally:
    """Safe to share between threads. ``look`` gives gauges of this worker as they are now."""

    def __init__(self, sums: Sums, teller: str, look: Callable[[], Mapping[Series, float]] = dict) -> None:
        self._sums = sums
        self._teller = teller
        self._look = look
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._counted: defaultdict[Series, float] = defaultdict(float)
        self._gauges: dict[Series, float] = {}
        self._pending: _Batch | None = None

    def hear(self, ended: EndedJob) -> None:
        amounts, gauges = dict(list_amounts(ended)), dict(list_allowances(ended))
        with self._lock:
            for series, amount in amounts.items():
                self._counted[series] += amount
            self._gauges.update(gauges)

    def tell_counts(self, now: float) -> None:
        """Add what was counted to the sums. Raises ``DatabaseUnavailable``; nothing is lost then, and nothing counts twice."""
        with self._telling:
            batch = self._pending or self._take_batch()
            self._pending = batch
            if batch is not None:
                self._sums.add(self._teller, batch.name, batch.amounts, now)
                self._pending = None

    def tell(self, now: float) -> None:
        """The same, and how this worker is."""
        self.tell_counts(now)
        with self._lock:
            gauges, self._gauges = self._gauges, {}
        self._sums.set({**self._look(), **gauges}, now)

    def _take_batch(self) -> _Batch | None:
        with self._lock:
            counted, self._counted = self._counted, defaultdict(float)
        return _Batch(name=secrets.token_hex(8), amounts=dict(counted)) if counted else None


def list_amounts(ended: EndedJob) -> Iterator[tuple[Series, float]]:
    """What one attempt at a job adds to the sums."""
    kind, usage = ended.kind, ended.usage
    yield Series(JOBS_ENDED.name, (kind, ended.outcome.value)), 1.0
    yield from _observe(JOB_SECONDS, (kind,), max(0.0, ended.ended - ended.started))
    if "#" not in ended.name:
        yield from _observe(WAIT_SECONDS, (ended.lane,), max(0.0, ended.started - ended.received))
    if usage.solve_seconds:
        yield from _observe(SOLVE_SECONDS, (kind,), usage.solve_seconds)
    for stage, seconds in usage.stages.items():
        yield Series(STAGE_SECONDS.name, (kind, stage)), seconds
    for api, number in usage.forge.items():
        yield Series(GITHUB_REQUESTS.name, (kind, api.value)), float(number)
    # Whoever is watched may be down for years: that says nothing of what runs need.
    asked = INDEX_LOOKS if kind == IndexJob().kind else INDEX_REQUESTS
    for outcome, number in usage.index.items():
        yield Series(asked.name, (outcome.value,)), float(number)


def _observe(measure: Measure, labels: tuple[str, ...], value: float) -> Iterator[tuple[Series, float]]:
    yield Series(measure.name, labels, measure.find_bucket(value)), 1.0
    yield Series(measure.name, labels, SUM), value


def list_allowances(ended: EndedJob) -> Iterator[tuple[Series, float]]:
    for one in ended.usage.allowances:
        labels = (str(one.installation), one.resource)
        yield Series(GITHUB_REMAINING.name, labels), float(one.remaining)
        yield Series(GITHUB_LIMIT.name, labels), float(one.limit)

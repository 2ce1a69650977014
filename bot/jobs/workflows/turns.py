"""Whose turn it is: one job at a time works at a place, and the rest of a budget of requests is kept for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from bot.events.jobs import CheckJob, ClosedJob, Job, MergeJob, RelockJob, RunJob, SweepJob, SyncJob
from bot.jobs.workflows.later import NotNow
from bot.jobs.workflows.parts import WorkerParts
from bot.ports.steps import StepRunner

T = TypeVar("T")

#: How soon a job that found its place taken comes again, in seconds.
SOON = 1.0

#: Those who wait for the same moment come back within so many seconds of it, not all at once.
_SPREAD = 60


def check_budget(parts: WorkerParts, job: Job) -> None:
    """Raises ``NotNow`` where the installation's budget of requests is kept for people."""
    match job:
        case RunJob() | ClosedJob() | MergeJob() | RelockJob() | CheckJob(is_stranger=True):
            installation, spread = job.repository.installation, job.repository.id % _SPREAD
        case SyncJob(installation=int(number)) | SweepJob(installation=int(number)):
            installation, spread = number, 0
        case _:
            return
    until = parts.ports.app.find_rest(installation)
    now = parts.ports.clock.now().timestamp()
    if until is not None and until > now:
        raise NotNow("little is left of the installation's rate limit", until - now + spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThriftySteps:
    """Looks at the budget before each step as well: one run may be what uses it up."""

    steps: StepRunner
    check: Callable[[], None]

    def run(self, name: str, kind: type[T], action: Callable[[], T]) -> T:
        self.check()
        return self.steps.run(name, kind, action)


@contextmanager
def alone(parts: WorkerParts, place: str, name: str) -> Iterator[None]:
    """Within, no other job works at that place. Raises ``NotNow`` where one does already."""
    if not parts.registry.take_turn_of(place, name):
        raise NotNow("another job is at work there", SOON)
    try:
        yield
    finally:
        parts.registry.give_back_turn_of(place, name)

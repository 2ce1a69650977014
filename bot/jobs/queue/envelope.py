"""A job as it lies on the queue: in which lane, whose turn it is first, where it works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import Field, TypeAdapter

from bot.events.jobs import (
    CheckJob,
    ClosedJob,
    CommandJob,
    ForgetJob,
    IndexJob,
    Job,
    MergeJob,
    RelockJob,
    RunJob,
    SweepJob,
    SyncJob,
    WatchJob,
)
from bot.ports.forge import RepositoryRef

#: Places in each rank, by which accounts take turns; DBOS takes priorities below 2**31.
PLACES = 2**28

#: Rank of a job -> whose turn it is then.
TURNS: Mapping[int, str] = {1: "people", 2: "upkeep", 3: "runs", 4: "strangers", 5: "indexes"}


class Lane(StrEnum):
    """The names of DBOS's queues. ``FIRST`` has the name that the one queue of older versions had."""

    FIRST = "jobs"
    SOLVING = "solving"
    CHECKS = "checks"


class Duty(StrEnum):
    """What a worker process does: one that solves does one thing at a time, so checks that must not wait have others.

    ``ALL`` checks as well, in the lane of what is solved: for who has no worker for checks alone.
    """

    ALL = "all"
    RUNS = "runs"
    CHECKS = "checks"

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return (Lane.FIRST, Lane.CHECKS if self is Duty.CHECKS else Lane.SOLVING)

    @property
    def check_lane(self) -> Lane:
        """Where a worker of this duty sends what is to be checked."""
        return Lane.SOLVING if self is Duty.ALL else Lane.CHECKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A job on the queue. ``delivery`` is the name it was stored under first (empty: an older version stored it),
    ``received`` when that was, in seconds since the epoch; ``attempt`` counts from 1, ``waits`` how often it was
    put off without having been attempted. ``place``: by it accounts take turns; who stores the job says it."""

    job: Annotated[Job, Field(discriminator="kind")]
    received: float
    attempt: int = 1
    waits: int = 0
    lane: Lane = Lane.FIRST
    delivery: str = ""
    place: int = 0


_ENVELOPE: TypeAdapter[Envelope] = TypeAdapter(Envelope)


def render_envelope(envelope: Envelope) -> str:
    return _ENVELOPE.dump_json(envelope).decode()


def parse_envelope(text: str) -> Envelope:
    return _ENVELOPE.validate_json(text)


def subject_of(job: Job) -> tuple[RepositoryRef | None, int | None]:
    """The repository and the installation that a job is for, where it is for one."""
    match job:
        case RunJob() | CommandJob() | ClosedJob() | MergeJob() | CheckJob() | RelockJob():
            return job.repository, job.repository.installation
        case ForgetJob() | SyncJob() | SweepJob():
            return None, job.installation
        case WatchJob() | IndexJob():
            return None, None
        case _:
            assert_never(job)


def account_of(job: Job) -> int:
    """For whom it is done: they take turns. What is done for all has turns of its own."""
    return subject_of(job)[1] or 0


def priority_of(envelope: Envelope) -> int:
    """What DBOS orders by: the rank, then the place. Where places end (after some years of work without a pause), jobs are
    done in the order in which they came."""
    return rank_of(envelope.job) * PLACES + min(envelope.place, PLACES - 1)


def workplace_of(job: Job) -> str:
    """Where a job works: one job at a time does so, on whatever machine."""
    match job:
        case RunJob() | CommandJob() | ClosedJob() | MergeJob():
            return f"repository:{job.repository.id}"
        case ForgetJob():
            return f"installation:{job.installation}"
        case SyncJob():
            return "sync"
        case SweepJob():
            return f"sweep:{job.installation or 'all'}"
        case WatchJob():
            return "watch"
        case IndexJob():
            return "indexes"
        case CheckJob() | RelockJob():
            return f"head:{job.repository.id}:{job.number or job.head}"
        case _:
            assert_never(job)


def rank_of(job: Job) -> int:
    """Whose turn it is first: the lower. People wait for an answer to what they said."""
    match job:
        case CommandJob():
            return 1
        case CheckJob():
            return 4 if job.is_stranger else 1
        case ClosedJob() | MergeJob() | ForgetJob() | SyncJob() | SweepJob() | RelockJob() | WatchJob():
            return 2
        case RunJob():
            return 3
        case IndexJob():
            return 5
        case _:
            assert_never(job)

"""The durable queue, seen from outside: store jobs, count them, sweep up.

There are three lanes. A job comes into the first, where what takes a moment is done, many at a time: most jobs end there.
What has to be solved goes on to the second, where a worker does one job at a time; what is to be checked, and people wait
for in seconds, to the third, which has workers of its own. In each the jobs that people asked for come first, and
among those of one rank accounts take turns (``bot.jobs.database.shares``). That a repository is worked on by one job at a
time is held by ``bot.jobs.workflows``, not by the lanes.

A job's id is made of its delivery's GUID, so the same delivery stored twice is one job; nothing may depend on order.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Annotated, assert_never

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus
from pydantic import Field, TypeAdapter, ValidationError

from bot.events import (
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
from bot.jobs.database.engine import (
    check_database,
    find_status_table,
    has_failed,
    is_delayed,
    is_under_way,
    settle,
    translated,
)
from bot.jobs.database.shares import PLACES, Shares
from bot.jobs.database.tables import GIVEN_UP
from bot.jobs.dead_letters import count_dead_letters
from bot.orders import Order
from bot.ports.forge import RepositoryRef
from bot.ports.steps import Clock

APPLICATION = "lockbot"
WORKFLOW = "job"

#: One version for all: a job that an older lockbot began is finished by a newer one, or fails and is made again.
VERSION = "1"

#: The floor of a job's latency in each lane, in seconds.
POLLING = 0.25

#: What a worker does at once in the first lane. It is mostly waiting for the forge.
AT_ONCE = 16

#: So many repositories that one delivery brings are begun with at once, one more after each so many seconds.
_BURST = 20
_PACE = 20.0

#: A forge may redeliver for some days (GitHub: three); a job's id must be known for longer.
KEPT = timedelta(days=7)
_KEPT_SOLVED = timedelta(hours=1)

#: Writers wait for a deletion: so many records are deleted in one.
_SWEPT_AT_ONCE = 100


_STATES: Mapping[str, str] = {
    "ENQUEUED": "waiting",
    "DELAYED": "waiting",
    "PENDING": "running",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "set aside",
}


_BAD_ENDS = ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedJob:
    """``moment`` in seconds since the epoch; ``repository`` is the id of the one that it was about."""

    name: str
    state: str
    moment: float
    what: str
    repository: int | None = None


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


def place_of(job: Job) -> str:
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


class JobQueue:
    """``ensure`` is called before the database is used: it mends what can be mended. Safe to share between threads."""

    def __init__(self, engine: sa.Engine, clock: Clock, ensure: Callable[[], None] = lambda: None) -> None:
        self._engine = engine
        self._clock = clock
        self.ensure = ensure
        self._shares = Shares(engine)
        with translated():
            self._client = DBOSClient(
                system_database_engine=engine,
                serializer=DBOSPortableJSONSerializer(),
                application_name=APPLICATION,
                retry_connection_errors=False,
            )

    def declare(self) -> None:
        """Make the lanes themselves, or change them to what this version wants."""
        with translated():
            for lane, at_once in ((Lane.FIRST, AT_ONCE), (Lane.SOLVING, 1), (Lane.CHECKS, 1)):
                self._client.register_queue(
                    lane, worker_concurrency=at_once, polling_interval_sec=POLLING, on_conflict="always_update"
                )

    def close(self) -> None:
        self._client.destroy()

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        """All of a delivery's jobs or none. Storing it again stores nothing.

        Of many repositories at once (an account that installs the App on all of them) the first begin now, the others one
        after the other: their people are not all written to in one minute, and those of other accounts need not wait.
        """
        self.ensure()
        now = self._clock.now().timestamp()
        with translated(), self._engine.begin() as connection:
            for position, envelope in enumerate(self._place(connection, delivery, jobs, now)):
                job = envelope.job
                delay = max(0, position + 1 - _BURST) * _PACE if isinstance(job, RunJob) else 0.0
                self._put(connection, name_job(delivery, job), envelope, delay=delay or None)

    def _place(self, connection: sa.Connection, delivery: str, jobs: tuple[Job, ...], now: float) -> Iterator[Envelope]:
        """In the order of the jobs. All processes take places in one order, so that none waits for another in a circle."""
        counted = Counter((rank_of(job), account_of(job)) for job in jobs)
        free = {
            key: count(self._shares.take_places(connection, Lane.FIRST, *key, counted[key])) for key in sorted(counted)
        }
        for job in jobs:
            yield Envelope(job=job, received=now, delivery=delivery, place=next(free[rank_of(job), account_of(job)]))

    def settle(self) -> None:
        """Returns when a power failure takes nothing of what was stored."""
        settle(self._engine)

    def store_again(self, name: str, envelope: Envelope, *, delay: float) -> None:
        job = envelope.job
        with translated(), self._engine.begin() as connection:
            place = self._shares.take_places(connection, envelope.lane, rank_of(job), account_of(job), 1)
            self._put(connection, name, replace(envelope, place=place), delay=delay or None)

    def _put(self, connection: sa.Connection, name: str, envelope: Envelope, *, delay: float | None = None) -> None:
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": envelope.lane,
            "workflow_id": name,
            "priority": priority_of(envelope),
        }
        if delay is not None:
            options["delay_seconds"] = delay
        self._client.enqueue_in_transaction(connection, options, render_envelope(envelope))

    def count_jobs(self) -> Mapping[str, int]:
        """By state; what was given up and what failed is remembered for a week."""
        self.ensure()
        table = find_status_table(self._engine)
        counted = sa.select(table.c.status, sa.func.count()).where(table.c.queue_name.in_([*Lane]))
        counted = counted.group_by(table.c.status)
        counts = dict.fromkeys(_STATES.values(), 0)
        with translated(), self._engine.connect() as connection:
            for some in (is_under_way(table), is_delayed(table), has_failed(table)):
                for status, number in connection.execute(counted.where(some)):
                    if status in _STATES:
                        counts[_STATES[status]] += number
            given_up = connection.scalar(sa.select(sa.func.count()).select_from(GIVEN_UP))
            counts["set aside"] += count_dead_letters(connection)
        return counts | {"given up": given_up or 0}

    def list_failed(self) -> tuple[FailedJob, ...]:
        """Jobs that failed, or were under way in too many processes that died; the last first."""
        with translated():
            found = self._client.list_workflows(
                status=[*_BAD_ENDS], sort_desc=True, limit=1000, load_input=True, load_output=False
            )
        return tuple(_failed(one) for one in found)

    def begin_again(self, name: str, now: datetime) -> bool:
        """Put a job that ended badly on the queue once more; whether there is one of that name."""
        with translated():
            found = self._client.list_workflows(workflow_ids=[name], status=[*_BAD_ENDS], load_output=False)
        for one in found:
            envelope = _envelope_of(one)
            if envelope is not None:
                again = Envelope(job=envelope.job, received=now.timestamp(), delivery=envelope.delivery)
                self.store_again(f"{name.partition('/')[0]}!{now:%Y%m%dT%H%M%S}", again, delay=0.0)
                return True
        return False

    def sweep(self) -> int:
        """Delete the records of jobs that ended a week ago; how many.

        What was solved is recorded step by step with whole locks, and under a name that no delivery has: of it an
        hour is kept.
        """
        solved = self._sweep(["SUCCESS"], [Lane.SOLVING, Lane.CHECKS], _KEPT_SOLVED)
        return solved + self._sweep(["SUCCESS", *_BAD_ENDS, "CANCELLED"], None, KEPT)

    def _sweep(self, states: list[str], lanes: list[str] | None, kept: timedelta) -> int:
        before = (datetime.fromtimestamp(self._clock.now().timestamp(), UTC) - kept).isoformat()
        deleted = 0
        while True:
            with translated():
                old = self._client.list_workflows(
                    status=states,
                    queue_name=lanes,
                    completed_before=before,
                    limit=_SWEPT_AT_ONCE,
                    load_input=False,
                    load_output=False,
                )
                self._client.delete_workflows([one.workflow_id for one in old])
            deleted += len(old)
            if len(old) < _SWEPT_AT_ONCE:
                return deleted


def _failed(one: WorkflowStatus) -> FailedJob:
    envelope = _envelope_of(one)
    place = place_of(envelope.job) if envelope is not None else ""
    what = f"{envelope.job.kind} of {place}" if envelope is not None else "recorded by another version of lockbot"
    ref = subject_of(envelope.job)[0] if envelope is not None else None
    return FailedJob(
        name=one.workflow_id,
        state=_STATES[one.status],
        moment=(one.updated_at or 0) / 1000,
        what=what,
        repository=ref.id if ref is not None else None,
    )


def _envelope_of(one: WorkflowStatus) -> Envelope | None:
    arguments = one.input["args"] if one.input else ()
    try:
        return parse_envelope(arguments[0])
    except (IndexError, ValidationError):
        return None


def name_job(delivery: str, job: Job) -> str:
    """One delivery may bring a job for each of several repositories. What a comment orders has the comment's name, so that
    it is obeyed once, however often and by whomever lockbot is told of it."""
    match job:
        case RunJob() | MergeJob():
            return f"{delivery}:{job.repository.id}"
        case CheckJob():
            return f"{delivery}:{job.repository.id}:{job.head}"
        case RelockJob():
            # Once for each head.
            return f"relock:{job.repository.id}:{job.number}:{job.head}"
        case ClosedJob():
            return f"{delivery}:{job.repository.id}:{job.number}"
        case CommandJob():
            place = f"command:{job.repository.id}:{job.comment}" if job.comment else f"{delivery}:{job.repository.id}"
            return f"{place}:{_digest(*job.given)}"
        case ForgetJob() | SyncJob() | SweepJob() | WatchJob() | IndexJob():
            return delivery
        case _:
            assert_never(job)


def name_orders(job: CommandJob) -> Mapping[str, Order]:
    """A comment's orders, each by a name that it has in whatever job it comes."""
    return {f"{job.repository.id}:{job.comment}:{_digest(one)}": one for one in job.given}


def base_name(name: str) -> str:
    """What a job is called when it is stored first: other attempts, and what they hand on, begin with that."""
    return re.split(r"[#/!]", name, maxsplit=1)[0]


def _digest(*orders: Order) -> str:
    told = "\n".join(f"{one.handle} {one.word} {one.argument}" for one in orders)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def migrate(url: str) -> None:
    """Bring the database to what this DBOS needs. Any number of processes may do so at once."""
    check_database(url)
    with translated():
        DBOS.migrate(url)

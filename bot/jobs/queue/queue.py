"""The durable queue, seen from outside: store jobs, count them, sweep up.

There are three lanes. A job comes into the first, where what takes a moment is done, many at a time: most jobs end there.
What has to be solved goes on to the second, where a worker does one job at a time; what is to be checked, and people wait
for in seconds, to the third, which has workers of its own. In each the jobs that people asked for come first, and
among those of one rank accounts take turns (``bot.jobs.database.shares``). That a repository is worked on by one job at a
time is held by ``bot.jobs.workflows``, not by the lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus
from pydantic import ValidationError

from bot.events.jobs import Job, RunJob
from bot.jobs.database.engine import (
    check_database,
    find_status_table,
    has_failed,
    is_delayed,
    is_under_way,
    settle,
    translated,
)
from bot.jobs.database.shares import Shares
from bot.jobs.database.tables import GIVEN_UP
from bot.jobs.limits.dead_letters import count_dead_letters
from bot.jobs.queue.envelope import (
    PLACES,
    TURNS,
    Envelope,
    Lane,
    account_of,
    parse_envelope,
    priority_of,
    rank_of,
    render_envelope,
    subject_of,
    workplace_of,
)
from bot.jobs.queue.names import name_job
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedJob:
    """``moment`` in seconds since the epoch; ``repository`` is the id of the one that it was about."""

    name: str
    state: str
    moment: float
    what: str
    repository: int | None = None


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

    def find_oldest(self, now: float) -> Mapping[tuple[str, str], float]:
        """For how many seconds the job has waited that waits longest, by lane and by whose turn it is.

        Jobs that were to be done later wait from then on. Where none waits it is nought: a number that is missing raises
        no alarm, and ends none.
        """
        table = find_status_table(self._engine)
        later = sa.func.coalesce(table.c.delay_until_epoch_ms, 0)
        since = sa.case((later > table.c.created_at, later), else_=table.c.created_at)
        # Before places there were ranks alone.
        rank = sa.case((table.c.priority >= PLACES, table.c.priority // PLACES), else_=table.c.priority)
        asked = sa.select(table.c.queue_name, rank, sa.func.min(since)).group_by(table.c.queue_name, rank)
        waiting = asked.where(table.c.status == "ENQUEUED", table.c.queue_name.in_([*Lane]))
        oldest = {(lane.value, turn): 0.0 for lane in Lane for turn in TURNS.values()}
        with translated(), self._engine.connect() as connection:
            for lane, number, moment in connection.execute(waiting):
                oldest[lane, TURNS.get(int(number), "other")] = max(0.0, now - moment / 1000)
        return oldest

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
    place = workplace_of(envelope.job) if envelope is not None else ""
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


def migrate(url: str) -> None:
    """Bring the database to what this DBOS needs. Any number of processes may do so at once."""
    check_database(url)
    with translated():
        DBOS.migrate(url)

"""The durable queue, seen from outside: store jobs, count them, sweep up. One partition per repository.

A job's id is made of its delivery's GUID, so the same delivery stored twice is one job. DBOS orders a partition only
roughly: nothing may depend on order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from pydantic import Field, TypeAdapter

from bot.events import ClosedJob, CommandJob, ForgetJob, Job, RunJob, SyncJob
from bot.jobs.database import check_database, translated
from bot.ports.steps import Clock

APPLICATION = "lockbot"
QUEUE = "jobs"
WORKFLOW = "job"

#: One version for all: a job that an older lockbot began is finished by a newer one, or fails and is made again.
VERSION = "1"

#: The floor of a job's latency, in seconds.
POLLING = 0.25

#: A forge may redeliver for some days (GitHub: three); a job's id must be known for longer.
_KEPT = timedelta(days=7)

_STATES: Mapping[str, str] = {"ENQUEUED": "waiting", "DELAYED": "waiting", "PENDING": "running", "ERROR": "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A job on the queue. ``received`` in seconds since the epoch; ``attempt`` counts from 1."""

    job: Annotated[Job, Field(discriminator="kind")]
    received: float
    attempt: int = 1


_ENVELOPE: TypeAdapter[Envelope] = TypeAdapter(Envelope)


def render_envelope(envelope: Envelope) -> str:
    return _ENVELOPE.dump_json(envelope).decode()


def parse_envelope(text: str) -> Envelope:
    return _ENVELOPE.validate_json(text)


def partition_of(job: Job) -> str:
    """Jobs of one partition run one at a time, on whatever machine."""
    match job:
        case RunJob() | CommandJob() | ClosedJob():
            return f"repository:{job.repository.id}"
        case ForgetJob():
            return f"installation:{job.installation}"
        case SyncJob():
            return "sync"


class JobQueue:
    """``engine`` is that of the database at ``url``. Safe to share between threads."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        with translated():
            self._client = DBOSClient(
                system_database_engine=engine,
                serializer=DBOSPortableJSONSerializer(),
                application_name=APPLICATION,
                retry_connection_errors=False,
            )

    def declare(self) -> None:
        """Make the queue itself, or change it to what this version wants."""
        with translated():
            self._client.register_queue(
                QUEUE,
                partition_concurrency=1,
                worker_concurrency=1,
                polling_interval_sec=POLLING,
                on_conflict="always_update",
            )

    def close(self) -> None:
        self._client.destroy()

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None:
        """All of a delivery's jobs or none. Storing it again stores nothing."""
        now = self._clock.now().timestamp()
        with translated(), self._engine.begin() as connection:
            for job in jobs:
                self._put(connection, name_job(delivery, job), Envelope(job=job, received=now))

    def store_again(self, name: str, envelope: Envelope, *, delay: float) -> None:
        with translated(), self._engine.begin() as connection:
            self._put(connection, name, envelope, delay=delay)

    def _put(self, connection: sa.Connection, name: str, envelope: Envelope, *, delay: float | None = None) -> None:
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": name,
            "queue_partition_key": partition_of(envelope.job),
        }
        if delay is not None:
            options["delay_seconds"] = delay
        self._client.enqueue_in_transaction(connection, options, render_envelope(envelope))

    def count_jobs(self) -> Mapping[str, int]:
        with translated():
            found = self._client.list_workflows(
                status=list(_STATES), queue_name=QUEUE, limit=10_000, load_input=False, load_output=False
            )
        counts = dict.fromkeys(_STATES.values(), 0)
        for one in found:
            counts[_STATES[one.status]] += 1
        return counts

    def sweep(self) -> int:
        """Delete the records of jobs that ended a week ago; how many."""
        before = (datetime.fromtimestamp(self._clock.now().timestamp(), UTC) - _KEPT).isoformat()
        with translated():
            old = self._client.list_workflows(
                status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
                completed_before=before,
                limit=10_000,
                load_input=False,
                load_output=False,
            )
            self._client.delete_workflows([one.workflow_id for one in old])
        return len(old)


def name_job(delivery: str, job: Job) -> str:
    """One delivery may bring a job for each of several repositories."""
    return f"{delivery}:{job.repository.id}" if isinstance(job, RunJob) else delivery


def migrate(url: str) -> None:
    """Bring the database to what this DBOS needs. Any number of processes may do so at once."""
    check_database(url)
    with translated():
        DBOS.migrate(url)

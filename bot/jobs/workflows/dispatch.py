"""Which function does a job, in which lane. A new kind of job has its case here; mypy names the one that is missing."""

from __future__ import annotations

from typing import assert_never

from bot.events.jobs import (
    CheckJob,
    ClosedJob,
    CommandJob,
    ForgetJob,
    IndexJob,
    MergeJob,
    RelockJob,
    RunJob,
    SweepJob,
    SyncJob,
    WatchJob,
)
from bot.jobs.queue.envelope import Envelope, Lane, workplace_of
from bot.jobs.workflows import commands, heads, merging, runs, upkeep
from bot.jobs.workflows.parts import WorkerParts
from bot.jobs.workflows.turns import alone
from bot.ports.steps import StepRunner
from bot.work.tidying import closed_job


def dispatch(parts: WorkerParts, envelope: Envelope, name: str, steps: StepRunner) -> str:
    solving = envelope.lane is Lane.SOLVING
    match envelope.job:
        case RunJob() as job:
            return runs.run(parts, job, envelope, name, steps) if solving else runs.enter(parts, job, envelope, name)
        case CommandJob() as job:
            return commands.obey(parts, job, name, steps) if solving else commands.enter(parts, job, envelope, name)
        case CheckJob() as job:
            is_entered = envelope.lane is not Lane.FIRST
            return heads.check(parts, job, name, steps) if is_entered else heads.enter(parts, job, envelope, name)
        case RelockJob() as job:
            return heads.relock(parts, job, envelope, name, steps)
        case ClosedJob() as job:
            with alone(parts, workplace_of(job), name):
                note = closed_job(parts.ports, job).note
            return note + merging.fill_room(parts, job.repository, name)
        case MergeJob() as job:
            return merging.tend(parts, job, name)
        case ForgetJob() as job:
            parts.registry.forget(job.installation, job.repositories)
            return "forgotten"
        case SyncJob() as job:
            with alone(parts, workplace_of(job), name):
                return upkeep.sync(parts, job, name)
        case SweepJob() as job:
            return upkeep.sweep(parts, job, name)
        case WatchJob():
            return upkeep.watch_advisories(parts, name)
        case IndexJob() as job:
            return upkeep.watch_indexes(parts, job, name)
        case _:
            assert_never(envelope.job)

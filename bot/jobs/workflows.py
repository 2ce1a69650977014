"""One job, durably: what is registered with DBOS, and the decisions around the work itself.

* A run that was asked for before another run of the same repository began is covered by that one: bursts of pushes
  come down to two runs, with no waiting before the first.
* A failure that may pass makes the job again, later; the worker is free in the meantime. So does a step that another
  version of lockbot recorded in another form: the job made again begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, assert_never

import structlog
from dbos import DBOS

from bot.errors import LockbotError
from bot.events import ClosedJob, CommandJob, ForgetJob, Job, RunJob, Scope, SyncJob
from bot.jobs.database import DatabaseUnavailable, Registry
from bot.jobs.queue import Envelope, parse_envelope
from bot.jobs.steps import DurableSteps
from bot.jobs.watchdog import Watchdog
from bot.ports.forge import ForgeConflict, ForgeUnavailable, RepositoryRef
from bot.ports.steps import OutcomeUnreadable, StepRunner
from bot.retry import Backoff, Failure, FailureKind, RetryAt, decide_retry
from bot.work.commands import command_job, give_up_command
from bot.work.installed import list_repositories
from bot.work.job import JobDone, JobPorts
from bot.work.runs import run_job
from bot.work.tidying import closed_job

#: The clocks of two machines may differ by this many seconds.
_SKEW = 1.0


class JobFailed(Exception):
    """A job ended in an error that nobody expected. It counts as failed; the log has the rest under its name."""


class FollowUps(Protocol):
    """Where a job puts the jobs that follow from it (``bot.jobs.queue.JobQueue``)."""

    def store(self, delivery: str, jobs: tuple[Job, ...]) -> None: ...

    def store_again(self, name: str, envelope: Envelope, *, delay: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    ports: JobPorts
    queue: FollowUps
    registry: Registry
    backoff: Backoff = field(default_factory=lambda: Backoff(attempts=6, first=5.0, factor=4.0, longest=4000.0))


def make_workflow(parts: WorkerParts, watchdog: Watchdog) -> Callable[[str], str]:
    """The function that DBOS runs for each envelope; it gives one line for the log."""

    def job(text: str) -> str:
        envelope = parse_envelope(text)
        name = DBOS.workflow_id or ""
        told = structlog.contextvars.bound_contextvars(job=name, kind=envelope.job.kind, attempt=envelope.attempt)
        with watchdog.watch(name), told:
            return perform(parts, envelope, name, DurableSteps())

    return job


def perform(parts: WorkerParts, envelope: Envelope, name: str, steps: StepRunner) -> str:
    """Do the job called ``name``; what it came to, in one line.

    Raises ``JobFailed`` for what nobody expected, and ``DatabaseUnavailable`` where the job could not go on: it is not
    done then.
    """
    log = structlog.get_logger("lockbot.jobs")
    try:
        note = _dispatch(parts, envelope, name, steps)
    except (ForgeUnavailable, ForgeConflict, OutcomeUnreadable) as error:
        note = _put_off(parts, envelope, name, error)
    except DatabaseUnavailable:
        raise
    except LockbotError as error:
        log.warning("job refused", reason="; ".join((str(error), *getattr(error, "__notes__", ()))))
        return f"refused: {error}"
    except Exception:
        log.error("job failed", reference=name, exc_info=True)
        raise JobFailed(f"unexpected failure, in the log under {name}") from None
    log.info("job done", note=note)
    return note


def _put_off(parts: WorkerParts, envelope: Envelope, name: str, error: LockbotError) -> str:
    """Make the job again at the time that the retry rules say, under a name of its own."""
    asked = error.retry_after if isinstance(error, ForgeUnavailable) else None
    failure = Failure(kind=FailureKind.CONNECTION, asked_wait=asked)
    decision = decide_retry(failure, envelope.attempt, 0.0, backoff=parts.backoff)
    if not isinstance(decision, RetryAt):
        structlog.get_logger("lockbot.jobs").error("job given up", reason=str(error), why=decision.why)
        _tell_given_up(parts, envelope.job, str(error))
        return f"given up because {decision.why}: {error}"
    again = Envelope(job=envelope.job, received=envelope.received, attempt=envelope.attempt + 1)
    base = name.partition("#")[0]
    parts.queue.store_again(f"{base}#{again.attempt}", again, delay=decision.when)
    return f"put off for {decision.when:.0f} s: {error}"


def _tell_given_up(parts: WorkerParts, job: Job, reason: str) -> None:
    if not isinstance(job, CommandJob):
        return
    try:
        give_up_command(parts.ports, job, reason)
    except LockbotError as error:
        structlog.get_logger("lockbot.jobs").warning("command not answered", reason=str(error))


def _dispatch(parts: WorkerParts, envelope: Envelope, name: str, steps: StepRunner) -> str:
    match envelope.job:
        case RunJob() as job:
            return _run(parts, job, name, envelope.received, steps)
        case CommandJob() as job:
            done = command_job(parts.ports, job, steps, name)
            _remember(parts, job.repository, done)
            return done.note
        case ClosedJob() as job:
            return closed_job(parts.ports, job).note
        case ForgetJob() as job:
            parts.registry.forget(job.installation, job.repositories)
            return "forgotten"
        case SyncJob() as job:
            return _sync(parts, job, name, steps)
        case _:
            assert_never(envelope.job)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """``moment`` in seconds since the epoch. ``covered``: another run has done all that this one was asked for."""

    moment: float
    covered: bool


def _run(parts: WorkerParts, job: RunJob, name: str, received: float, steps: StepRunner) -> str:
    start = steps.run("start", RunStart, lambda: _start(parts, job, received))
    if start.covered:
        return "covered by a later run"
    done = run_job(parts.ports, job, steps, name)
    structlog.get_logger("lockbot.jobs").info("run", repository=job.repository.full_name, seconds=dict(done.timings))
    _remember(parts, job.repository, done)
    if not done.gone:
        parts.registry.record_cover(job.repository.id, done.scope or job.scope, start.moment)
    return done.note


def _start(parts: WorkerParts, job: RunJob, received: float) -> RunStart:
    now = parts.ports.clock.now()
    parts.registry.remember([job.repository], now)
    covered = parts.registry.get_cover(job.repository.id, job.scope) > received + _SKEW
    return RunStart(moment=now.timestamp(), covered=covered)


def _remember(parts: WorkerParts, ref: RepositoryRef, done: JobDone) -> None:
    if done.gone:
        parts.registry.forget(ref.installation, [ref.id])
    elif done.config is not None:
        parts.registry.record_config(ref.id, done.config)


def _sync(parts: WorkerParts, job: SyncJob, name: str, steps: StepRunner) -> str:
    """Forget what is gone, start what is new."""
    refs = tuple[RepositoryRef, ...]
    listed = steps.run("list", refs, lambda: list_repositories(parts.ports.app, job.installation))
    parts.registry.keep_only(listed, job.installation)
    new = steps.run("remember", refs, lambda: parts.registry.remember(listed, parts.ports.clock.now()))
    parts.queue.store(name, tuple(RunJob(repository=ref, scope=Scope.ALL) for ref in new))
    return f"{len(listed)} repositories, {len(new)} new"

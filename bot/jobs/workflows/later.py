"""A job that goes on later or elsewhere: put off, handed on to another lane, given up, set aside."""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.errors import LockbotError
from bot.events.jobs import CheckJob, CommandJob, Job, RunJob
from bot.jobs.queue.envelope import Envelope, Lane
from bot.jobs.workflows.endings import Ending
from bot.jobs.workflows.parts import WorkerParts
from bot.ports.forge import ForgeUnavailable
from bot.ports.steps import SetAside
from bot.retry import Failure, FailureKind, RetryAt, decide_retry
from bot.work.commands.obeying import give_up_command
from bot.work.ended import JobOutcome
from bot.work.heads.head_check import give_up_check, set_check_aside
from bot.work.setting_aside import tell_set_aside


class NotNow(LockbotError):
    """The job can go on in ``delay`` seconds; nothing failed."""

    def __init__(self, why: str, delay: float) -> None:
        self.delay = delay
        super().__init__(why)


def wait(parts: WorkerParts, envelope: Envelope, name: str, reason: NotNow) -> str:
    again = replace(envelope, waits=envelope.waits + 1)
    store_again(parts, name, again, delay=reason.delay)
    return f"waits for {reason.delay:.0f} s: {reason}"


def store_again(parts: WorkerParts, name: str, again: Envelope, *, delay: float) -> None:
    parts.queue.store_again(_name_again(name, again), again, delay=delay)
    if isinstance(again.job, RunJob) and again.lane is Lane.SOLVING:
        parts.registry.record_asked(again.job.repository.id, again.job.scope, _name_again(name, again))


def _name_again(name: str, again: Envelope) -> str:
    return f"{name.partition('#')[0]}#{again.attempt}" + (f".{again.waits}" if again.waits else "")


def put_off(parts: WorkerParts, envelope: Envelope, name: str, error: LockbotError) -> Ending:
    """Make the job again at the time that the retry rules say, under a name of its own."""
    asked = error.retry_after if isinstance(error, ForgeUnavailable) else None
    failure = Failure(kind=FailureKind.CONNECTION, asked_wait=asked)
    decision = decide_retry(failure, envelope.attempt, 0.0, backoff=parts.backoff)
    if not isinstance(decision, RetryAt):
        _give_up(parts, envelope.job, name, str(error), decision.why)
        return Ending(outcome=JobOutcome.GIVEN_UP, note=f"given up because {decision.why}: {error}")
    again = replace(envelope, attempt=envelope.attempt + 1)
    parts.queue.store_again(_name_again(name, again), again, delay=decision.when)
    return Ending(outcome=JobOutcome.PUT_OFF, note=f"put off for {decision.when:.0f} s: {error}")


def _give_up(parts: WorkerParts, job: Job, name: str, reason: str, why: str) -> None:
    """Counted, and begun again by the next sweep; who gave a command is told instead."""
    structlog.get_logger("lockbot.jobs").error("job given up", reason=reason, why=why)
    lost = job if isinstance(job, RunJob) else None
    parts.registry.record_given_up(name, lost, parts.ports.clock.now().timestamp())
    try:
        if isinstance(job, CommandJob):
            give_up_command(parts.ports, job, reason)
        elif isinstance(job, CheckJob):
            give_up_check(parts.ports, job, reason)
    except LockbotError as error:
        structlog.get_logger("lockbot.jobs").warning("nobody was told", reason=str(error))


def set_aside(parts: WorkerParts, job: Job, error: SetAside) -> str:
    """The operator sees it in the log, the numbers and ``lockbot jobs``, the repository's people on the commit."""
    log = structlog.get_logger("lockbot.jobs")
    log.error("job set aside", reason=str(error))
    try:
        if isinstance(job, RunJob):
            tell_set_aside(parts.ports, job.repository)
        elif isinstance(job, CheckJob):
            set_check_aside(parts.ports, job)
    except LockbotError as second:
        log.warning("nobody could be told", reason=str(second))
    return f"set aside: {error}"


def hand_over(parts: WorkerParts, envelope: Envelope, name: str, lane: Lane = Lane.SOLVING) -> str:
    solving = f"{name.partition('#')[0]}/solve"
    passed_on = replace(envelope, lane=lane, attempt=1, waits=0)
    parts.queue.store_again(solving, passed_on, delay=0.0)
    return solving

"""One job, durably: what is registered with DBOS, and the decisions around the work itself.

* In the first lane a job is looked at: most come to nothing, and are done there. What is to be solved goes on to the
  second. A run that was asked for before another of the same repository began, or while one is waiting to begin, is
  covered by that one: bursts of pushes come down to two runs, with no waiting before the first.
* Where a job changes something, no other works at the same place; one that finds the place taken comes again soon.
* A failure that may pass makes the job again, later; the worker is free in the meantime. So does a step that another
  version of lockbot recorded in another form: the job made again begins anew.
* Checks of pull requests go to a lane of their own, so that nobody waits for a run to end; a newer head of the same pull
  request makes an older one's check needless.
* Where little is left of an installation's budget of requests, only what people asked for goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog
from dbos import DBOS

from bot.errors import LockbotError
from bot.jobs.database.engine import DatabaseUnavailable
from bot.jobs.limits.watchdog import Watchdog
from bot.jobs.queue.envelope import Envelope, parse_envelope
from bot.jobs.workflows.dispatch import dispatch
from bot.jobs.workflows.endings import Attempt, Ending, render_usage
from bot.jobs.workflows.later import NotNow, put_off, set_aside, store_again, wait
from bot.jobs.workflows.parts import WorkerParts
from bot.jobs.workflows.steps import DurableSteps
from bot.jobs.workflows.turns import SOON, check_budget
from bot.ports.forge import ForgeConflict, ForgeUnavailable
from bot.ports.steps import OutcomeUnreadable, SetAside, StepRunner
from bot.work.ended import JobOutcome


class JobFailed(Exception):
    """A job ended in an error that nobody expected. It counts as failed; the log has the rest under its name."""


class CutOff(BaseException):
    """A job ends because its worker does, and is to be resumed. No ``Exception``: DBOS would record it as the job's end in
    its last moments, should the database be back by then."""


def make_workflow(parts: WorkerParts, watchdog: Watchdog) -> Callable[[str], str]:
    """The function that DBOS runs for each envelope; it gives one line for the log."""

    def job(text: str) -> str:
        attempt = Attempt(
            envelope=parse_envelope(text), name=DBOS.workflow_id or "", started=parts.ports.clock.now().timestamp()
        )
        with attempt.entered():
            try:
                with watchdog.watch(attempt.name):
                    return perform(parts, attempt, DurableSteps())
            except DatabaseUnavailable as error:
                return _again_or_cut_off(parts, attempt, error)

    return job


def _again_or_cut_off(parts: WorkerParts, attempt: Attempt, error: DatabaseUnavailable) -> str:
    try:
        return make_again(parts, attempt, error)
    except DatabaseUnavailable as ended:
        raise CutOff(str(ended)) from ended


def make_again(parts: WorkerParts, attempt: Attempt, error: DatabaseUnavailable) -> str:
    """Put the job on the queue anew when its database is back: to DBOS an error that a job ends with is its end, and it would
    record that as soon as it can. Raises ``error`` where the worker ends first: then the job is resumed.
    """
    log = structlog.get_logger("lockbot.jobs")
    log.warning("job waits for its database", reason=str(error))
    again = replace(attempt.envelope, waits=attempt.envelope.waits + 1)
    while not parts.ending.wait(SOON):
        try:
            store_again(parts, attempt.name, again, delay=0.0)
        except DatabaseUnavailable:
            continue
        log.info("job is made again", reason="its database is back")
        return "made again: its database was away"
    raise error


def perform(parts: WorkerParts, attempt: Attempt, steps: StepRunner) -> str:
    """Attempt a job, log how it ended and tell who wants to hear of it; what it came to, in one line.

    Raises ``JobFailed`` for what nobody expected, and ``DatabaseUnavailable`` where the job could not go on: it is not
    done then.
    """
    log = structlog.get_logger("lockbot.jobs")
    parts.progress.note(attempt.envelope)
    try:
        ending = _try(parts, attempt.envelope, attempt.name, steps)
    except DatabaseUnavailable:
        raise
    except Exception:
        log.error("job failed", reference=attempt.name, exc_info=True)
        ending = Ending(outcome=JobOutcome.FAILED, note=f"unexpected failure, in the log under {attempt.name}")
    told = {"outcome": ending.outcome.value, "note": ending.note, **render_usage(attempt.meter.read())}
    log.log(ending.level, "job ended", **told)
    attempt.tell(ending, parts.hear_end, parts.ports.clock)
    if ending.outcome is JobOutcome.FAILED:
        raise JobFailed(ending.note)
    return ending.note


def _try(parts: WorkerParts, envelope: Envelope, name: str, steps: StepRunner) -> Ending:
    try:
        check_budget(parts, envelope.job)
        return Ending(outcome=JobOutcome.DONE, note=dispatch(parts, envelope, name, steps))
    except NotNow as reason:
        return Ending(outcome=JobOutcome.WAITING, note=wait(parts, envelope, name, reason))
    except (ForgeUnavailable, ForgeConflict, OutcomeUnreadable) as error:
        return put_off(parts, envelope, name, error)
    except DatabaseUnavailable:
        raise
    except SetAside as error:
        return Ending(outcome=JobOutcome.SET_ASIDE, note=set_aside(parts, envelope.job, error))
    except LockbotError as error:
        said = "; ".join((str(error), *getattr(error, "__notes__", ())))
        return Ending(outcome=JobOutcome.REFUSED, note=f"refused: {said}")

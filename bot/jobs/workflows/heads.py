"""Checks of pull requests and their relocking, in a lane of their own: nobody waits for a run to end."""

from __future__ import annotations

from dataclasses import replace

from bot.events.jobs import CheckJob, RelockJob
from bot.jobs.queue.envelope import Envelope, Lane, workplace_of
from bot.jobs.workflows.later import hand_over
from bot.jobs.workflows.parts import WorkerParts
from bot.jobs.workflows.turns import alone
from bot.ports.steps import StepRunner
from bot.work.heads.head_check import check_job, enter_check
from bot.work.heads.relocking import relock_job


def enter(parts: WorkerParts, job: CheckJob, envelope: Envelope, name: str) -> str:
    """The first lane: what needs no solving is done here."""
    entered = enter_check(parts.ports, job)
    if entered.job is not None:
        hand_over(parts, replace(envelope, job=entered.job), name, parts.duty.check_lane)
    return entered.note


def check(parts: WorkerParts, job: CheckJob, name: str, steps: StepRunner) -> str:
    with alone(parts, workplace_of(job), name):
        done, follows = check_job(parts.ports, job, steps, name)
    if follows is not None:
        parts.queue.store(name, (follows,))
    return done.note


def relock(parts: WorkerParts, job: RelockJob, envelope: Envelope, name: str, steps: StepRunner) -> str:
    """It is put on the queue as any job is, and has nothing to be done at a glance."""
    if envelope.lane is Lane.FIRST:
        hand_over(parts, envelope, name, parts.duty.check_lane)
        return "to be locked again"
    with alone(parts, workplace_of(job), name):
        return relock_job(parts.ports, job, steps).note

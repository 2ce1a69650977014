"""What people order: acknowledged within seconds, however much there is to be solved."""

from __future__ import annotations

from dataclasses import replace

from bot.events.jobs import CommandJob
from bot.jobs.queue.envelope import Envelope, workplace_of
from bot.jobs.queue.names import base_name, name_orders
from bot.jobs.workflows.later import hand_over
from bot.jobs.workflows.parts import WorkerParts
from bot.jobs.workflows.remembering import remember
from bot.jobs.workflows.turns import alone
from bot.ports.steps import StepRunner
from bot.work.commands.obeying import command_job, receive_command


def enter(parts: WorkerParts, job: CommandJob, envelope: Envelope, name: str) -> str:
    """The first lane: acknowledged within seconds, however much there is to be solved.

    Of the commands on one pull request one at a time: what is said once there is looked for first.
    """
    claimed = _claim(parts, job, name)
    if claimed is None:
        return "obeyed already"
    job, envelope = claimed, replace(envelope, job=claimed)
    place = f"words:{job.repository.id}:{job.number}"
    with parts.doors.enter(job.repository.id), alone(parts, place, name):
        done = receive_command(parts.ports, job)
    if done is not None:
        return done.note
    hand_over(parts, envelope, name)
    return "acknowledged"


def _claim(parts: WorkerParts, job: CommandJob, name: str) -> CommandJob | None:
    """The job with those of its orders that no other one has: a comment that is edited is told of more than once."""
    if job.comment is None:
        return job
    orders = name_orders(job)
    ours = parts.registry.claim_orders(orders, base_name(name), parts.ports.clock.now().timestamp())
    return replace(job, orders=tuple(one for key, one in orders.items() if key in ours)) if ours else None


def obey(parts: WorkerParts, job: CommandJob, name: str, steps: StepRunner) -> str:
    with alone(parts, workplace_of(job), name):
        done = command_job(parts.ports, job, steps, name)
        remember(parts, job.repository, done)
        if done.follow:
            parts.queue.store(f"{base_name(name)}:then", done.follow)
        return done.note

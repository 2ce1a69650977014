"""Runs: covered by another, come to nothing at a glance, or solved."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.events.jobs import RunJob, Scope
from bot.jobs.queue.envelope import Envelope, workplace_of
from bot.jobs.workflows.later import hand_over
from bot.jobs.workflows.parts import WorkerParts
from bot.jobs.workflows.remembering import remember
from bot.jobs.workflows.turns import ThriftySteps, alone, check_budget
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName
from bot.ports.steps import StepRunner
from bot.work.job import JobDone
from bot.work.looking import look
from bot.work.publishing.bases import choose_bases
from bot.work.runs import run_job, settle

#: The clocks of two machines may differ by this many seconds.
_SKEW = 1.0


def enter(parts: WorkerParts, job: RunJob, envelope: Envelope, name: str) -> str:
    """The first lane: one statement for each of a burst, one look at the forge for the others. Nothing is recorded: all of
    it may be done again."""
    if job.branch is not None and not _is_base(parts, job.repository, job.branch):
        return "nothing is proposed for that branch"
    with parts.doors.enter(job.repository.id):
        cover = parts.registry.find_cover(job.repository.id, job.scope)
        if cover.waiting or cover.until > envelope.received + _SKEW:
            return "covered by a later run"
        return _look_and_hand_over(parts, job, envelope, name)


def _is_base(parts: WorkerParts, ref: RepositoryRef, branch: BranchName) -> bool:
    patterns, prefix = parts.registry.find_bases(ref.id)
    return bool(patterns) and branch in choose_bases(patterns, prefix, BranchName(""), [branch])


def _look_and_hand_over(parts: WorkerParts, job: RunJob, envelope: Envelope, name: str) -> str:
    now = parts.ports.clock.now()
    if parts.registry.find_new([job.repository]):
        # Nobody told of its installation: this is what begins with it. It counts as known when its run is on the queue.
        job = replace(job, scope=job.scope if job.scope is Scope.TURN else Scope.ALL)
    found = look(parts.ports, parts.ports.app.open_repository(job.repository))
    done = settle(found, replace(job, waiting=parts.registry.list_waiting(job.repository.id)))
    if done is not None:
        parts.registry.remember([job.repository], now)
        remember(parts, job.repository, done, job.scope)
        _cover(parts, job, done, now.timestamp())
        return done.note
    solving = hand_over(parts, replace(envelope, job=job), name)
    parts.registry.remember([job.repository], now)
    parts.registry.record_asked(job.repository.id, job.scope, solving)
    return "to be solved"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """``moment`` in seconds since the epoch. ``covered``: another run has done all that this one was asked for."""

    moment: float
    covered: bool


def run(parts: WorkerParts, job: RunJob, envelope: Envelope, name: str, steps: StepRunner) -> str:
    with alone(parts, workplace_of(job), name):
        parts.registry.remember([job.repository], parts.ports.clock.now())
        start = steps.run("start", RunStart, lambda: _start(parts, job, envelope.received))
        if start.covered:
            return "covered by a later run"
        job = replace(job, waiting=parts.registry.list_waiting(job.repository.id))
        thrifty = ThriftySteps(steps=steps, check=lambda: check_budget(parts, job))
        done = run_job(parts.ports, job, thrifty, name)
        remember(parts, job.repository, done, job.scope)
        _cover(parts, job, done, start.moment)
        if parts.indexes is not None and done.config is not None:
            parts.indexes.remember(job.repository, done.config, done.depended, start.moment)
        return done.note


def _cover(parts: WorkerParts, job: RunJob, done: JobDone, started: float) -> None:
    if not done.gone:
        parts.registry.record_cover(job.repository.id, done.scope or job.scope, started)


def _start(parts: WorkerParts, job: RunJob, received: float) -> RunStart:
    covered = parts.registry.find_cover(job.repository.id, job.scope).until > received + _SKEW
    return RunStart(moment=parts.ports.clock.now().timestamp(), covered=covered)

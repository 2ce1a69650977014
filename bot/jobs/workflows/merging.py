"""What waits to be merged: looked at again when something was said of its commit, or when room came free."""

from __future__ import annotations

from dataclasses import replace

from bot.events.jobs import MergeJob, RunJob, Scope
from bot.jobs.queue.envelope import workplace_of
from bot.jobs.workflows.parts import WorkerParts
from bot.jobs.workflows.turns import alone
from bot.ports.forge import RepositoryRef
from bot.work.job import JobDone
from bot.work.merge_job import choose_wishes, merge_job


def tend(parts: WorkerParts, job: MergeJob, name: str) -> str:
    """Most words about a commit concern nothing that waits: they cost one statement."""
    wishes = choose_wishes(parts.registry.list_merging(job.repository.id), job)
    if not wishes:
        return "nothing waits to be merged there"
    with alone(parts, workplace_of(job), name):
        done = merge_job(parts.ports, job, wishes)
        parts.registry.drop_merging(job.repository.id, done.ended)
    return done.note


def fill_room(parts: WorkerParts, ref: RepositoryRef, name: str) -> str:
    """A pull request fewer: what waits for room is looked at again."""
    if not parts.registry.list_waiting(ref.id):
        return ""
    parts.queue.store(f"room:{name}", (RunJob(repository=ref, scope=Scope.OPEN),))
    return "; there is room for what waits"


def follow_heads(parts: WorkerParts, ref: RepositoryRef, done: JobDone) -> None:
    """A command has moved branches: what waits to be merged there waits for checks of other commits now."""
    heads = {one.number: one.head for one in done.published if one.head is not None}
    wishes = parts.registry.list_merging(ref.id) if heads else ()
    if any(one.number in heads for one in wishes):
        moved = [replace(one, head=heads.get(one.number) or one.head) for one in wishes]
        parts.registry.record_merging(ref.id, [replace(one, is_sure=one.number in heads) for one in moved])

"""What the clock asks for: installations brought up to date, what no message told of, what is newly known."""

from __future__ import annotations

from itertools import groupby

import structlog

from bot.advisories.port import AdvisoryFailure
from bot.events.jobs import IndexJob, MergeJob, RunJob, Scope, SweepJob, SyncJob
from bot.jobs.queue.envelope import workplace_of
from bot.jobs.workflows.parts import WorkerParts
from bot.ports.forge import Glance
from bot.report.head_check import HEAD_CHECK
from bot.work.installed import list_repositories
from bot.work.lost import Lost, Seen, find_lost
from bot.work.watching import find_changed


def watch_advisories(parts: WorkerParts, name: str) -> str:
    """Start a run where something new is known, or where nobody looked since the base moved on."""
    known = {one.ref.id: one.ref for one in parts.registry.list_repositories() if one.enabled}
    watched, seen = parts.registry.list_watched([*known]), parts.registry.list_seen([*known])
    moved = [number for number, head in watched.items() if seen.get(number, Seen()).head not in {None, head.base}]
    try:
        changed = find_changed(parts.ports.advisories, watched)
    except AdvisoryFailure as error:
        # Nobody waits for it: the next hour asks again.
        structlog.get_logger("lockbot.advisories").warning("not asked", reason=str(error))
        changed = ()
    jobs = tuple(RunJob(repository=known[one], scope=Scope.SECURITY) for one in sorted({*moved, *changed}))
    parts.queue.store(name, jobs)
    return f"{len(watched)} repositories, {len(changed)} with something new, {len(moved)} moved on"


def watch_indexes(parts: WorkerParts, job: IndexJob, name: str) -> str:
    """Whatever comes due meanwhile the next turn sees, so none waits for another."""
    if parts.indexes is None:
        return "indexes are not watched"
    if not parts.registry.take_turn_of(workplace_of(job), name):
        return "another turn is under way"
    try:
        return parts.indexes.turn()
    finally:
        parts.registry.give_back_turn_of(workplace_of(job), name)


def sync(parts: WorkerParts, job: SyncJob, name: str) -> str:
    """Forget what is gone, start what is new. What is new counts as known when its run is on the queue."""
    listed = list_repositories(parts.ports.app, job.installation)
    parts.registry.keep_only(listed, job.installation)
    new = parts.registry.find_new(listed)
    parts.queue.store(name, tuple(RunJob(repository=ref, scope=Scope.ALL) for ref in new))
    parts.registry.remember(listed, parts.ports.clock.now())
    return f"{len(listed)} repositories, {len(new)} new"


def sweep(parts: WorkerParts, job: SweepJob, name: str) -> str:
    """Start what nobody told of, and what was given up."""
    if job.installation is None:
        installations = parts.registry.list_installations()
        for number in installations:
            parts.queue.store(f"{name}:{number}", (SweepJob(installation=number),))
        return f"{len(installations)} installations"
    refs = [one.ref for one in parts.registry.list_repositories(job.installation)]
    seen = parts.registry.list_seen([ref.id for ref in refs])
    glances = parts.ports.app.look_over(job.installation, refs, check=HEAD_CHECK)
    lost = [one for glance in glances for one in _find_lost(parts, glance, seen.get(glance.ref.id, Seen()))]
    for delivery, some in groupby(lost, key=lambda one: one.delivery):
        parts.queue.store(delivery, tuple(one.job for one in some))
    merging = parts.registry.find_merging([ref.id for ref in refs])
    if merging:
        parts.queue.store(f"merge:{name}", tuple(MergeJob(repository=ref) for ref in refs if ref.id in merging))
    again = parts.registry.list_given_up(job.installation)
    parts.queue.store(f"again:{name}", again)
    parts.registry.record_begun_again([one.repository.id for one in again])
    return f"{len(refs)} repositories, {len(lost)} lost messages, {len(again)} begun again"


def _find_lost(parts: WorkerParts, glance: Glance, seen: Seen) -> tuple[Lost, ...]:
    found = tuple(find_lost(parts.ports, glance, seen))
    if glance.base is not None and glance.base != seen.whole and not any(isinstance(one.job, RunJob) for one in found):
        # The next sweep need not look at the configuration up to here.
        parts.registry.record_seen(glance.ref.id, glance.base, whole=True)
    return found

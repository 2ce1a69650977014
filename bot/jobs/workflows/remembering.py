"""What the database is told of a repository when a job has looked at it."""

from __future__ import annotations

import structlog

from bot.events.jobs import Scope
from bot.jobs.workflows.merging import follow_heads
from bot.jobs.workflows.parts import WorkerParts
from bot.ports.forge import RepositoryRef
from bot.work.job import JobDone


def remember(parts: WorkerParts, ref: RepositoryRef, done: JobDone, asked: Scope | None = None) -> None:
    """``asked``: what a run was asked for; a command's run is none."""
    if done.gone:
        parts.registry.forget(ref.installation, [ref.id])
        return
    if done.config is not None:
        parts.registry.record_config(ref.id, done.config)
    if done.facts is not None and done.base is not None:
        parts.see(ref.id, done.base, done.facts)
    if done.config is not None and asked is not None:
        parts.registry.record_ripening(ref.id, done.ripe_at)
        parts.registry.record_waiting(ref.id, done.waiting, done.room_at)
        parts.registry.record_merging(ref.id, done.merging)
    if asked is None:
        follow_heads(parts, ref, done)
    if done.base is not None:
        is_whole = asked in (Scope.ALL, Scope.TURN)
        parts.registry.record_seen(ref.id, done.base, whole=is_whole)
        if done.config is not None and asked is not None:
            remember_watched(parts, ref, done)


def remember_watched(parts: WorkerParts, ref: RepositoryRef, done: JobDone) -> None:
    """What could not all be looked up stands as it was: the next look finds that the base moved on."""
    if done.unsure is not None:
        structlog.get_logger("lockbot.advisories").warning("not all is known", reason=done.unsure)
    elif done.base is not None:
        parts.registry.record_watched(ref.id, done.base, done.watched)

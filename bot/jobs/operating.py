"""What an operator sees of jobs that ended badly, and how one is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.errors import InputError
from bot.events.jobs import RunJob, Scope
from bot.jobs.opening import JobDatabase
from bot.jobs.queue.queue import JobQueue
from bot.work.records.record import Trouble


def list_troubled(database: JobDatabase, queue: JobQueue) -> tuple[Trouble, ...]:
    """Repositories that were set aside, then jobs that failed; the last first."""
    return (*_list_dead_letters(database), *_list_failed(queue))


def _list_dead_letters(database: JobDatabase) -> Iterator[Trouble]:
    for one in database.ledger.list_dead_letters():
        reason = f"took its worker down at {one.head[:12]}" + (f": {one.reason}" if one.reason else "")
        yield Trouble(
            name=one.repository, state="set aside", moment=one.moment, reason=reason, full_name=one.repository
        )


def _list_failed(queue: JobQueue) -> Iterator[Trouble]:
    for one in queue.list_failed():
        yield Trouble(name=one.name, state=one.state, moment=one.moment, reason=one.what, repository=one.repository)


def try_again(database: JobDatabase, queue: JobQueue, name: str, now: datetime) -> str:
    """Put what has this name on the queue; a sentence of what is done. Raises ``InputError`` where nothing has."""
    if database.ledger.forgive(name):
        refs = [one.ref for one in database.registry.list_repositories() if one.ref.full_name == name]
        jobs = tuple(RunJob(repository=ref, scope=Scope.ALL) for ref in refs)
        queue.store(f"retry:{now:%Y%m%dT%H%M%S}", jobs)
        return f"{name} is tried again" if jobs else f"{name} is tried again when it is known: wait for the next push"
    if queue.begin_again(name, now):
        return f"{name} is tried again"
    raise InputError(f"nothing of the name {name!r} was set aside or failed", hint="see `lockbot jobs` for the names")

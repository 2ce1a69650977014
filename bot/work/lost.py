"""What the forge told nobody of: messages get lost, its messages too. Found by a look over many repositories.

Each find is a job under a name that it has whenever it is found, so that finding it again, or a message that comes late
after all, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.events import ClosedJob, CommentWritten, Ignored, Job, RunJob, Scope, plan_jobs
from bot.ports.forge import Forge, Glance
from bot.ports.run import Sha
from bot.repoconfig.load import CONFIG_PATHS
from bot.work.job import JobPorts

#: Comments that are older count as answered, or as given up: names of jobs are known for a week.
_FRESH = timedelta(days=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """``delivery`` stands for the message that did not come."""

    delivery: str
    job: Job


def find_lost(ports: JobPorts, glance: Glance, seen: Sha | None) -> Iterator[Lost]:
    """``seen``: the head of the base branch that a run saw last."""
    if glance.base is None:
        return
    if glance.base != seen:
        scope = _find_scope(ports.app.open_repository(glance.ref), seen, glance.base)
        yield Lost(delivery=f"sweep:{glance.base}", job=RunJob(repository=glance.ref, scope=scope))
    for closed in glance.closed:
        yield Lost(delivery=f"sweep:{closed.moment}", job=ClosedJob(repository=glance.ref, number=closed.number))
    yield from _find_commands(glance, ports.clock.now())


def _find_scope(forge: Forge, seen: Sha | None, base: Sha) -> Scope:
    """As if the push had been told of: a change of the configuration asks for a whole run."""
    if seen is None or any(forge.find_file(path, seen) != forge.find_file(path, base) for path in CONFIG_PATHS):
        return Scope.ALL
    return Scope.OPEN


def _find_commands(glance: Glance, now: datetime) -> Iterator[Lost]:
    for one in glance.comments:
        if now - one.written > _FRESH:
            continue
        written = CommentWritten(
            repository=glance.ref, number=one.number, comment=one.comment, author=one.author, text=one.text
        )
        jobs = plan_jobs(written)
        if not isinstance(jobs, Ignored):
            yield from (Lost(delivery=f"sweep:{one.comment}", job=job) for job in jobs)

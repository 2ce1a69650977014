"""What the forge told nobody of: messages get lost, its messages too. Found by a look over many repositories.

Each find is a job under a name that it has whenever it is found, so that finding it again, or a message that comes late
after all, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.events.event import CommentEdited, CommentWritten, HeadChanged, Ignored
from bot.events.jobs import ClosedJob, Job, RunJob, Scope
from bot.events.planning import plan_jobs
from bot.ports.forge import Forge, ForgeNotFound, ForgeRejected, Glance, OpenComment, OpenHead
from bot.ports.run import Sha
from bot.repoconfig.load import CONFIG_PATHS
from bot.work.job import JobPorts

#: Comments that are older count as answered, or as given up: names of jobs are known for a week. Of heads whose pull
#: request nobody touched for that long nobody waits for a check.
_FRESH = timedelta(days=6)

#: Of what happened since, the message may be under way still, or its job.
UNDER_WAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """``delivery`` stands for the message that did not come."""

    delivery: str
    job: Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Heads of the base branch: the one that a run saw last, and the last one that a ``whole`` run saw, which may open."""

    head: Sha | None = None
    whole: Sha | None = None


def find_lost(ports: JobPorts, glance: Glance, seen: Seen) -> Iterator[Lost]:
    if glance.base is None:
        return
    scope = _find_scope(ports, glance, seen, glance.base)
    if scope is not None:
        yield Lost(delivery=f"sweep:{glance.base}", job=RunJob(repository=glance.ref, scope=scope))
    for closed in glance.closed:
        yield Lost(delivery=f"sweep:{closed.moment}", job=ClosedJob(repository=glance.ref, number=closed.number))
    now = ports.clock.now()
    yield from _find_commands(glance, now)
    yield from _find_heads(glance, now)


def _find_scope(ports: JobPorts, glance: Glance, seen: Seen, base: Sha) -> Scope | None:
    """As if the push had been told of: a change of the configuration asks for a whole run, also where a later push was
    heard that did not touch it. None: nothing was lost."""
    since = seen.whole or seen.head
    if since is None:
        return Scope.ALL
    if since != base and _is_configured_anew(ports.app.open_repository(glance.ref), since, base):
        return Scope.ALL
    return None if base == seen.head else Scope.OPEN


def _is_configured_anew(forge: Forge, since: Sha, base: Sha) -> bool:
    try:
        found = forge.compare(since, base)
    except (ForgeNotFound, ForgeRejected):
        found = None
    if found is not None and found.first_in_second and found.files is not None:
        return any(one.path in CONFIG_PATHS for one in found.files)
    return any(forge.find_file(path, since) != forge.find_file(path, base) for path in CONFIG_PATHS)


def _find_commands(glance: Glance, now: datetime) -> Iterator[Lost]:
    for one in glance.comments:
        # What is begun, the queue ends.
        is_begun = one.editor is None and one.reactions
        if not is_begun and now - one.written <= _FRESH:
            yield from (Lost(delivery=f"sweep:{one.comment}", job=job) for job in plan_orders(glance, one))


def plan_orders(glance: Glance, one: OpenComment) -> tuple[Job, ...]:
    """As if the comment had been told of."""
    jobs = plan_jobs(_as_event(glance, one))
    return () if isinstance(jobs, Ignored) else jobs


def _as_event(glance: Glance, one: OpenComment) -> CommentWritten | CommentEdited:
    """Of an edited comment nobody knows any more what was there before: what was obeyed is not obeyed again."""
    written = CommentWritten(
        repository=glance.ref,
        number=one.number,
        comment=one.comment,
        author=one.author,
        text=one.text,
        is_pull_request=one.is_pull_request,
        is_open=one.is_open,
        owner=one.owner,
        owner_is_bot=one.owner_is_bot,
    )
    if one.editor is None:
        return written
    return CommentEdited(
        repository=glance.ref,
        number=one.number,
        comment=one.comment,
        author=one.author,
        editor=one.editor,
        before="",
        after=one.text,
        is_pull_request=one.is_pull_request,
        is_open=one.is_open,
        owner=one.owner,
        owner_is_bot=one.owner_is_bot,
    )


def _find_heads(glance: Glance, now: datetime) -> Iterator[Lost]:
    """Heads without lockbot's check. Where its job comes to no check run, the next hour asks again: until then it has the
    same name, so that it is stored once."""
    for one in glance.heads:
        if one.is_checked or not UNDER_WAY <= now - one.updated <= _FRESH:
            continue
        jobs = plan_jobs(_as_head(glance, one))
        if not isinstance(jobs, Ignored):
            delivery = f"sweep:{one.number}:{one.head}:{now:%Y-%m-%dT%H}"
            yield from (Lost(delivery=delivery, job=job) for job in jobs)


def _as_head(glance: Glance, one: OpenHead) -> HeadChanged:
    """Nobody knows any more who moved it: it may have been a person."""
    return HeadChanged(
        repository=glance.ref,
        number=one.number,
        head=one.head,
        head_branch=one.branch,
        head_repository=one.repository,
        base_branch=one.base,
        owner=one.owner,
        owner_is_bot=one.owner_is_bot,
        sender="",
        is_draft=one.is_draft,
    )

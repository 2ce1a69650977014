"""Obey what the event of a workflow orders: who gave it is asked first, and nothing is brought here for a stranger."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bot.cli.publish.publishing import Heard, obey
from bot.cli.publish.session import Session, patiently
from bot.errors import InputError
from bot.events.event import CommentEdited, CommentWritten, Event, Ignored
from bot.events.jobs import ClosedJob, CommandJob, Job
from bot.events.planning import plan_jobs
from bot.forge.github.webhooks.workflow import parse_workflow_event
from bot.ports.forge import AppIdentity
from bot.values import value
from bot.work.alone.jobs import is_own_word
from bot.work.commands.obeying import receive_command

#: GitHub's own limit for what it sends.
_MOST = 25 * 1024 * 1024


@value
class Errand:
    """``path`` is a folder that may be a clone of the repository."""

    name: str
    body: bytes
    path: Path
    reference: str


def read_event(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            found = file.read(_MOST + 1)
    except OSError as error:
        raise InputError(f"the event can't be read: {error.strerror}", path=str(path)) from None
    if len(found) > _MOST:
        raise InputError("the event is larger than GitHub sends any", path=str(path))
    return found


def run_errand(session: Session, errand: Errand) -> Heard:
    """Raises ``InputError`` for what is no event, and ``ForgeError`` where the forge does not answer."""
    identity = session.connection.identity
    event = parse_workflow_event(errand.name, errand.body, identity.login)
    jobs = _plan(identity, event)
    if isinstance(jobs, Ignored):
        return Heard(lines=(f"nothing to do: {jobs.reason}",))
    lines, left = _receive(session, jobs)
    if not left:
        return Heard(lines=lines)
    with session.open_ports(errand.path) as ports:
        heard = obey(session, ports, left, errand.reference)
    return Heard(lines=(*lines, *heard.lines), problems=heard.problems)


def _plan(identity: AppIdentity, event: Event | Ignored) -> Sequence[Job] | Ignored:
    if isinstance(event, Ignored):
        return event
    if _is_own_word(identity, event):
        return Ignored(reason="lockbot's own words")
    jobs = plan_jobs(event)
    if isinstance(jobs, Ignored):
        return jobs
    wanted = [one for one in jobs if isinstance(one, CommandJob | ClosedJob)]
    return wanted or Ignored(reason="that is a server's work")


def _is_own_word(identity: AppIdentity, event: Event) -> bool:
    match event:
        case CommentWritten():
            return is_own_word(identity, event.author, event.text)
        case CommentEdited():
            return is_own_word(identity, event.author, event.after)
        case _:
            return False


def _receive(session: Session, jobs: Sequence[Job]) -> tuple[tuple[str, ...], Sequence[Job]]:
    """What was done at a glance, and what is left: orders of strangers never are."""
    lines: list[str] = []
    left: list[Job] = []
    ports = session.make_light_ports()
    for job in jobs:
        done = patiently(partial(receive_command, ports, job)) if isinstance(job, CommandJob) else None
        if done is None:
            left.append(job)
        else:
            lines.append(f"command on #{getattr(job, 'number', '')}: {done.note}")
    return tuple(lines), left

"""Jobs done where they come in, with what follows from them; and what nobody told of, found by a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.events.jobs import ClosedJob, CommandJob, Job, RunJob
from bot.ports.forge import AppIdentity, Glance, OpenComment, RepositoryRef
from bot.ports.steps import StepRunner
from bot.work.commands.obeying import command_job, receive_command
from bot.work.job import JobDone, JobPorts
from bot.work.lost import Seen, find_lost
from bot.work.runs import run_job
from bot.work.tidying import closed_job

#: How each of lockbot's own comments begins to be told from others.
_MARK = "<!-- lockbot"
#: What follows from what follows, and so on, ends.
_MOST = 20


def do_job(ports: JobPorts, job: Job, steps: StepRunner, reference: str) -> Iterator[tuple[Job, JobDone]]:
    """The job and what it asks for, in turn; what only a server does is passed over."""
    waiting = [job]
    for _ in range(_MOST):
        if not waiting:
            return
        now = waiting.pop(0)
        done = _do(ports, now, steps, reference)
        if done is not None:
            yield now, done
            waiting += done.follow


def _do(ports: JobPorts, job: Job, steps: StepRunner, reference: str) -> JobDone | None:
    match job:
        case RunJob():
            return run_job(ports, job, steps, reference)
        case CommandJob():
            received = receive_command(ports, job)
            return received if received is not None else command_job(ports, job, steps, reference)
        case ClosedJob():
            return closed_job(ports, job)
        case _:
            return None


def is_own_word(identity: AppIdentity, author: str, text: str) -> bool:
    """Whether a comment is lockbot's own answer, where a person's account speaks for it: it quotes commands."""
    return identity.is_shared and author == identity.login and _MARK in text


def find_unheard(ports: JobPorts, ref: RepositoryRef) -> tuple[Job, ...]:
    """Orders that nobody has taken up, and closed pull requests whose branch is still there. A comment that was edited is
    left: only who was told of the edit knows what it added."""
    identity = ports.app.get_identity()
    found = []
    for glance in ports.app.look_over(ref.installation, [ref]):
        heard = [_as_ours(identity, one) for one in glance.comments if one.editor is None]
        glance = replace(glance, comments=tuple(one for one in heard if not _is_own(identity, one)))
        found += [one.job for one in find_lost(ports, glance, _seen(glance)) if not isinstance(one.job, RunJob)]
    return tuple(found)


def _is_own(identity: AppIdentity, one: OpenComment) -> bool:
    return is_own_word(identity, one.author, one.text)


def _as_ours(identity: AppIdentity, one: OpenComment) -> OpenComment:
    """Pull requests and issues of a person's account may be lockbot's: whether they are shows when they are read."""
    return replace(one, owner_is_bot=one.owner_is_bot or one.owner == identity.login)


def _seen(glance: Glance) -> Seen:
    """This very run looks at the base as it is."""
    return Seen(head=glance.base, whole=glance.base)

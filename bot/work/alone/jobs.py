"""Jobs done where they come in, with what follows from them; and what nobody told of, found by a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.events.jobs import ClosedJob, CommandJob, Job, RunJob
from bot.ports.forge import AppIdentity, OpenComment, RepositoryRef
from bot.ports.steps import StepRunner
from bot.work.alone.boxes import find_ticks
from bot.work.commands.obeying import command_job, receive_command
from bot.work.job import JobDone, JobPorts
from bot.work.lost import UNDER_WAY, plan_orders
from bot.work.runs import run_job
from bot.work.tidying import closed_job

#: How each of lockbot's own comments begins to be told from others.
_MARK = "<!-- lockbot"
#: What follows from what follows, and so on, ends.
_MOST = 20
#: A clock may tick once a month. What is older was there before lockbot, or nobody waits for it.
_PATIENCE = timedelta(days=40)


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
    """Orders that nobody has taken up, or that were not done with when whoever had was ended; boxes that are ticked; and
    closed pull requests whose branch is still there."""
    identity, now = ports.app.get_identity(), ports.clock.now()
    found: list[Job] = []
    for glance in ports.app.look_over(ref.installation, [ref]):
        for one in glance.comments:
            if _is_due(one, now) and not is_own_word(identity, one.author, one.text):
                found += plan_orders(glance, _as_ours(identity, one))
        found += (ClosedJob(repository=ref, number=one.number) for one in glance.closed)
        if glance.base is not None:
            found += find_ticks(ports, ref)
    return tuple(found)


def _is_due(one: OpenComment, now: datetime) -> bool:
    """A comment that was edited since it was answered is left: only who was told of the edit knows what it added."""
    if any(given.is_last for given in one.reactions) or now - one.written > _PATIENCE:
        return False
    return not one.reactions or now - one.written > UNDER_WAY


def _as_ours(identity: AppIdentity, one: OpenComment) -> OpenComment:
    """Pull requests and issues of a person's account may be lockbot's: whether they are shows when they are read."""
    return replace(one, owner_is_bot=one.owner_is_bot or one.owner == identity.login)

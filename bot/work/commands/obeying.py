"""Commands in comments: one table, one function for each.

A new command is a function ``(Invocation, StepRunner) -> JobDone``, a row here, its test and its line in
``docs/configuration.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import NoneType

from bot.events import CommandJob
from bot.ports.forge import (
    ForgeConflict,
    ForgeError,
    ForgeUnavailable,
    Permission,
    PullRequestState,
    Reaction,
)
from bot.ports.steps import OutcomeUnreadable, StepRunner
from bot.report import answers
from bot.work.commands.invocation import Invocation
from bot.work.commands.rebase import rebase
from bot.work.job import JobDone, JobPorts
from bot.work.publishing.body_block import find_block
from bot.work.publishing.target import is_own
from bot.work.telling import attempt_to_tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who may give a command; ``words`` for those who may not."""

    words: str
    admits: Callable[[Permission], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """``run`` obeys, acknowledged before; ``help`` is the line of the documents."""

    name: str
    who: Audience
    run: Callable[[Invocation, StepRunner], JobDone]
    help: str


WRITERS = Audience(words=answers.WRITERS, admits=lambda permission: permission.can_write)

COMMANDS = (
    Command(
        name="rebase",
        who=WRITERS,
        run=rebase,
        help="Solve again and rebuild the branch on the current base; other people's commits on it are replaced.",
    ),
)


def receive_command(ports: JobPorts, job: CommandJob) -> JobDone | None:
    """What can be said of a command at once: that it is none, or not this author's to give. None: it was acknowledged, and
    is there to be obeyed (``command_job``)."""
    invocation = _find_invocation(ports, job)
    if invocation is None:
        return JobDone(note="not an open pull request of this App")
    refused = _refuse(invocation, _find_row(job.command))
    if refused is None:
        invocation.react(Reaction.EYES)
    return refused


def command_job(ports: JobPorts, job: CommandJob, steps: StepRunner, reference: str) -> JobDone:
    """Obey a command in a comment, if its author may give it; answer with a reaction, or a sentence when needed.

    Once it was acknowledged, an error that trying again would not mend is answered, and passes through.
    """
    invocation = _find_invocation(ports, job)
    if invocation is None:
        return _find_ended(ports, job)
    command = _find_row(job.command)
    refused = _refuse(invocation, command)
    if refused is not None or command is None:
        return refused or JobDone(note="unknown command")
    steps.run("acknowledge", NoneType, partial(invocation.react, Reaction.EYES))
    with _answering(invocation, reference):
        return command.run(invocation, steps)


def give_up_command(ports: JobPorts, job: CommandJob, reason: str) -> None:
    """Answer a command that was tried for the last time, wherever it may have failed."""
    invocation = _find_invocation(ports, job)
    if invocation is not None and _is_admitted(invocation, _find_row(job.command)):
        invocation.decline(answers.command_given_up(reason))


def _refuse(invocation: Invocation, command: Command | None) -> JobDone | None:
    if not _is_admitted(invocation, command):
        invocation.say_once(answers.no_permission(_audience(command).words), answers.NO_PERMISSION_MARK)
        return JobDone(note=f"{invocation.job.author} may not give commands")
    if command is None:
        invocation.react(Reaction.CONFUSED)
        return JobDone(note="unknown command")
    return None


def _find_invocation(ports: JobPorts, job: CommandJob) -> Invocation | None:
    """None where the comment is not on an open pull request of the App."""
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    pull_request = forge.get_pull_request(job.number)
    if pull_request.state is not PullRequestState.OPEN or not is_own(identity, pull_request):
        return None
    return Invocation(ports=ports, job=job, forge=forge, identity=identity)


def _find_ended(ports: JobPorts, job: CommandJob) -> JobDone:
    """An acknowledged command meets a pull request that is open no more. Where lockbot closed it, saying why, be it at the
    first attempt of this very job, that is the answer."""
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    pull_request = forge.get_pull_request(job.number)
    block = find_block(pull_request.body)
    if is_own(identity, pull_request) and block is not None and block.retired:
        forge.react(job.comment, Reaction.THUMBS_UP)
    return JobDone(note="not an open pull request of this App")


def _find_row(name: str) -> Command | None:
    return next((one for one in COMMANDS if one.name == name), None)


def _audience(command: Command | None) -> Audience:
    """Of an unknown command as well: strangers are not even told that it is none."""
    return WRITERS if command is None else command.who


def _is_admitted(invocation: Invocation, command: Command | None) -> bool:
    return _audience(command).admits(invocation.forge.get_permission(invocation.job.author))


@contextmanager
def _answering(invocation: Invocation, reference: str) -> Iterator[None]:
    try:
        yield
    except (ForgeUnavailable, ForgeConflict, OutcomeUnreadable):
        # May pass: the queue tries again, or gives up.
        raise
    except ForgeError as error:
        attempt_to_tell(error, partial(invocation.decline, answers.command_refused(str(error))))
        raise
    except Exception as error:
        # The sentences of other errors may be about the operator's machines.
        attempt_to_tell(error, partial(invocation.decline, answers.command_failed(reference)))
        raise

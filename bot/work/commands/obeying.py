"""Orders of people, obeyed in turn and answered in one comment.

What can be ordered is in ``bot.work.commands.table``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import NoneType

from bot.events.jobs import CommandJob
from bot.ports.forge import AppIdentity, Forge, ForgeConflict, ForgeError, ForgeUnavailable, Reaction
from bot.ports.steps import NotRecorded, OutcomeUnreadable, StepRunner
from bot.report import answers
from bot.report import commands as words
from bot.work.commands.answering import Answerer
from bot.work.commands.command import Command, Invocation, Place, Reply
from bot.work.commands.table import BOXES, COMMANDS
from bot.work.commands.weighing import Hearing, Verdict, Weighed, list_here, weigh
from bot.work.job import JobDone, JobPorts
from bot.work.telling import attempt_to_tell

_NOTHING = JobDone(note="nothing of this App's")


def receive_command(ports: JobPorts, job: CommandJob) -> JobDone | None:
    """What can be said of orders at once: that they are none, or not this person's to give. None: there is something to
    obey (``command_job``), and it was acknowledged."""
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    hearing, answerer = weigh(forge, identity, job, _rows(job)), Answerer.make(ports, job)
    if hearing.place is None:
        return _NOTHING
    if job.comment is None:
        # Its tick is taken away, where no run writes the same text.
        return None
    if hearing.is_heard:
        answerer.react(Reaction.EYES)
        return None
    replies = [_refuse(one) for one in hearing.orders]
    _answer(answerer, hearing, replies)
    return _sum_up(replies)


def command_job(ports: JobPorts, job: CommandJob, steps: StepRunner, reference: str) -> JobDone:
    """Obey what may be ordered, answer with a reaction, and with a sentence where there is something to say.

    An error that trying again would not mend is answered, ends the job, and passes through.
    """
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    hearing = steps.run("weigh", Hearing, lambda: weigh(forge, identity, job, _rows(job)))
    if hearing.place is None:
        return _NOTHING
    answerer = Answerer.make(ports, job)
    if hearing.is_heard:
        steps.run("acknowledge", NoneType, partial(answerer.react, Reaction.EYES))
    court = _Court(ports=ports, forge=forge, identity=identity, job=job, place=hearing.place)
    replies: list[Reply] = []
    for one in hearing.orders:
        try:
            replies.append(court.judge(one, steps))
        except (ForgeUnavailable, ForgeConflict, OutcomeUnreadable, NotRecorded):
            # May pass: the queue tries again, or gives up.
            raise
        except Exception as error:
            rest = len(hearing.orders) - len(replies) - 1
            told = [*replies, _failed(error, reference), *[_NOT_BEGUN] * rest]
            attempt_to_tell(error, partial(_answer, answerer, hearing, told))
            raise
    steps.run("answer", NoneType, partial(_answer, answerer, hearing, replies))
    return _sum_up(replies)


def give_up_command(ports: JobPorts, job: CommandJob, reason: str) -> None:
    """Answer orders that were tried for the last time, wherever they may have failed."""
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    hearing = weigh(forge, identity, job, _rows(job))
    if hearing.is_heard:
        given_up = Reply(note="given up", text=answers.command_given_up(reason), is_done=False)
        replies = [given_up if one.verdict is Verdict.OBEY else _refuse(one) for one in hearing.orders]
        _answer(Answerer.make(ports, job), hearing, replies)


def _rows(job: CommandJob) -> tuple[Command, ...]:
    return COMMANDS if job.comment is not None else BOXES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Court:
    """Where the orders of one job are obeyed."""

    ports: JobPorts
    forge: Forge
    identity: AppIdentity
    job: CommandJob
    place: Place

    def judge(self, one: Weighed, steps: StepRunner) -> Reply:
        if one.verdict is not Verdict.OBEY:
            return _refuse(one)
        row = next(row for row in _rows(self.job) if row.name == one.order.word)
        invocation = Invocation(
            ports=self.ports,
            forge=self.forge,
            identity=self.identity,
            place=self.place,
            number=self.job.number,
            by=self.job.people[-1],
            argument=one.order.argument,
        )
        return row.run(invocation, steps)


_NOT_BEGUN = Reply(note="not begun", text=words.NOT_BEGUN, is_done=False)


def _failed(error: Exception, reference: str) -> Reply:
    # The sentences of other errors may be about the operator's machines.
    told = answers.command_refused(str(error)) if isinstance(error, ForgeError) else answers.command_failed(reference)
    return Reply(note="failed", text=told, is_done=False)


def _refuse(one: Weighed) -> Reply:
    return Reply(note=one.verdict.value, text=one.text or None, is_done=one.verdict is Verdict.SETTLED)


def _answer(answerer: Answerer, hearing: Hearing, replies: Sequence[Reply]) -> None:
    """In one comment; who may order nothing here is told so once, whatever he writes."""
    assert hearing.place is not None, "what is nobody's business is not answered"
    if hearing.is_of_strangers:
        answerer.say_once(words.no_permission(hearing.orders[0].who), words.NO_PERMISSION_MARK)
    else:
        told = [
            words.Told(order=one.order, text=reply.text) for one, reply in zip(hearing.orders, replies, strict=True)
        ]
        is_puzzled = any(one.verdict is Verdict.UNKNOWN for one in hearing.orders)
        answerer.answer(told, words.tell_commands(list_here(COMMANDS, hearing.place)) if is_puzzled else None)
        answerer.react(Reaction.THUMBS_UP if all(one.is_done for one in replies) else Reaction.CONFUSED)
    answerer.clear_boxes(hearing.place)


def _sum_up(replies: Sequence[Reply]) -> JobDone:
    return JobDone(
        note=", ".join(one.note for one in replies),
        config=next((one.config for one in reversed(replies) if one.config is not None), None),
        published=tuple(published for one in replies for published in one.published),
        follow=tuple(dict.fromkeys(job for one in replies for job in one.follow)),
    )

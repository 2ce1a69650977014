"""``/lockbot relock``: make the lock of a pull request again, anybody's, and commit it to its branch."""

from __future__ import annotations

from functools import partial
from types import NoneType

from bot.ports.forge import Reaction
from bot.ports.judging import Relocked
from bot.ports.run import Sha
from bot.ports.steps import StepRunner
from bot.report import relocking as words
from bot.work.commands.invocation import Invocation
from bot.work.heads.relocking import PushResult, RelockDone, Relocking, at_head
from bot.work.job import JobDone
from bot.work.publishing.target import is_own


def relock(invocation: Invocation, steps: StepRunner) -> JobDone:
    forge, number = invocation.forge, invocation.job.number
    pull_request = forge.get_pull_request(number)
    if is_own(invocation.identity, pull_request):
        steps.run("answer", NoneType, partial(invocation.decline, words.relock_own()))
        return JobDone(note="the App's own pull request")
    # The head that was solved is recorded: an attempt after a crash goes on with that one.
    head = Sha(steps.run("look", str, lambda: pull_request.head))
    relocking = Relocking(
        ports=invocation.ports, forge=forge, identity=invocation.identity, pull_request=at_head(pull_request, head)
    )
    made = steps.run("relock", Relocked, relocking.make)
    done = steps.run("push", RelockDone, lambda: relocking.push(made))
    steps.run("answer", NoneType, lambda: _answer(invocation, made, done))
    return JobDone(note=f"pull request {number}: {done.result}")


def _answer(invocation: Invocation, made: Relocked, done: RelockDone) -> None:
    match done.result:
        case PushResult.MOVED:
            invocation.decline(words.moved_meanwhile())
        case PushResult.NOTHING if made.problems:
            invocation.decline(words.could_not_relock(made.problems))
        case PushResult.NOTHING:
            invocation.answer(words.nothing_to_relock())
            invocation.react(Reaction.THUMBS_UP)
        case PushResult.SHOWN:
            invocation.answer(words.relock_by_hand(made, done.why))
            invocation.react(Reaction.THUMBS_UP)
        case PushResult.PUSHED:
            invocation.answer(words.relocked(made, done.commit or Sha("")))
            invocation.react(Reaction.THUMBS_UP)

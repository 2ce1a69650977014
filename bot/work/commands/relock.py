"""``/lockbot relock``: make the lock of a pull request again, anybody's, and commit it to its branch."""

from __future__ import annotations

from bot.ports.judging import Relocked
from bot.ports.run import Sha
from bot.ports.steps import StepRunner
from bot.report import relocking as words
from bot.work.commands.command import Invocation, Place, Reply
from bot.work.heads.relocking import PushResult, RelockDone, Relocking, at_head


def relock(invocation: Invocation, steps: StepRunner) -> Reply:
    if invocation.place is not Place.OTHER:
        return Reply(note="the App's own pull request", text=words.relock_own(), is_done=False)
    pull_request = invocation.forge.get_pull_request(invocation.number)
    # The head that is solved is recorded: an attempt after a crash goes on with that one.
    head = Sha(steps.run("look at the head", str, lambda: pull_request.head))
    relocking = Relocking(
        ports=invocation.ports,
        forge=invocation.forge,
        identity=invocation.identity,
        pull_request=at_head(pull_request, head),
    )
    made = steps.run("relock", Relocked, relocking.make)
    done = steps.run("push", RelockDone, lambda: relocking.push(made))
    text, is_done = _tell(made, done)
    return Reply(note=f"pull request {invocation.number}: {done.result}", text=text, is_done=is_done)


def _tell(made: Relocked, done: RelockDone) -> tuple[str, bool]:
    match done.result:
        case PushResult.MOVED:
            return words.moved_meanwhile(), False
        case PushResult.NOTHING if made.problems:
            return words.could_not_relock(made.problems), False
        case PushResult.NOTHING:
            return words.nothing_to_relock(), True
        case PushResult.SHOWN:
            return words.relock_by_hand(made, done.why), True
        case PushResult.PUSHED:
            return words.relocked(made, done.commit or Sha("")), True

"""``/lockbot rebase``: solve again, and rebuild a pull request's branch on the current base."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from bot.ports.run import BranchName
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.report import commands as words
from bot.work.commands.command import Invocation, Reply
from bot.work.commands.ground import Base, Ground, find_all_open, find_base, find_meant, go_there, solve_base, survey
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.publish import rebuild_proposal
from bot.work.publishing.retire import is_done, retire


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """``published`` None: it could not be solved again, so that the branch stays as it is."""

    published: Published | None


def rebase(invocation: Invocation, steps: StepRunner) -> Reply:
    number = find_meant(invocation, steps)
    if number is None:
        return Reply(note="no such branch", text=words.no_pull_request(invocation.argument), is_done=False)
    ground = survey(invocation, steps, number=number)
    if isinstance(ground, Reply):
        return ground
    return _sum_up(ground, steps.run("rebase", Rebuilt, lambda: _rebuild(ground, number)))


def rebase_all(invocation: Invocation, steps: StepRunner) -> Reply:
    """Every open pull request of lockbot's; only what is amiss is said."""
    numbers = find_all_open(invocation, steps)
    default = go_there(invocation, steps)
    if isinstance(default, Reply):
        return default
    bases = {
        one: steps.run(f"find base of {one}", Base, partial(find_base, invocation, default, one)) for one in numbers
    }
    grounds = {one: solve_base(invocation, steps, default, one) for one in dict.fromkeys(bases.values())}
    replies = [
        _sum_up(grounds[base], steps.run(f"rebase {one}", Rebuilt, partial(_rebuild, grounds[base], one)))
        for one, base in bases.items()
    ]
    amiss = dict.fromkeys(one.text for one in replies if not one.is_done and one.text)
    return Reply(
        note=", ".join(one.note for one in replies) or "nothing is open",
        text="\n\n".join(amiss) or None,
        is_done=not amiss,
        config=next((one.solved.report.config for one in grounds.values()), None),
        published=tuple(published for one in replies for published in one.published),
    )


def _rebuild(ground: Ground, number: int) -> Rebuilt:
    target, report = ground.target, ground.solved.report
    pull_request = target.forge.get_pull_request(number)
    branch, base = pull_request.head_branch, pull_request.base_branch
    if not target.owns(pull_request):
        return Rebuilt(published=Published(branch=branch, outcome=Outcome.SHARED, number=number, reason=base))
    proposal = ground.find_proposal(branch)
    if proposal is not None:
        return Rebuilt(published=rebuild_proposal(target, proposal, pull_request))
    if not is_done(target, report, pull_request):
        return Rebuilt(published=None)
    return Rebuilt(published=retire(target, pull_request, report))


def _sum_up(ground: Ground, rebuilt: Rebuilt) -> Reply:
    config, published = ground.solved.report.config, rebuilt.published
    if published is None:
        problems = ground.solved.broken or ground.solved.report.problems
        return Reply(note="could not be solved", text=answers.can_not(problems), is_done=False, config=config)
    note = f"{published.branch} {published.outcome}"
    reply = Reply(note=note, config=config, published=(published,))
    return _tell(reply, published, ground.target.base_branch)


def _tell(reply: Reply, published: Published, base: BranchName) -> Reply:
    match published.outcome:
        case Outcome.SHARED:
            text = answers.in_use(published.number or 0, BranchName(published.reason))
            return Reply(note=reply.note, text=text, is_done=False, config=reply.config, published=reply.published)
        case Outcome.UNCHANGED:
            text = answers.up_to_date(base)
            return Reply(note=reply.note, text=text, config=reply.config, published=reply.published)
        case _:
            return reply

"""``/lockbot explain``: what ``lockbot why`` prints on the command line."""

from __future__ import annotations

from bot.plan.worlds.holdings import normal_name
from bot.ports.run import RunReport
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.report import commands as words
from bot.work.commands.command import Invocation, Place, Reply
from bot.work.commands.ground import Ground, go_there, survey
from bot.work.publishing.target import Target
from bot.work.solving import explain as explain_repository

#: Each may cost the solver some questions.
_MOST = 20
#: Of a comment, so that there is room for answers to other orders.
_ROOM = 50_000


def explain(invocation: Invocation, steps: StepRunner) -> Reply:
    """One package is looked up as it is locked; for what moves and what is held back all is solved first."""
    if invocation.argument:
        target = go_there(invocation, steps)
        names = (normal_name(invocation.argument),)
        return target if isinstance(target, Reply) else _explain(invocation, steps, target, names)
    ground = survey(invocation, steps, number=invocation.number if invocation.place is Place.OPEN else None)
    if isinstance(ground, Reply):
        return ground
    return _explain(invocation, steps, ground.target, _find_names(invocation, ground))


def _explain(invocation: Invocation, steps: StepRunner, target: Target, names: tuple[str, ...]) -> Reply:
    if not names:
        return Reply(note="nothing to explain", text=words.NOTHING_TO_EXPLAIN)
    told = steps.run("explain", RunReport, lambda: explain_repository(invocation.ports, target, names))
    if told.config.problems:
        return Reply(note="not explained", text=answers.can_not(told.config.problems), is_done=False)
    return Reply(note=f"{len(names)} explained", text=words.explained(told.explained, _ROOM))


def _find_names(invocation: Invocation, ground: Ground) -> tuple[str, ...]:
    """What the pull request moves and holds back, on the dashboard all that is held back."""
    report = ground.solved.report
    held = [one.package for one in report.held_back]
    if invocation.place is not Place.OPEN:
        return tuple(dict.fromkeys(held))[:_MOST]
    branch = invocation.forge.get_pull_request(invocation.number).head_branch
    proposal = ground.find_proposal(branch)
    moved = [one.package for one in proposal.updates] if proposal is not None else []
    is_group = proposal is not None and proposal.single is None
    return tuple(dict.fromkeys((*moved, *(held if is_group else ()))))[:_MOST]

"""``/lockbot rebase``: solve again, and rebuild the pull request's branch on the current base."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import NoneType

from bot.events import Scope
from bot.ports.forge import PullRequest, Reaction
from bot.ports.run import BranchName, Proposal, RunReport
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.work.commands.invocation import Invocation
from bot.work.job import JobDone
from bot.work.publishing.publish import Outcome, Published, rebuild_proposal
from bot.work.publishing.retire import is_done, retire
from bot.work.publishing.target import Target
from bot.work.solving import Look, SolvedRepository, look, solve


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """``published`` None: it could not be solved again, so that the branch stays as it is."""

    published: Published | None


def rebase(invocation: Invocation, steps: StepRunner) -> JobDone:
    ports, forge = invocation.ports, invocation.forge
    found = steps.run("look", Look, lambda: look(ports, forge))
    if found.base is None:
        steps.run("answer", NoneType, partial(invocation.decline, answers.command_refused(found.why)))
        return JobDone(note=found.why)
    target = Target(
        forge=forge,
        identity=invocation.identity,
        base=found.base,
        base_branch=found.base_branch,
        is_public=found.is_public,
    )
    solved = steps.run("solve", SolvedRepository, lambda: solve(ports, target, Scope.OPEN))
    published = steps.run("rebase", Rebuilt, lambda: _rebuild(target, invocation.job.number, solved)).published
    if published is None:
        problems = solved.broken or solved.report.problems
        steps.run("answer", NoneType, partial(invocation.decline, answers.can_not(problems)))
        return JobDone(note="could not be solved", config=solved.report.config)
    steps.run("answer", NoneType, lambda: _answer(invocation, target, published))
    note = f"{published.branch} {published.outcome}"
    return JobDone(note=note, config=solved.report.config, published=(published,))


def _rebuild(target: Target, number: int, solved: SolvedRepository) -> Rebuilt:
    pull_request = target.forge.get_pull_request(number)
    branch, base = pull_request.head_branch, pull_request.base_branch
    if not target.owns(pull_request):
        return Rebuilt(published=Published(branch=branch, outcome=Outcome.SHARED, number=number, reason=base))
    proposal = _find_proposal(solved.report, pull_request)
    if proposal is not None:
        return Rebuilt(published=rebuild_proposal(target, proposal, pull_request))
    if not is_done(target, solved.report, pull_request):
        return Rebuilt(published=None)
    return Rebuilt(published=retire(target, pull_request, solved.report))


def _find_proposal(report: RunReport, pull_request: PullRequest) -> Proposal | None:
    return next((one for one in report.proposals if one.branch == pull_request.head_branch), None)


def _answer(invocation: Invocation, target: Target, published: Published) -> None:
    if published.outcome is Outcome.SHARED:
        invocation.decline(answers.in_use(published.number or 0, BranchName(published.reason)))
        return
    if published.outcome is Outcome.UNCHANGED:
        invocation.answer(answers.up_to_date(target.base_branch))
    invocation.react(Reaction.THUMBS_UP)

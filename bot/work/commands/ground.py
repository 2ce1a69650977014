"""What most commands begin with: the pull request that is meant, and the repository as it is now, solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.events import Scope
from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import BranchName, Proposal
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.work.commands.command import Invocation, Place, Reply
from bot.work.publishing.target import Target, is_own
from bot.work.solving import Look, Opening, SolvedRepository, look, solve


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """``target`` is where to work, ``solved`` what could move there."""

    target: Target
    solved: SolvedRepository

    def find_proposal(self, branch: BranchName) -> Proposal | None:
        return next((one for one in self.solved.report.proposals if one.branch == branch), None)


def survey(invocation: Invocation, steps: StepRunner, reopening: Sequence[BranchName] | None = ()) -> Ground | Reply:
    """A reply where there is nothing to work on. ``reopening``: branches whose proposals are to be opened now; None: all."""
    target = go_there(invocation, steps)
    if isinstance(target, Reply):
        return target
    opening = Opening(is_free=True) if reopening is None else Opening(reopening=frozenset(reopening))
    solved = steps.run("solve", SolvedRepository, lambda: solve(invocation.ports, target, Scope.OPEN, opening))
    return Ground(target=target, solved=solved)


def go_there(invocation: Invocation, steps: StepRunner) -> Target | Reply:
    """The base branch as it is now."""
    ports, forge = invocation.ports, invocation.forge
    found = steps.run("look", Look, lambda: look(ports, forge))
    if found.base is None:
        return Reply(note=found.why, text=answers.command_refused(found.why), is_done=False)
    return Target(forge=forge, identity=invocation.identity, base=found.base, base_branch=found.base_branch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The pull requests that an order is about, newest first."""

    numbers: tuple[int, ...] = ()


def find_meant(
    invocation: Invocation, steps: StepRunner, state: PullRequestState = PullRequestState.OPEN
) -> int | None:
    """The pull request that the order was given on, or on the dashboard the last one of the branch that was named."""
    if invocation.place is not Place.DASHBOARD:
        return invocation.number
    branch = BranchName(invocation.argument)
    meant = steps.run("find", Meant, lambda: Meant(numbers=_list_own(invocation, state, branch)[:1]))
    return next(iter(meant.numbers), None)


def find_all_open(invocation: Invocation, steps: StepRunner) -> tuple[int, ...]:
    return steps.run("find", Meant, lambda: Meant(numbers=_list_own(invocation, PullRequestState.OPEN, None))).numbers


def _list_own(invocation: Invocation, state: PullRequestState, branch: BranchName | None) -> tuple[int, ...]:
    found = invocation.forge.list_pull_requests(state, head=branch)
    return tuple(one.number for one in found if _is_meant(invocation, one))


def _is_meant(invocation: Invocation, pull_request: PullRequest) -> bool:
    return is_own(invocation.identity, pull_request) and pull_request.state is not PullRequestState.MERGED

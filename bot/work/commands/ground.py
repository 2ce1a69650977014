"""What most commands begin with: the pull request that is meant, and the repository as it is now, solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot.events.jobs import Scope
from bot.ports.forge import PullRequest, PullRequestState
from bot.ports.run import BranchName, ConfigState, Proposal, RunReport, Sha
from bot.ports.steps import StepRunner
from bot.repoconfig.load import CONFIG_PATHS
from bot.report import answers
from bot.report.pulls.branch import ONBOARDING_BRANCH
from bot.work.account import AccountPresets
from bot.work.commands.command import Invocation, Place, Reply
from bot.work.looking import Look, look
from bot.work.onboarding import propose_configuration
from bot.work.publishing.bases import read_bases
from bot.work.publishing.target import Target, is_own
from bot.work.solving import Opening, SolvedRepository, solve, solve_other


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """``target`` is where to work, ``solved`` what could move there."""

    target: Target
    solved: SolvedRepository

    def find_proposal(self, branch: BranchName) -> Proposal | None:
        if self.solved.report.suggestion is not None:
            # Before there is a configuration nothing else is proposed.
            return propose_configuration(self.solved.report) if branch == ONBOARDING_BRANCH else None
        return next((one for one in self.solved.report.proposals if one.branch == branch), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A branch that updates are proposed for beside the default one; ``path`` is where the configuration stands there.

    ``head`` None: the branch is the default one, or nothing is proposed for it. ``asks``: it is about the pull request that
    brings the first configuration.
    """

    branch: BranchName
    head: Sha | None = None
    path: str | None = None
    asks: bool = False


def survey(
    invocation: Invocation,
    steps: StepRunner,
    reopening: Sequence[BranchName] | None = (),
    *,
    number: int | None = None,
) -> Ground | Reply:
    """The default branch, or (``number``) the one that a pull request is for; a reply where there is nothing to work on.

    ``reopening``: branches whose proposals are to be opened now; None: all.
    """
    default = go_there(invocation, steps)
    if isinstance(default, Reply):
        return default
    if number is None:
        return solve_base(invocation, steps, default, Base(branch=default.base_branch), reopening)
    base = steps.run(f"find base of {number}", Base, lambda: find_base(invocation, default, number))
    return solve_base(invocation, steps, default, base, reopening)


def go_there(invocation: Invocation, steps: StepRunner) -> Target | Reply:
    """The default branch as it is now."""
    ports, forge = invocation.ports, invocation.forge
    found = steps.run("look", Look, lambda: look(ports, forge))
    if found.base is None:
        return Reply(note=found.why, text=answers.command_refused(found.why), is_done=False)
    return Target(
        forge=forge,
        identity=invocation.identity,
        base=found.base,
        base_branch=found.base_branch,
        is_public=found.is_public,
    )


def find_base(invocation: Invocation, default: Target, number: int) -> Base:
    pull_request = invocation.forge.get_pull_request(number)
    branch = pull_request.base_branch
    others = () if branch == default.base_branch else list_other_bases(invocation, default)
    asks = pull_request.head_branch == ONBOARDING_BRANCH
    return next((one for one in others if one.branch == branch), Base(branch=branch, asks=asks))


def list_other_bases(invocation: Invocation, default: Target) -> tuple[Base, ...]:
    """Beside the default branch, by its configuration; none where that is broken."""
    ports, forge = invocation.ports, invocation.forge
    presets = AccountPresets(app=ports.app, ref=forge.ref, memory=ports.memory, now=ports.clock.now())
    kept = read_bases(forge, default.base_branch, default.base, presets) or frozenset()
    named = sorted(kept - {default.base_branch})
    if not named:
        return ()
    path = next((one for one in CONFIG_PATHS if forge.find_file(one, default.base) is not None), None)
    return tuple(Base(branch=one, head=forge.find_branch(one), path=path) for one in named)


def solve_base(
    invocation: Invocation,
    steps: StepRunner,
    default: Target,
    base: Base,
    reopening: Sequence[BranchName] | None = (),
) -> Ground:
    """By the configuration of the default branch; where ``base`` has no head that one itself."""
    ports = invocation.ports
    opening = Opening(is_free=True) if reopening is None else Opening(reopening=frozenset(reopening))
    if base.head is None:
        solving = partial(solve, ports, default, Scope.OPEN, opening, suggest=base.asks)
        solved = steps.run("solve", SolvedRepository, solving)
        return Ground(target=default, solved=solved)
    target = replace(default, base=base.head, base_branch=base.branch)
    report = RunReport(base=default.base, base_branch=default.base_branch, config=ConfigState(path=base.path))
    first = SolvedRepository(report=report, scope=Scope.OPEN)
    solving = partial(solve_other, ports, default, target, first, Scope.OPEN, opening)
    return Ground(target=target, solved=steps.run(f"solve on {base.branch}", SolvedRepository, solving))


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

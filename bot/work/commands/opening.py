"""Opening what waits, whatever limit, schedule or approval says, and what people closed: boxes of the dashboard, and
``/lockbot recreate`` on a closed pull request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from bot.events.jobs import RunJob, Scope
from bot.ports.forge import ForgeForbidden, ForgeRejected, PullRequestState
from bot.ports.run import BranchName
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.report import commands as words
from bot.work.commands.command import Invocation, Place, Reply
from bot.work.commands.ground import Base, Ground, find_meant, go_there, list_other_bases, solve_base, survey
from bot.work.commands.remembering import remember
from bot.work.dashboard.state import forget_opened, want_opened
from bot.work.publishing.closed import want_again
from bot.work.publishing.occasion import Wishes, find_occasion
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.publish import publish_proposal

_THERE = frozenset((Outcome.OPENED, Outcome.REFRESHED, Outcome.UNCHANGED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """``published`` None: nothing is proposed for the branch."""

    published: Published | None

    @property
    def is_there(self) -> bool:
        return self.published is not None and self.published.outcome in _THERE


def open_branch(invocation: Invocation, steps: StepRunner) -> Reply:
    """Of another base branch only if the default one has nothing of that name."""
    branch = BranchName(invocation.argument)
    remember(invocation, steps, "want", partial(want_opened, branches=(branch,)))
    default = go_there(invocation, steps)
    if isinstance(default, Reply):
        return default
    ground = solve_base(invocation, steps, default, Base(branch=default.base_branch), (branch,))
    if ground.find_proposal(branch) is None:
        for base in steps.run("list bases", tuple[Base, ...], lambda: list_other_bases(invocation, default)):
            other = solve_base(invocation, steps, default, base, (branch,))
            ground = other if other.find_proposal(branch) is not None else ground
    return _open(invocation, steps, {branch: ground})


def open_all(invocation: Invocation, steps: StepRunner) -> Reply:
    default = go_there(invocation, steps)
    if isinstance(default, Reply):
        return default
    others = steps.run("list bases", tuple[Base, ...], lambda: list_other_bases(invocation, default))
    bases = (Base(branch=default.base_branch), *others)
    grounds = [solve_base(invocation, steps, default, one, None) for one in bases]
    return _open(
        invocation, steps, {one.branch: ground for ground in grounds for one in ground.solved.report.proposals}
    )


def recreate(invocation: Invocation, steps: StepRunner) -> Reply:
    """That it was closed is forgotten, so that what it held is proposed as if nobody had closed it."""
    number = find_meant(invocation, steps, PullRequestState.CLOSED)
    if number is None:
        return Reply(note="no such branch", text=words.no_closed_pull_request(invocation.argument), is_done=False)
    asked = steps.run("ask again", AskedAgain, lambda: _ask_again(invocation, number))
    if asked.branch is None:
        return Reply(note="merged", text=words.MERGED, is_done=False)
    remember(invocation, steps, "want", partial(want_opened, branches=(asked.branch,)))
    ground = survey(invocation, steps, (asked.branch,), number=number)
    return ground if isinstance(ground, Reply) else _open(invocation, steps, {asked.branch: ground})


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAgain:
    """``branch`` None: it was merged."""

    branch: BranchName | None


def _ask_again(invocation: Invocation, number: int) -> AskedAgain:
    pull_request = invocation.forge.get_pull_request(number)
    if pull_request.state is PullRequestState.MERGED:
        return AskedAgain(branch=None)
    want_again(invocation.forge, invocation.identity, pull_request)
    return AskedAgain(branch=pull_request.head_branch)


def _open(invocation: Invocation, steps: StepRunner, wanted: Mapping[BranchName, Ground]) -> Reply:
    """What people want is remembered before it is solved: what can't be solved now is opened at a later run."""
    branches = frozenset(wanted)
    tried = {
        one: steps.run(f"open {one}", Tried, partial(_try, ground, one, branches)) for one, ground in wanted.items()
    }
    there = [one for one, what in tried.items() if what.is_there]
    remember(invocation, steps, "forget", partial(forget_opened, branches=there))
    return _sum_up(invocation, wanted, tried)


def _try(ground: Ground, branch: BranchName, wanted: frozenset[BranchName]) -> Tried:
    """A branch or pull request that the repository's rules forbid does not hold up the others."""
    proposal = ground.find_proposal(branch)
    if proposal is None:
        return Tried(published=None)
    # As at its turn: a group comes again with what goes beyond that which was closed.
    report, wishes = ground.solved.report, Wishes(opened=wanted)
    pulls = ground.target.forge.list_pull_requests(PullRequestState.OPEN)
    occasion = find_occasion(ground.target, Scope.TURN, report, ground.solved.closed, pulls, wishes)
    try:
        return Tried(published=publish_proposal(ground.target, proposal, occasion))
    except (ForgeForbidden, ForgeRejected) as error:
        return Tried(published=Published(branch=branch, outcome=Outcome.REFUSED, reason=str(error)))


def _sum_up(invocation: Invocation, wanted: Mapping[BranchName, Ground], tried: Mapping[BranchName, Tried]) -> Reply:
    published = tuple(one.published for one in tried.values() if one.published is not None)
    told = (_tell(invocation, wanted[branch], branch, one) for branch, one in tried.items())
    said = [text for text in told if text is not None]
    return Reply(
        note=", ".join(f"{one.branch} {one.outcome}" for one in published) or "nothing to open",
        text="\n\n".join(said) or None,
        is_done=all(one.is_there for one in tried.values()),
        config=next((one.solved.report.config for one in wanted.values()), None),
        published=published,
        # The dashboard is written by a run.
        follow=(RunJob(repository=invocation.forge.ref, scope=Scope.OPEN),),
    )


def _tell(invocation: Invocation, ground: Ground, branch: BranchName, tried: Tried) -> str | None:
    if tried.published is None:
        problems = ground.solved.broken or ground.solved.report.problems
        return answers.can_not(problems) if problems else words.nothing_proposed(branch)
    if not tried.is_there:
        return words.not_opened(branch, tried.published.outcome.value, tried.published.reason)
    number = tried.published.number
    is_elsewhere = invocation.place is Place.CLOSED and number is not None and number != invocation.number
    return words.here_again(number) if is_elsewhere and number is not None else None

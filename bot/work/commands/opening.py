"""Opening what waits, whatever limit, schedule or approval says, and what people closed: boxes of the dashboard, and
``/lockbot recreate`` on a closed pull request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from bot.events import RunJob, Scope
from bot.ports.forge import ForgeForbidden, ForgeRejected, PullRequestState
from bot.ports.run import BranchName
from bot.ports.steps import StepRunner
from bot.report import answers
from bot.report import commands as words
from bot.work.commands.command import Invocation, Place, Reply
from bot.work.commands.ground import Ground, find_meant, survey
from bot.work.commands.remembering import remember
from bot.work.dashboard.state import forget_opened, want_opened
from bot.work.publishing.closed import want_again
from bot.work.publishing.publish import Outcome, Published, Wishes, find_occasion, publish_proposal

_THERE = frozenset((Outcome.OPENED, Outcome.REFRESHED, Outcome.UNCHANGED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """``published`` None: nothing is proposed for the branch."""

    published: Published | None

    @property
    def is_there(self) -> bool:
        return self.published is not None and self.published.outcome in _THERE


def open_branch(invocation: Invocation, steps: StepRunner) -> Reply:
    return _open(invocation, steps, (BranchName(invocation.argument),))


def open_all(invocation: Invocation, steps: StepRunner) -> Reply:
    return _open(invocation, steps, None)


def recreate(invocation: Invocation, steps: StepRunner) -> Reply:
    """That it was closed is forgotten, so that what it held is proposed as if nobody had closed it."""
    number = find_meant(invocation, steps, PullRequestState.CLOSED)
    if number is None:
        return Reply(note="no such branch", text=words.no_closed_pull_request(invocation.argument), is_done=False)
    asked = steps.run("ask again", AskedAgain, lambda: _ask_again(invocation, number))
    if asked.branch is None:
        return Reply(note="merged", text=words.MERGED, is_done=False)
    return _open(invocation, steps, (asked.branch,))


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


def _open(invocation: Invocation, steps: StepRunner, branches: tuple[BranchName, ...] | None) -> Reply:
    """``branches`` None: all that is proposed. They are remembered first: what can't be solved now is opened at the next
    run."""
    if branches is not None:
        remember(invocation, steps, "want", partial(want_opened, branches=branches))
    ground = survey(invocation, steps, branches)
    if isinstance(ground, Reply):
        return ground
    wanted = branches or tuple(one.branch for one in ground.solved.report.proposals)
    tried = {one: steps.run(f"open {one}", Tried, partial(_try, ground, one, frozenset(wanted))) for one in wanted}
    there = [one for one, what in tried.items() if what.is_there]
    remember(invocation, steps, "forget", partial(forget_opened, branches=there))
    return _sum_up(invocation, ground, tried)


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


def _sum_up(invocation: Invocation, ground: Ground, tried: Mapping[BranchName, Tried]) -> Reply:
    published = tuple(one.published for one in tried.values() if one.published is not None)
    said = [text for branch, one in tried.items() if (text := _tell(invocation, ground, branch, one)) is not None]
    return Reply(
        note=", ".join(f"{one.branch} {one.outcome}" for one in published) or "nothing to open",
        text="\n\n".join(said) or None,
        is_done=all(one.is_there for one in tried.values()),
        config=ground.solved.report.config,
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

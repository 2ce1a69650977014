"""Branches without pull requests: who opens those is somebody else. What holds of pull requests holds of branches, as far as
it can: schedule, what people closed or turned off, whose a branch is; they count against no limit.

Without a pull request nothing remembers what lockbot put there. What tells is the head itself: made by lockbot, as the forge
knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bot.events.jobs import RunJob
from bot.ports.forge import ForgeForbidden, ForgeRejected, PullRequest, PullRequestState, PushOutcome
from bot.ports.run import BranchName, Proposal
from bot.ports.steps import StepRunner
from bot.work.dashboard.board import find_board
from bot.work.job import JobDone, JobPorts, find_home
from bot.work.looking import Look, look
from bot.work.onboarding import Standing
from bot.work.parts import Solving
from bot.work.publishing.merging import MergeWays
from bot.work.publishing.occasion import Occasion, Wishes, find_occasion
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.ownership import judge_branch
from bot.work.publishing.publish import find_wait
from bot.work.publishing.queueing import order_key
from bot.work.publishing.retire import delete_orphans
from bot.work.publishing.target import Target, is_own, make_update
from bot.work.run import Part, describe_published
from bot.work.runs import settle

_PUSHED = {
    PushOutcome.CREATED: Outcome.PUSHED,
    PushOutcome.UPDATED: Outcome.REFRESHED,
    PushOutcome.UNCHANGED: Outcome.UNCHANGED,
}


def push_job(ports: JobPorts, job: RunJob, steps: StepRunner, only: str | None = None) -> JobDone:
    """Solve a repository and bring its branches to what the solution says. ``only``: of a run that plans one thing; then
    nothing that is not proposed is taken for superfluous."""
    forge, identity = ports.app.open_repository(job.repository), ports.app.get_identity()
    found = steps.run("look", Look, lambda: look(ports, forge))
    settled = settle(found, job)
    if settled is not None:
        return settled
    assert found.base is not None, "a look without a base is settled"
    target = Target(
        forge=forge, identity=identity, base=found.base, base_branch=found.base_branch, is_public=found.is_public
    )
    board = find_board(find_home(ports, forge), has_issues=found.has_issues)
    run = _Pushing(
        ports=ports, job=job, steps=steps, target=target, ways=MergeWays(auto_merge=False, methods=()), board=board
    )
    # Pull requests for other bases are closed by runs that open some.
    parts = run.solve(replace(found, elsewhere=0), Standing.CONFIGURED)
    published = run.push(parts)
    deleted = () if only else run.tidy(parts)
    return JobDone(
        note=describe_published((*published, *deleted)),
        base=found.base,
        config=parts[0].solved.report.config,
        published=(*published, *deleted),
    )


class _Pushing(Solving):
    __slots__ = ()

    def push(self, parts: Sequence[Part]) -> tuple[Published, ...]:
        pulls = self.target.forge.list_pull_requests(PullRequestState.OPEN)
        wishes = Wishes(opened=frozenset(self.board.state.opened), paused=self.board.state.paused is not None)
        rows = []
        for part in parts:
            solved = part.solved
            occasion = find_occasion(part.target, solved.scope, solved.report, solved.closed, pulls, wishes)
            for one in sorted(solved.report.proposals, key=order_key):
                pushing = partial(_try_to_push, part.target, one, occasion)
                rows.append(self.steps.run(f"push {one.branch}{part.suffix}", Published, pushing))
        return tuple(rows)

    def tidy(self, parts: Sequence[Part]) -> tuple[Published, ...]:
        """Delete what nothing proposes any more, where all was read and solved."""
        config = parts[0].solved.report.config
        if not config.enabled or any(part.solved.report.problems or part.solved.broken for part in parts):
            return ()
        pulls = self.target.forge.list_pull_requests(PullRequestState.OPEN)
        proposed = (one.branch for part in parts for one in part.solved.report.proposals)
        bases = (part.target.base_branch for part in parts)
        kept = frozenset((*proposed, *bases, *(one.head_branch for one in pulls)))
        deleting = partial(delete_orphans, self.target, config.prefix, kept)
        gone = self.steps.run("delete orphans", tuple[BranchName, ...], deleting)
        return tuple(Published(branch=one, outcome=Outcome.RETIRED) for one in gone)


def _try_to_push(target: Target, proposal: Proposal, occasion: Occasion) -> Published:
    try:
        return _push(target, proposal, occasion)
    except (ForgeForbidden, ForgeRejected) as error:
        return Published(branch=proposal.branch, outcome=Outcome.REFUSED, reason=str(error))


def _push(target: Target, proposal: Proposal, occasion: Occasion) -> Published:
    branch = proposal.branch
    taken = _find_taken(target, branch, occasion.open)
    if taken is not None:
        return taken
    if occasion.wishes.paused:
        return Published(branch=branch, outcome=Outcome.PAUSED)
    before = occasion.closed.get(branch)
    known = judge_branch(target, branch, before.heads if before is not None else ())
    if known.mover is not None:
        known = judge_branch(target, branch, ())
    if known.mover is not None:
        return Published(branch=branch, outcome=Outcome.FOREIGN, reason=known.mover)
    waits = find_wait(proposal, before, occasion, has_room=True)
    if known.head is None and waits is not None:
        return Published(branch=branch, outcome=waits)
    pushed = target.forge.push_branch(make_update(target, proposal, known.head))
    return Published(branch=branch, outcome=_PUSHED[pushed.outcome], head=pushed.head)


def _find_taken(target: Target, branch: BranchName, pulls: Sequence[PullRequest]) -> Published | None:
    """A branch that moves behind the back of lockbot's own pull request would count as moved by others."""
    uses = [one for one in pulls if one.head_branch == branch and not one.from_fork]
    for one in uses:
        if one.base_branch != target.base_branch:
            return Published(branch=branch, outcome=Outcome.SHARED, number=one.number, reason=one.base_branch)
        if is_own(target.identity, one):
            return Published(branch=branch, outcome=Outcome.HAS_PULL, number=one.number)
    return None

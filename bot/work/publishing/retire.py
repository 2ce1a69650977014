"""Pull requests that nothing is left of are closed, and branches of closed ones deleted."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.ports.forge import ForgeConflict, ForgeRejected, PullRequest, PullRequestState
from bot.ports.run import BranchName, RunReport, Sha
from bot.report import answers
from bot.work.publishing.body_block import Block, find_block, replace_block
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.ownership import judge_branch
from bot.work.publishing.rebuilding import is_stopped
from bot.work.publishing.target import Target, is_own, is_vouched, say_in_place

#: So many are deleted in one run.
_MOST_ORPHANS = 20


def retire_others(
    target: Target,
    report: RunReport,
    pulls: Sequence[PullRequest],
    wanted: Collection[BranchName],
    bases: Collection[BranchName] = (),
) -> tuple[Published, ...]:
    """Close the App's pull requests that the run found nothing for, each judged by itself. ``bases``: the other branches that
    updates are proposed for; what was made for one of these was given this base by a person."""
    labels = report.config.labels
    own = [one for one in pulls if target.owns(one) and one.head_branch not in wanted]
    own = [one for one in own if not is_stopped(one, find_block(one.body), labels) and _made_for(one) not in bases]
    return tuple(retire(target, one, report) for one in own if is_done(target, report, one))


def is_done(target: Target, report: RunReport, pull_request: PullRequest) -> bool:
    """Whether it proves something that the run found nothing for it: every unit that it changes was read and solved, or
    is no longer there. Problems elsewhere have no part in it."""
    if report.config.problems:
        return False
    if not report.config.enabled:
        return True
    block = find_block(pull_request.body)
    if block is not None and block.security and report.unsure is not None:
        return False
    if block is None or not block.units:
        return not report.problems
    return all(one in report.solved or _is_gone(target, report, one) for one in block.units)


def _is_gone(target: Target, report: RunReport, unit: str) -> bool:
    """With a problem that may be about the unit its file is looked for; what was only left out of the run is gone too."""
    # What has no lock of its own is named by its file and what of it is meant: ``pyproject.toml [build-system]``.
    unit = unit.partition(" [")[0]
    folder = unit.rpartition("/")[0]
    near = any(one.path is None or _is_below(one.path, folder) for one in report.problems)
    return not near or target.forge.find_file(unit, target.base) is None


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def retire(target: Target, pull_request: PullRequest, report: RunReport, why: str | None = None) -> Published:
    """Close it, saying why, and delete its branch; where people have moved the branch, say so and leave it open.

    ``why`` None: nothing is left to do.
    """
    branch, number = pull_request.head_branch, pull_request.number
    block = find_block(pull_request.body)
    known = judge_branch(target, branch, block.heads if block else ())
    if known.mover is not None:
        if report.config.enabled:
            text = answers.left_alone_for_good(known.mover, target.base_branch)
            say_in_place(target, number, text, answers.BRANCH_MARK)
        return Published(branch=branch, outcome=Outcome.EDITED, number=number)
    _close(target, number, why or _word(target, report))
    if known.head is not None:
        _delete(target, branch, known.head)
    return Published(branch=branch, outcome=Outcome.RETIRED, number=number)


def _word(target: Target, report: RunReport) -> str:
    return answers.retired(target.base_branch) if report.config.enabled else answers.disabled()


def leave_other_bases(target: Target, kept: Collection[BranchName]) -> tuple[BranchName, ...]:
    """Close what was made for a branch that nothing is proposed for any more; the branches of it. ``kept``: those that
    something is. What a person gave another base stays."""
    pulls = target.forge.list_pull_requests(PullRequestState.OPEN)
    former = [one for one in pulls if is_own(target.identity, one) and _is_left_behind(one, kept)]
    for one in former:
        _close(target, one.number, answers.other_base(one.base_branch, target.base_branch, kept))
    return tuple(one.head_branch for one in former)


def _is_left_behind(pull_request: PullRequest, kept: Collection[BranchName]) -> bool:
    return _made_for(pull_request) == pull_request.base_branch and pull_request.base_branch not in kept


def _made_for(pull_request: PullRequest) -> BranchName:
    block = find_block(pull_request.body)
    return BranchName(block.base) if block and block.base else pull_request.base_branch


def _close(target: Target, number: int, reason: str) -> None:
    """Noted before it is closed: a pull request that lockbot closed must not count as one that a person did not want."""
    now = target.forge.get_pull_request(number)
    block = find_block(now.body) or Block(key="")
    body = replace_block(now.body, block.model_copy(update={"retired": True}), target.forge.limits.body)
    target.forge.edit_pull_request(number, body=body)
    say_in_place(target, number, reason, answers.RETIRED_MARK)
    target.forge.close_pull_request(number)


def delete_head(target: Target, pull_request: PullRequest) -> bool:
    """Delete the branch of a closed pull request, unless people have moved it: then it may hold what is nowhere else.

    What was merged lies on the base.
    """
    block = find_block(pull_request.body)
    known = judge_branch(target, pull_request.head_branch, block.heads if block else ())
    if known.mover is None:
        # It need not be where it was at the closing, if that happened while lockbot was moving it.
        return known.head is not None and _delete(target, pull_request.head_branch, known.head)
    is_merged = pull_request.state is PullRequestState.MERGED
    return is_merged and _delete(target, pull_request.head_branch, pull_request.head)


def delete_orphans(target: Target, prefix: str, kept: Collection[BranchName]) -> tuple[BranchName, ...]:
    """Delete lockbot's branches that never had a pull request: a run that was killed left them, and nothing proposes them any
    more. ``kept``: what is proposed, or used by an open pull request."""
    found = target.forge.list_branches(prefix).items()
    orphans = [(branch, head) for branch, head in found if branch not in kept and _is_orphan(target, branch, head)]
    return tuple(branch for branch, head in orphans[:_MOST_ORPHANS] if _delete(target, branch, head))


def _is_orphan(target: Target, branch: BranchName, head: Sha) -> bool:
    """Its head is a commit that the forge knows for the App's; what was closed is for those who closed it."""
    is_ours = is_vouched(target.identity, target.forge.get_commit(head))
    return is_ours and not target.forge.list_pull_requests(PullRequestState.CLOSED, head=branch)


def _delete(target: Target, branch: BranchName, head: Sha) -> bool:
    """A branch that moved since is somebody's: it stays."""
    try:
        target.forge.delete_branch(branch, expected=head)
    except (ForgeConflict, ForgeRejected):
        return False
    return True

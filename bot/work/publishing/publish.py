"""From a proposal to a branch and its pull request: opened, refreshed, or left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.events.jobs import Scope
from bot.plan.declined import comes_again
from bot.plan.policy import LOCK_MAINTENANCE
from bot.ports.forge import (
    ForgeConflict,
    ForgeRejected,
    NewPullRequest,
    PullRequest,
    PullRequestState,
    PushOutcome,
)
from bot.ports.handling import RebaseWhen
from bot.ports.run import BranchName, Declined, Proposal, Sha
from bot.report import answers
from bot.work.publishing.body_block import Block, describe, find_block, render_body
from bot.work.publishing.closed import ClosedBefore
from bot.work.publishing.introducing import introduce
from bot.work.publishing.occasion import Occasion
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.ownership import judge_branch
from bot.work.publishing.rebuilding import find_mode, is_current, is_stopped
from bot.work.publishing.target import Target, find_own, is_vouched, make_update, say_in_place
from bot.work.publishing.texts import NOTHING, State, announce, find_changes, word


def publish_proposal(target: Target, proposal: Proposal, occasion: Occasion, *, has_room: bool = True) -> Published:
    """Open or refresh the proposal's pull request, unless people do not want it or work on the branch.

    An open one whose content is the same, on a base that git can merge it into, keeps its commit, unless the configuration
    wants it on the newest one. ``has_room``: whether one more may be opened.
    """
    uses = [one for one in occasion.open if one.head_branch == proposal.branch and not one.from_fork]
    shared = _find_shared(target, proposal.branch, uses)
    pull_request = next((one for one in uses if target.owns(one)), None)
    if shared is not None:
        return shared
    block = find_block(pull_request.body) if pull_request is not None else None
    if occasion.wishes.paused or (pull_request is not None and is_stopped(pull_request, block, occasion.labels)):
        number = pull_request.number if pull_request is not None else None
        return Published(branch=proposal.branch, outcome=Outcome.PAUSED, number=number)
    if pull_request is None:
        return _propose(target, proposal, occasion, has_room)
    return _refresh(target, proposal, occasion, pull_request, block)


def _refresh(
    target: Target, proposal: Proposal, occasion: Occasion, pull_request: PullRequest, block: Block | None
) -> Published:
    mode = find_mode(proposal.handling, pull_request, occasion.labels)
    if block is not None and is_current(target, proposal, pull_request, block, occasion):
        state = State(head=pull_request.head, built_on=Sha(block.built_on), is_sure=False)
        return _describe_again(target, proposal, pull_request, state, Outcome.UNCHANGED)
    known = judge_branch(target, proposal.branch, block.heads if block else ())
    if known.mover is not None:
        say_in_place(target, pull_request.number, answers.left_alone(known.mover), answers.BRANCH_MARK)
        return Published(branch=proposal.branch, outcome=Outcome.EDITED, number=pull_request.number)
    if mode is RebaseWhen.NEVER:
        # What is there stays as a whole: the texts would speak of a branch that is not.
        return Published(branch=proposal.branch, outcome=Outcome.UNCHANGED, number=pull_request.number)
    return _rebuild(target, proposal, pull_request, known.head)


def describe_edited(target: Target, proposal: Proposal, pull_request: PullRequest) -> Published:
    """The texts alone: people have moved the branch, as they were asked to."""
    edited = Published(branch=proposal.branch, outcome=Outcome.EDITED, number=pull_request.number)
    block = find_block(pull_request.body)
    if block is None or not block.heads:
        return edited
    state = State(head=Sha(block.heads[-1]), built_on=Sha(block.built_on))
    return replace(_describe_again(target, proposal, pull_request, state, Outcome.EDITED), outcome=Outcome.EDITED)


def rebuild_proposal(target: Target, proposal: Proposal, pull_request: PullRequest) -> Published:
    """The same without asking: other people's commits on the branch are replaced, and that is said."""
    uses = target.forge.list_pull_requests(PullRequestState.OPEN, head=proposal.branch)
    shared = _find_shared(target, proposal.branch, uses)
    if shared is not None:
        return shared
    block = find_block(pull_request.body)
    known = judge_branch(target, proposal.branch, block.heads if block else ())
    done = _rebuild(target, proposal, pull_request, known.head)
    # Also where nobody's commits are there: it may be the second attempt, after one that ended here.
    text = answers.taken_back(known.mover)
    say_in_place(target, pull_request.number, text, answers.AWAY_MARK, only_again=True)
    return done


def _find_shared(target: Target, branch: BranchName, uses: Sequence[PullRequest]) -> Published | None:
    other = next((one for one in uses if one.base_branch != target.base_branch), None)
    if other is None:
        return None
    return Published(branch=branch, outcome=Outcome.SHARED, number=other.number, reason=other.base_branch)


# --- a new pull request ---------------------------------------------------------------------------


def _propose(target: Target, proposal: Proposal, occasion: Occasion, has_room: bool) -> Published:
    before = occasion.closed.get(proposal.branch)
    waits = find_wait(proposal, before, occasion, has_room)
    if before is None or waits is not None:
        number = before.last if before is not None and waits is Outcome.SNOOZED else None
        return Published(branch=proposal.branch, outcome=waits or Outcome.NOT_OPEN, number=number)
    known = judge_branch(target, proposal.branch, before.heads)
    if known.mover is not None and not _is_vouched(target, known.head):
        return Published(branch=proposal.branch, outcome=Outcome.FOREIGN, reason=known.mover)
    reopened = _reopen(target, before, known.head)
    if reopened is not None:
        return _rebuild(target, proposal, reopened, known.head, before.declined)
    pushed = target.forge.push_branch(make_update(target, proposal, known.head))
    try:
        return _open(target, proposal, pushed.head, before)
    except ForgeConflict:
        found = find_own(target, proposal.branch)
        if found is None:
            raise
        state = State(head=pushed.head, built_on=target.base, left_out=before.declined)
        return _describe_again(target, proposal, found, state, Outcome.REFRESHED)


def find_wait(proposal: Proposal, before: ClosedBefore | None, occasion: Occasion, has_room: bool) -> Outcome | None:
    """Why it is not to be opened now; None: it is. ``before``: what was closed; None: it is not its time."""
    is_asked_for = proposal.branch in occasion.wishes.opened
    if before is not None and not _is_wanted(proposal, before, occasion.scope):
        return Outcome.SNOOZED
    if proposal.handling.needs_approval and not is_asked_for:
        return Outcome.UNAPPROVED
    if before is None:
        return Outcome.NOT_OPEN
    return None if has_room or is_asked_for else Outcome.LIMITED


def _is_wanted(proposal: Proposal, before: ClosedBefore, scope: Scope) -> bool:
    at_turn = scope is Scope.TURN
    if proposal.group == LOCK_MAINTENANCE or not proposal.updates:
        return at_turn or not before.rests
    return not before.declined or comes_again(proposal, before.declined, at_turn=at_turn)


def _is_vouched(target: Target, head: Sha | None) -> bool:
    """A commit that no block knows yet: a run ended between the branch and its pull request."""
    return head is not None and is_vouched(target.identity, target.forge.get_commit(head))


def _reopen(target: Target, before: ClosedBefore, head: Sha | None) -> PullRequest | None:
    """The pull request that was closed last, while its branch is as it was then: afterwards a forge no longer lets it."""
    if before.last is None or head is None or head != before.head:
        return None
    try:
        target.forge.reopen_pull_request(before.last)
    except ForgeRejected:
        return None
    return target.forge.get_pull_request(before.last)


def _open(target: Target, proposal: Proposal, head: Sha, before: ClosedBefore) -> Published:
    block = describe(proposal).model_copy(
        update={
            "heads": (head,),
            "base": target.base_branch,
            "built_on": target.base,
            "title": proposal.title,
            "labels": None if proposal.labels else (),
            "asked": not proposal.handling.people.are_any,
            "left_out": before.declined,
            "follows": before.last,
        }
    )
    new = NewPullRequest(
        head=proposal.branch,
        base=target.base_branch,
        title=proposal.title,
        body=render_body(word(target, proposal, block), block, target.forge.limits.body),
        draft=proposal.draft,
    )
    opened = target.forge.open_pull_request(new)
    refused = introduce(target, proposal, opened)
    return Published(branch=proposal.branch, outcome=Outcome.OPENED, number=opened.number, head=head, refused=refused)


# --- an open one ----------------------------------------------------------------------------------


def _rebuild(
    target: Target,
    proposal: Proposal,
    pull_request: PullRequest,
    head: Sha | None,
    left_out: tuple[Declined, ...] = (),
) -> Published:
    number = pull_request.number
    pushed = target.forge.push_branch(
        make_update(target, proposal, head), announce=lambda new: _announce(target, number, proposal, head, new)
    )
    outcome = Outcome.UNCHANGED if pushed.outcome is PushOutcome.UNCHANGED else Outcome.REFRESHED
    state = State(head=pushed.head, built_on=target.base, left_out=left_out)
    return _describe_again(target, proposal, pull_request, state, outcome)


def _announce(target: Target, number: int, proposal: Proposal, head: Sha | None, new: Sha) -> None:
    """Record the commit that the branch is about to get beside the last one: whichever is found later is lockbot's."""
    now = target.forge.get_pull_request(number)
    if now.state is not PullRequestState.OPEN or now.base_branch != target.base_branch:
        raise ForgeConflict(f"pull request {number} was closed, or got another base, meanwhile")
    body = announce(target, proposal, now, head, new)
    target.forge.edit_pull_request(number, body=body)


def _describe_again(
    target: Target, proposal: Proposal, pull_request: PullRequest, state: State, outcome: Outcome
) -> Published:
    """Bring the texts to what the proposal says, where they are not so already: then they are read again, so that what
    somebody wrote meanwhile is not lost."""
    changes = find_changes(target, proposal, pull_request, state)
    now = pull_request
    if changes != NOTHING:
        found = target.forge.get_pull_request(pull_request.number)
        changes = find_changes(target, proposal, found, state)
        target.forge.edit_pull_request(found.number, title=changes.title, body=changes.body)
        now = found if changes.body is None else replace(found, body=changes.body)
        outcome = Outcome.REFRESHED
    refused = introduce(target, proposal, now)
    return Published(
        branch=proposal.branch,
        outcome=outcome,
        number=pull_request.number,
        head=state.head if state.is_sure else None,
        refused=refused,
    )

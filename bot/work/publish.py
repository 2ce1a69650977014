"""From a proposal to a branch and its pull request: opened, refreshed, or left alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.events import Scope
from bot.ports.forge import (
    BranchUpdate,
    ForgeConflict,
    NewPullRequest,
    PullRequest,
    PullRequestState,
    PushOutcome,
)
from bot.ports.run import BranchName, Proposal
from bot.work.body_block import Block, find_block, make_key, render_body
from bot.work.target import Target, find_own, is_edited, is_own


class Outcome(StrEnum):
    OPENED = "opened"
    REFRESHED = "refreshed"
    UNCHANGED = "unchanged"
    NOT_OPEN = "not open"
    SNOOZED = "snoozed"
    EDITED = "edited by others"
    RETIRED = "retired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """``reason``: what the forge says of a proposal that it refused."""

    branch: BranchName
    outcome: Outcome
    number: int | None = None
    reason: str = ""


def publish_proposal(target: Target, proposal: Proposal, scope: Scope) -> Published:
    """Open or refresh the proposal's pull request, unless a person closed the same content or works on the branch."""
    pull_request = find_own(target, proposal.branch)
    refused = _find_refusal(target, proposal, scope, pull_request)
    if refused is not None:
        return Published(branch=proposal.branch, outcome=refused, number=pull_request.number if pull_request else None)
    return rebuild_proposal(target, proposal, pull_request)


def rebuild_proposal(target: Target, proposal: Proposal, pull_request: PullRequest | None) -> Published:
    """The same without asking: other people's commits on the branch are replaced."""
    update = BranchUpdate(
        branch=proposal.branch,
        base=target.base,
        expected=target.forge.find_branch(proposal.branch),
        message=proposal.commit_message,
        files=proposal.files,
    )
    pushed = target.forge.push_branch(update)
    if pull_request is not None:
        return _refresh(target, proposal, pull_request, pushed.outcome)
    try:
        return _open(target, proposal)
    except ForgeConflict:
        found = find_own(target, proposal.branch)
        if found is None:
            raise
        return _refresh(target, proposal, found, pushed.outcome)


def _find_refusal(target: Target, proposal: Proposal, scope: Scope, pull_request: PullRequest | None) -> Outcome | None:
    if pull_request is None and scope is Scope.OPEN:
        return Outcome.NOT_OPEN
    if pull_request is None and _is_snoozed(target, proposal):
        return Outcome.SNOOZED
    return Outcome.EDITED if is_edited(target, proposal.branch) else None


def _is_snoozed(target: Target, proposal: Proposal) -> bool:
    """Whether a person closed a pull request with this very content."""
    key = make_key(proposal)
    for one in target.forge.list_pull_requests(PullRequestState.CLOSED, head=proposal.branch):
        block = find_block(one.body) if is_own(target.identity, one) else None
        if one.state is PullRequestState.CLOSED and block and block.key == key and not block.retired:
            return True
    return False


def _open(target: Target, proposal: Proposal) -> Published:
    block = Block(key=make_key(proposal))
    new = NewPullRequest(
        head=proposal.branch,
        base=target.base_branch,
        title=proposal.title,
        body=render_body(proposal.body, block, target.forge.limits.body),
    )
    opened = target.forge.open_pull_request(new)
    _put_labels(target, proposal, opened, block)
    return Published(branch=proposal.branch, outcome=Outcome.OPENED, number=opened.number)


def _put_labels(target: Target, proposal: Proposal, pull_request: PullRequest, block: Block) -> None:
    """The block is told afterwards: a crash in between puts the labels on again, which changes nothing."""
    missing = tuple(one for one in proposal.labels if one not in block.labels)
    if not missing:
        return
    target.forge.add_labels(pull_request.number, missing)
    labelled = block.model_copy(update={"labels": (*block.labels, *missing)})
    body = render_body(proposal.body, labelled, target.forge.limits.body)
    target.forge.edit_pull_request(pull_request.number, title=proposal.title, body=body)


def _refresh(target: Target, proposal: Proposal, pull_request: PullRequest, pushed: PushOutcome) -> Published:
    known = find_block(pull_request.body)
    block = Block(key=make_key(proposal), labels=known.labels if known else ())
    body = render_body(proposal.body, block, target.forge.limits.body)
    same = (pull_request.title, pull_request.body.strip()) == (proposal.title, body.strip())
    if not same:
        target.forge.edit_pull_request(pull_request.number, title=proposal.title, body=body)
    _put_labels(target, proposal, pull_request, block)
    unchanged = same and pushed is PushOutcome.UNCHANGED
    outcome = Outcome.UNCHANGED if unchanged else Outcome.REFRESHED
    return Published(branch=proposal.branch, outcome=outcome, number=pull_request.number)

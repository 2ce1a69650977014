"""Open pull requests brought up to date together: what is the same for all of them is one request.

First every commit is written, then every body tells of the commit that its branch is about to get, then all branches move at
once, each with its lease, then every text follows. Between any two of these a run may end: the next one finds its own
commits on the branches, or announced. What does not go as it should is left to be done one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.ports.forge import (
    BranchMove,
    ForgeConflict,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    PullRequest,
    PullRequestEdit,
    PullRequestState,
    Pushed,
    PushOutcome,
)
from bot.ports.handling import RebaseWhen
from bot.ports.run import Proposal, Sha
from bot.work.publishing.body_block import find_block
from bot.work.publishing.introducing import is_introduced
from bot.work.publishing.occasion import Occasion
from bot.work.publishing.outcome import Outcome, Published
from bot.work.publishing.rebuilding import find_mode, is_current, is_stopped
from bot.work.publishing.target import Target, make_update
from bot.work.publishing.texts import NOTHING, State, announce, find_changes

_REFUSALS = (ForgeConflict, ForgeForbidden, ForgeNotFound, ForgeRejected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """An open pull request that holds or says something else than its proposal; ``state``: its commit is right."""

    proposal: Proposal
    pull_request: PullRequest
    state: State | None = None

    @property
    def number(self) -> int:
        return self.pull_request.number


def find_behind(target: Target, proposal: Proposal, occasion: Occasion) -> Behind | None:
    """None: there is no such pull request, or it needs a closer look (``publish_proposal``)."""
    uses = [one for one in occasion.open if one.head_branch == proposal.branch and not one.from_fork]
    found = uses[0] if len(uses) == 1 and target.owns(uses[0]) else None
    block = find_block(found.body) if found is not None else None
    if found is None or block is None or occasion.wishes.paused or is_stopped(found, block, occasion.labels):
        return None
    if found.head not in block.heads or not is_introduced(block, proposal):
        return None
    if not is_current(target, proposal, found, block, occasion):
        is_kept = find_mode(proposal.handling, found, occasion.labels) is RebaseWhen.NEVER
        return None if is_kept else Behind(proposal=proposal, pull_request=found)
    state = State(head=found.head, built_on=Sha(block.built_on), is_sure=False)
    says_so = find_changes(target, proposal, found, state) == NOTHING
    return None if says_so else Behind(proposal=proposal, pull_request=found, state=state)


def update_together(target: Target, behind: Sequence[Behind]) -> tuple[Published, ...]:
    """What is done; of the rest nothing is known: it is to be looked at anew."""
    try:
        moved = _move(target, tuple(_write(target, [one for one in behind if one.state is None])))
        kept = {one.number: one.state for one in behind if one.state is not None}
        return _describe(target, behind, moved | kept)
    except _REFUSALS:
        return ()


def _write(target: Target, behind: Sequence[Behind]) -> Iterator[tuple[Behind, Pushed]]:
    """What the forge refuses holds up nothing else."""
    for one in behind:
        update = make_update(target, one.proposal, one.pull_request.head)
        try:
            yield one, target.forge.write_commit(update)
        except _REFUSALS:
            continue


def _move(target: Target, written: Sequence[tuple[Behind, Pushed]]) -> dict[int, State]:
    """Where the branches are afterwards, by pull request."""
    there = {one.number: pushed.head for one, pushed in written if pushed.outcome is PushOutcome.UNCHANGED}
    moving = [(one, pushed.head) for one, pushed in written if pushed.outcome is not PushOutcome.UNCHANGED]
    now = _list_open(target) if moving else {}
    ready = [(one, head, now[one.number]) for one, head in moving if _is_as_it_was(one, now.get(one.number))]
    target.forge.edit_pull_requests(
        [
            PullRequestEdit(number=one.number, body=announce(target, one.proposal, found, found.head, head))
            for one, head, found in ready
        ]
    )
    target.forge.move_branches(
        [BranchMove(branch=one.proposal.branch, expected=found.head, head=head) for one, head, found in ready]
    )
    heads = there | {one.number: head for one, head, _ in ready}
    return {number: State(head=head, built_on=target.base) for number, head in heads.items()}


def _is_as_it_was(one: Behind, now: PullRequest | None) -> bool:
    was = one.pull_request
    return now is not None and (now.base_branch, now.head) == (was.base_branch, was.head)


def _list_open(target: Target) -> Mapping[int, PullRequest]:
    return {one.number: one for one in target.forge.list_pull_requests(PullRequestState.OPEN)}


def _describe(target: Target, behind: Sequence[Behind], states: Mapping[int, State]) -> tuple[Published, ...]:
    """Read again first: what somebody wrote meanwhile is not lost."""
    now = _list_open(target) if states else {}
    known = [(one, states[one.number], now[one.number]) for one in behind if one.number in states and one.number in now]
    changes = [(one, find_changes(target, one.proposal, found, state)) for one, state, found in known]
    target.forge.edit_pull_requests(
        [
            PullRequestEdit(number=one.number, title=change.title, body=change.body)
            for one, change in changes
            if change != NOTHING
        ]
    )
    return tuple(
        Published(
            branch=one.proposal.branch,
            outcome=Outcome.REFRESHED,
            number=one.number,
            head=state.head if state.is_sure else None,
        )
        for one, state, _ in known
    )

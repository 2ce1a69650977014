"""What was closed before: a person who closes a pull request does not want these updates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.plan.declined import is_declined
from bot.ports.forge import AppIdentity, Forge, PullRequest, PullRequestState
from bot.ports.run import Declined, Proposal, Sha
from bot.work.publishing.body_block import Block, find_block, replace_block
from bot.work.publishing.target import Target, is_own


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedBefore:
    """``last`` is the newest pull request of the branch that was closed and not merged, ``head`` where its branch was.

    ``heads`` are commits that lockbot has put on the branch. ``rests``: a person closed the last one, and it had no
    direct updates that something newer could go beyond.
    """

    last: int | None = None
    head: Sha | None = None
    heads: tuple[str, ...] = ()
    declined: tuple[Declined, ...] = ()
    rests: bool = False


def look_back(target: Target, proposal: Proposal) -> ClosedBefore:
    found = target.forge.list_pull_requests(PullRequestState.CLOSED, head=proposal.branch)
    own = [one for one in found if is_own(target.identity, one)]
    blocks = [(one, block) for one in own if (block := find_block(one.body)) is not None]
    here = [one for one in own if one.base_branch == target.base_branch]
    last = next((one for one in here if one.state is PullRequestState.CLOSED), None)
    return ClosedBefore(
        last=last.number if last else None,
        head=last.head if last else None,
        heads=tuple(head for _, block in blocks for head in block.heads),
        declined=tuple(dict.fromkeys(_list_declined(target, proposal, blocks))),
        rests=_rests(target, here[:1]),
    )


def _rests(target: Target, newest: Sequence[PullRequest]) -> bool:
    blocks = [(one, find_block(one.body)) for one in newest]
    return any(
        block and not block.wanted_again and not block.proposed and _is_unwanted(target, one) for one, block in blocks
    )


def _list_declined(
    target: Target, proposal: Proposal, blocks: Sequence[tuple[PullRequest, Block]]
) -> Iterator[Declined]:
    """What concerns the proposal; who closed it is asked only where it matters."""
    wanted = frozenset(one for _, block in blocks if block.wanted_again for one in block.proposed)
    for pull_request, block in blocks:
        # What was left out there was declined in an older one, which somebody asked for since.
        known = (*block.proposed, *(one for one in block.left_out if one not in wanted))
        if block.wanted_again:
            continue
        if any(is_declined(update, known) for update in proposal.updates) and _is_unwanted(target, pull_request):
            yield from known


def want_again(forge: Forge, identity: AppIdentity, closed: PullRequest) -> None:
    """Note that what a closed pull request held is wanted after all: in itself, and in the open one of its branch, which
    leaves it out."""
    block = find_block(closed.body)
    if block is None:
        return
    _note(forge, closed, block.model_copy(update={"wanted_again": True}))
    for one in forge.list_pull_requests(PullRequestState.OPEN, head=closed.head_branch):
        other = find_block(one.body) if is_own(identity, one) else None
        if other is not None:
            left = tuple(declined for declined in other.left_out if declined not in block.proposed)
            _note(forge, one, other.model_copy(update={"left_out": left}))


def _note(forge: Forge, pull_request: PullRequest, block: Block) -> None:
    body = replace_block(pull_request.body, block, forge.limits.body)
    if body != pull_request.body:
        forge.edit_pull_request(pull_request.number, body=body)


def _is_unwanted(target: Target, pull_request: PullRequest) -> bool:
    """Closed without being merged, by anybody but the App. On another base the closing was about that base."""
    if pull_request.state is not PullRequestState.CLOSED or pull_request.base_branch != target.base_branch:
        return False
    if target.identity.is_shared:
        # Who closed it says nothing; what lockbot closes it notes before.
        block = find_block(pull_request.body)
        return block is None or not block.retired
    return target.forge.find_closer(pull_request.number) != target.identity.login

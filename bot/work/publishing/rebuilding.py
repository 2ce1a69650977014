"""Whether an open branch is built anew, as far as the configuration, labels and people have a say in that. Pure."""

from __future__ import annotations

from bot.ports.forge import PullRequest
from bot.ports.handling import Handling, Labels, RebaseWhen
from bot.ports.run import Proposal
from bot.work.publishing.body_block import Block, make_key
from bot.work.publishing.occasion import Occasion
from bot.work.publishing.target import Target


def is_stopped(pull_request: PullRequest, block: Block | None, labels: Labels) -> bool:
    """Whether people want a pull request left as it is: by a label, or a command."""
    return labels.stop in pull_request.labels or (block is not None and block.paused is not None)


def find_mode(handling: Handling, pull_request: PullRequest, labels: Labels) -> RebaseWhen:
    """``BEHIND``, ``CONFLICTED`` or ``NEVER``: what the general words come to for this pull request."""
    if labels.keep is not None and labels.keep in pull_request.labels:
        return RebaseWhen.BEHIND
    match handling.rebase_when:
        case RebaseWhen.AUTO:
            return RebaseWhen.BEHIND if handling.merging.wanted else RebaseWhen.CONFLICTED
        case RebaseWhen.AUTOMERGING:
            return RebaseWhen.BEHIND if handling.merging.wanted else RebaseWhen.NEVER
        case stated:
            return stated


def is_current(target: Target, proposal: Proposal, pull_request: PullRequest, block: Block, occasion: Occasion) -> bool:
    """Whether the branch holds this content, is where lockbot left it, and is new enough."""
    if block.key != make_key(proposal) or block.heads[-1:] != (pull_request.head,):
        return False
    match find_mode(proposal.handling, pull_request, occasion.labels):
        case RebaseWhen.NEVER:
            return True
        case RebaseWhen.BEHIND if block.built_on != target.base:
            return False
        case _:
            # It merges: what it changes has not moved.
            return not occasion.has_moved(block.built_on, proposal)

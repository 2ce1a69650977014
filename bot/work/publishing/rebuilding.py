"""Whether an open branch is built anew, as far as the configuration, labels and people have a say in that. Pure."""

from __future__ import annotations

from bot.ports.forge import PullRequest
from bot.ports.handling import Handling, Labels, RebaseWhen
from bot.work.publishing.body_block import Block


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

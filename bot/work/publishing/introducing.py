"""Labels and people of a new pull request."""

from __future__ import annotations

from bot.ports.forge import PullRequest
from bot.ports.handling import Handling
from bot.ports.run import Proposal
from bot.work.publishing.body_block import Block, find_block, replace_block
from bot.work.publishing.people import ask_people
from bot.work.publishing.target import Target


def introduce(target: Target, proposal: Proposal, pull_request: PullRequest) -> tuple[str, ...]:
    """Labels and people, once; gives whom the forge refuses. The block is told afterwards: a crash in between does it again,
    which changes nothing."""
    block = find_block(pull_request.body)
    if block is None:
        return ()
    told: dict[str, object] = {}
    refused: tuple[str, ...] = ()
    if block.labels is None:
        target.forge.add_labels(pull_request.number, proposal.labels)
        told["labels"] = proposal.labels
    if not block.asked and _is_to_be_asked(proposal.handling):
        paths = [one.path for one in proposal.files]
        refused = ask_people(target, pull_request.number, proposal.handling.people, paths)
        told["asked"] = True
    if told:
        # Read again: somebody may have written into it meanwhile.
        now = target.forge.get_pull_request(pull_request.number)
        introduced = (find_block(now.body) or block).model_copy(update=told)
        body = replace_block(now.body, introduced, target.forge.limits.body)
        target.forge.edit_pull_request(pull_request.number, body=body)
    return refused


def _is_to_be_asked(handling: Handling) -> bool:
    """What is merged by itself asks nobody, until a check fails (``merging``)."""
    return not handling.merging.wanted or handling.people.when_merging


def is_introduced(block: Block, proposal: Proposal) -> bool:
    """Whether nothing of it is left to be done."""
    return block.labels is not None and (block.asked or not _is_to_be_asked(proposal.handling))

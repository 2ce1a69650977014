"""Pull requests that nothing is left of are closed, and branches of closed ones deleted."""

from __future__ import annotations

from collections.abc import Collection

from bot.ports.forge import Forge, ForgeConflict, ForgeRejected, PullRequest
from bot.ports.run import BranchName
from bot.report.answers import RETIRED_MARK
from bot.work.body_block import Block, find_block, render_body
from bot.work.publish import Outcome, Published
from bot.work.target import Target, comment_once, is_edited, list_own


def retire_others(target: Target, wanted: Collection[BranchName], reason: str) -> tuple[Published, ...]:
    """Close the App's pull requests whose branch is no longer wanted, saying why."""
    return tuple(retire(target, one, reason) for one in list_own(target) if one.head_branch not in wanted)


def retire(target: Target, pull_request: PullRequest, reason: str) -> Published:
    block = find_block(pull_request.body) or Block(key="")
    # Noted before it is closed: a pull request that lockbot closed must not count as one that a person did not want.
    retired = block.model_copy(update={"retired": True})
    body = render_body(pull_request.body, retired, target.forge.limits.body)
    target.forge.edit_pull_request(pull_request.number, title=pull_request.title, body=body)
    comment_once(target.forge, target.identity, pull_request.number, reason, RETIRED_MARK)
    target.forge.close_pull_request(pull_request.number)
    if not is_edited(target, pull_request.head_branch):
        delete_head(target.forge, pull_request)
    return Published(branch=pull_request.head_branch, outcome=Outcome.RETIRED, number=pull_request.number)


def delete_head(forge: Forge, pull_request: PullRequest) -> None:
    """A branch that moved since is somebody's: it stays."""
    try:
        forge.delete_branch(pull_request.head_branch, expected=pull_request.head)
    except (ForgeConflict, ForgeRejected):
        return

"""Where a job works: one repository's base branch, and what on it is the App's own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports.forge import AppIdentity, Forge, PullRequest, PullRequestState
from bot.ports.run import BranchName, Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """``base`` is the commit that proposals are solved on."""

    forge: Forge
    identity: AppIdentity
    base: Sha
    base_branch: BranchName


def is_own(identity: AppIdentity, pull_request: PullRequest) -> bool:
    return pull_request.author == identity.login and not pull_request.from_fork


def find_own(target: Target, branch: BranchName) -> PullRequest | None:
    """The App's open pull request for a branch."""
    found = target.forge.list_pull_requests(PullRequestState.OPEN, head=branch)
    return next((one for one in found if one.base_branch == target.base_branch and is_own(target.identity, one)), None)


def list_own(target: Target) -> tuple[PullRequest, ...]:
    """The App's open pull requests on the base branch."""
    found = target.forge.list_pull_requests(PullRequestState.OPEN)
    return tuple(one for one in found if is_own(target.identity, one) and one.base_branch == target.base_branch)


def is_edited(target: Target, branch: BranchName) -> bool:
    """Whether somebody else's commit is on the branch."""
    head = target.forge.find_branch(branch)
    return head is not None and target.forge.get_commit(head).author_login != target.identity.login


def comment_once(forge: Forge, identity: AppIdentity, number: int, text: str, mark: str) -> None:
    said = forge.list_comments(number)
    if not any(one.author == identity.login and mark in one.body for one in said):
        forge.comment(number, text)

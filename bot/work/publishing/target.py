"""Where a job works: one repository's base branch, and what on it is the App's own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports.forge import AppIdentity, BranchUpdate, CommitInfo, Forge, PullRequest, PullRequestState
from bot.ports.run import BranchName, Proposal, Sha
from bot.report.pulls.commit import bears_branch, with_branch
from bot.work.publishing.body_block import find_block


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """``base`` is the commit that proposals are solved on; ``dashboard`` the number of the repository's, if it has one.
    ``is_public``: everybody may read the repository."""

    forge: Forge
    identity: AppIdentity
    base: Sha
    base_branch: BranchName
    dashboard: int | None = None
    is_public: bool = True

    def owns(self, pull_request: PullRequest) -> bool:
        """The App's, and on the base branch."""
        return is_own(self.identity, pull_request) and pull_request.base_branch == self.base_branch


def is_own(identity: AppIdentity, pull_request: PullRequest) -> bool:
    """By its author; where others open pull requests under that name too, by the hidden block as well."""
    if pull_request.author != identity.login or pull_request.from_fork:
        return False
    return not identity.is_shared or find_block(pull_request.body) is not None


def is_vouched(identity: AppIdentity, commit: CommitInfo) -> bool:
    """Whether the forge says that lockbot has made the commit. Where others make commits under the same name, it has to say
    itself that it is lockbot's; whoever changes such a commit is no longer the one that the forge vouches for."""
    return commit.vouched == identity.login and (not identity.is_shared or bears_branch(commit.message))


def make_update(target: Target, proposal: Proposal, expected: Sha | None) -> BranchUpdate:
    """The branch of a proposal. ``expected``: the head that it has now."""
    message = proposal.commit_message
    return BranchUpdate(
        branch=proposal.branch,
        base=target.base,
        expected=expected,
        message=with_branch(message, proposal.branch) if target.identity.is_shared else message,
        files=proposal.files,
    )


def find_own(target: Target, branch: BranchName) -> PullRequest | None:
    """The App's open pull request for a branch."""
    found = target.forge.list_pull_requests(PullRequestState.OPEN, head=branch)
    return next((one for one in found if target.owns(one)), None)


def comment_once(forge: Forge, identity: AppIdentity, number: int, text: str, mark: str) -> None:
    said = forge.list_comments(number)
    if not any(one.author == identity.login and mark in one.body for one in said):
        forge.comment(number, text)


def say_in_place(target: Target, number: int, text: str, mark: str, *, only_again: bool = False) -> None:
    """Say it in the comment that bears the mark, if there is one, else in a new one; ``only_again``: in no new one."""
    _say(target.forge, target.identity, number, text, mark, only_again=only_again)


def say_anywhere(forge: Forge, identity: AppIdentity, number: int, text: str, mark: str) -> None:
    """The same on anybody's pull request."""
    _say(forge, identity, number, text, mark, only_again=False)


def _say(forge: Forge, identity: AppIdentity, number: int, text: str, mark: str, *, only_again: bool) -> None:
    said = (one for one in forge.list_comments(number) if one.author == identity.login)
    found = next((one for one in said if mark in one.body), None)
    if found is not None and found.body.split() != text.split():
        forge.edit_comment(found.id, text)
    elif found is None and not only_again:
        forge.comment(number, text)

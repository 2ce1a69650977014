"""What there is to check: which commit, what it changes, and by whom. Looked at when a job comes in, and when it is done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.events.jobs import CheckJob
from bot.events.planning import is_checked
from bot.ports.forge import AppIdentity, Forge, ForgeNotFound, ForgeRejected, PullRequest, PullRequestState
from bot.ports.run import Sha
from bot.work.publishing.target import is_own, is_vouched


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadLook:
    """``why`` is not empty where there is nothing to check: the commit was superseded, or its pull request is closed.

    ``touched`` None: more than the forge lists. ``base`` is where the merge would go. ``is_queued``: a merge queue made it.
    ``author`` may be empty. ``is_own``: lockbot made the commit, for a pull request of its own.
    """

    head: Sha
    number: int | None = None
    base: Sha | None = None
    base_branch: str = ""
    touched: frozenset[str] | None = field(default_factory=frozenset)
    author: str = ""
    is_stranger: bool = False
    is_queued: bool = False
    is_own: bool = False
    why: str = ""

    @property
    def is_untouched(self) -> bool:
        return self.touched is not None and not is_checked(self.touched)


def look_at_head(forge: Forge, identity: AppIdentity, job: CheckJob) -> HeadLook:
    if job.base is not None:
        return _look_at_queue(forge, job.head, job.base)
    pull_request = _find_pull_request(forge, job)
    if pull_request is None:
        return _look_at_nobodys(forge, job)
    if pull_request.state is not PullRequestState.OPEN:
        return HeadLook(head=job.head, why=f"pull request {pull_request.number} is closed")
    if pull_request.head != job.head:
        return HeadLook(head=job.head, why="superseded by a newer head")
    if is_own(identity, pull_request) and is_vouched(identity, forge.get_commit(job.head)):
        return HeadLook(head=job.head, number=pull_request.number, author=identity.login, is_own=True)
    touched = forge.list_pull_request_files(pull_request.number)
    return HeadLook(
        head=job.head,
        number=pull_request.number,
        base=forge.find_branch(pull_request.base_branch),
        base_branch=pull_request.base_branch,
        touched=None if touched is None else frozenset(touched),
        author=pull_request.author,
        is_stranger=is_strangers(forge, identity, pull_request),
    )


def is_strangers(forge: Forge, identity: AppIdentity, pull_request: PullRequest) -> bool:
    """Whether somebody without write access may have written what it changes: it comes from a fork, or from one whom the
    repository does not let write. An App's branch in the repository is one that it was let write."""
    if pull_request.from_fork:
        return True
    if pull_request.author == identity.login or pull_request.author_is_bot:
        return False
    return not forge.get_permission(pull_request.author).can_write


def _look_at_queue(forge: Forge, head: Sha, base: Sha) -> HeadLook:
    """What a queue merges was admitted by people who may write."""
    try:
        found = forge.compare(base, head)
    except (ForgeNotFound, ForgeRejected):
        return HeadLook(head=head, why="the merge queue has given this commit up")
    touched = None if found.files is None else frozenset(one.path for one in found.files)
    return HeadLook(head=head, base=base, touched=touched, is_queued=True)


def _look_at_nobodys(forge: Forge, job: CheckJob) -> HeadLook:
    """A check that is asked for again, of a commit that no pull request has: who made it is not known."""
    try:
        parents = forge.get_commit(job.head).parents
    except ForgeNotFound:
        parents = ()
    if job.number is not None or not parents:
        return HeadLook(head=job.head, why="no open pull request has this head")
    return replace(_look_at_queue(forge, job.head, parents[0]), is_stranger=True)


def _find_pull_request(forge: Forge, job: CheckJob) -> PullRequest | None:
    try:
        if job.number is not None:
            return forge.get_pull_request(job.number)
    except ForgeNotFound:
        return None
    return next((one for one in forge.list_pull_requests(PullRequestState.OPEN) if one.head == job.head), None)

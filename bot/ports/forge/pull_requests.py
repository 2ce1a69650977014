"""Pull requests, anybody's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from bot.ports.forge.merging import MergeState
from bot.ports.forge.repositories import MergeMethod
from bot.ports.run import BranchName, Sha

#: Stands for a moment that nobody told.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PullRequestState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """``from_fork``: its head lies in another repository. ``author`` is a login.

    ``head_repository`` is its full name, None where it is gone (its number too). ``maintainer_can_modify`` is told by
    ``get_pull_request`` alone. ``reviewers`` are those who were asked and have not answered: logins, and ``team:slug``.
    ``auto_merge``: the forge merges it by itself once it may. ``merge_commit``: what a merged one became.
    """

    number: int
    state: PullRequestState
    title: str
    body: str
    author: str
    head_branch: BranchName
    head: Sha
    base_branch: BranchName
    labels: tuple[str, ...] = ()
    from_fork: bool = False
    draft: bool = False
    author_is_bot: bool = False
    head_repository: str | None = None
    head_repository_id: int | None = None
    maintainer_can_modify: bool = False
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    auto_merge: bool = False
    created: datetime = EPOCH
    merge_commit: Sha | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPullRequest:
    """``draft``: not ready for review; where a forge has no drafts it is opened as any other."""

    head: BranchName
    base: BranchName
    title: str
    body: str
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestEdit:
    """None leaves a text as it is."""

    number: int
    title: str | None = None
    body: str | None = None


class PullRequestPort(Protocol):
    def list_pull_requests(self, state: PullRequestState, *, head: BranchName | None = None) -> tuple[PullRequest, ...]:
        """Newest first. ``CLOSED`` gives the closed and the merged ones; ``head`` means a branch of this repository."""
        ...

    def list_recent_pull_requests(self, since: datetime) -> tuple[PullRequest, ...]:
        """Opened then or later, in whatever state they are now; newest first."""
        ...

    def get_pull_request(self, number: int) -> PullRequest: ...

    def list_pull_request_files(self, number: int) -> tuple[str, ...] | None:
        """The paths that it changes, both of a file that was moved; None: more than the forge lists."""
        ...

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        """``ForgeConflict`` when one is open for that head and base."""
        ...

    def edit_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        """None leaves a text as it is."""
        ...

    def edit_pull_requests(self, edits: Sequence[PullRequestEdit]) -> None:
        """Each of them, at the price of one edit where a forge can do that. Where it raises, some may be done."""
        ...

    def close_pull_request(self, number: int) -> None: ...

    def reopen_pull_request(self, number: int) -> None:
        """``ForgeRejected`` where the forge no longer lets it."""
        ...

    def find_closer(self, number: int) -> str | None:
        """The login of who closed it; None where it is open or nobody knows."""
        ...

    def request_reviewers(self, number: int, logins: tuple[str, ...], teams: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Whom the forge refused, as they were named (a team as ``team:slug``); the others are asked, once."""
        ...

    # --- on the way to its merge ------------------------------------------------------------------

    def convert_to_draft(self, number: int) -> None:
        """Being one is fine; ``ForgeRejected`` where the forge has no drafts."""
        ...

    def mark_ready(self, number: int) -> None: ...

    def get_merge_state(self, number: int) -> MergeState:
        """``ForgeForbidden`` where the App may not read checks or statuses."""
        ...

    def enable_auto_merge(self, number: int, head: Sha, method: MergeMethod) -> None:
        """Being turned on is fine. ``ForgeConflict`` when the head is another one, ``ForgeRejected`` where the repository
        has none, or the pull request could be merged at once.
        """
        ...

    def disable_auto_merge(self, number: int) -> None: ...

    def merge_pull_request(self, number: int, head: Sha, method: MergeMethod) -> Sha:
        """The commit that came of it; merged already at that head is fine. ``ForgeConflict`` when the head is another
        one, ``ForgeRejected`` where the forge does not let it be merged.
        """
        ...

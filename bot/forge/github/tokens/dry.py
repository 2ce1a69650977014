# ruff: noqa: ARG002 - methods that write nothing need nothing
"""A repository of which everything is read as it is, and nothing is written: what a run would do, by the code that does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from bot.forge.github.repository import GitHubForge
from bot.forge.github.tokens.repository import TokenForge
from bot.ports.forge import (
    BranchMove,
    BranchUpdate,
    CheckReport,
    CommitUpdate,
    Issue,
    MergeMethod,
    NewPullRequest,
    PullRequest,
    PullRequestEdit,
    PullRequestState,
    Pushed,
    PushOutcome,
    Reaction,
)
from bot.ports.run import BranchName, Sha

#: Of what would be made: there is none yet.
_NO_COMMIT = Sha("0" * 40)
NO_NUMBER = 0
_NO_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


class _NoWrites(GitHubForge):
    """Before another forge in the order of its bases: its writing methods are these."""

    def push_branch(self, update: BranchUpdate, *, announce: Callable[[Sha], None] = lambda _: None) -> Pushed:
        return self.write_commit(update)

    def write_commit(self, update: BranchUpdate) -> Pushed:
        """Whether the branch would be as it is shows in its files."""
        head = update.expected
        if head is not None and self._holds(update, head):
            return Pushed(head=head, outcome=PushOutcome.UNCHANGED)
        return Pushed(head=_NO_COMMIT, outcome=PushOutcome.CREATED if head is None else PushOutcome.UPDATED)

    def _holds(self, update: BranchUpdate, head: Sha) -> bool:
        if self.get_commit(head).parents != (update.base,):
            return False
        return all(self.find_file(one.path, head) == one.text for one in update.files)

    def move_branches(self, moves: Sequence[BranchMove]) -> None:
        pass

    def push_commit(self, update: CommitUpdate) -> Sha:
        return _NO_COMMIT

    def delete_branch(self, branch: BranchName, *, expected: Sha) -> None:
        pass

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        return PullRequest(
            number=NO_NUMBER,
            state=PullRequestState.OPEN,
            title=new.title,
            body=new.body,
            author=self._identify().login,
            head_branch=new.head,
            head=_NO_COMMIT,
            base_branch=new.base,
            draft=new.draft,
            created=_NO_MOMENT,
        )

    def get_pull_request(self, number: int) -> PullRequest:
        if number != NO_NUMBER:
            return super().get_pull_request(number)
        return self.open_pull_request(NewPullRequest(head=BranchName(""), base=BranchName(""), title="", body=""))

    def edit_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        pass

    def edit_pull_requests(self, edits: Sequence[PullRequestEdit]) -> None:
        pass

    def close_pull_request(self, number: int) -> None:
        pass

    def reopen_pull_request(self, number: int) -> None:
        pass

    def request_reviewers(self, number: int, logins: tuple[str, ...], teams: tuple[str, ...] = ()) -> tuple[str, ...]:
        return ()

    def convert_to_draft(self, number: int) -> None:
        pass

    def mark_ready(self, number: int) -> None:
        pass

    def enable_auto_merge(self, number: int, head: Sha, method: MergeMethod) -> None:
        pass

    def disable_auto_merge(self, number: int) -> None:
        pass

    def merge_pull_request(self, number: int, head: Sha, method: MergeMethod) -> Sha:
        return head

    def open_issue(self, title: str, body: str, labels: tuple[str, ...] = ()) -> Issue:
        author = self._identify().login
        return Issue(number=NO_NUMBER, title=title, body=body, is_open=True, author=author, labels=labels)

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, is_open: bool | None = None
    ) -> None:
        pass

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None:
        pass

    def add_assignees(self, number: int, logins: tuple[str, ...]) -> tuple[str, ...]:
        return ()

    def comment(self, number: int, body: str) -> None:
        pass

    def edit_comment(self, comment: int, body: str) -> None:
        pass

    def react(self, comment: int, reaction: Reaction) -> None:
        pass

    def write_check(self, report: CheckReport) -> None:
        pass


class DryForge(_NoWrites):
    """Through an App's own credentials."""


class DryTokenForge(_NoWrites, TokenForge):
    """Through a token."""

"""Pull requests of the twin, on the way from their opening to their merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.forge.memory.git import MemoryGit
from bot.ports.forge import (
    ForgeConflict,
    ForgeNotFound,
    ForgeRejected,
    HeadCheck,
    HeadCheckState,
    MergeMethod,
    MergeState,
    NewPullRequest,
    Permission,
    PullRequest,
    PullRequestEdit,
    PullRequestState,
    ReviewDecision,
)
from bot.ports.run import BranchName, Sha

_DONE = (HeadCheckState.PASSED, HeadCheckState.IGNORED)


@dataclass(slots=True, kw_only=True)
class MemoryPullRequests(MemoryGit):
    """``moment``: what the forge's clock shows. ``required_checks``, ``reviews_required`` and ``strict`` (a head has to
    hold its base) are the protection of every branch; ``head_checks`` what others say of commits. ``updated``: when pull
    requests were moved or talked about last.
    """

    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    closers: dict[int, str] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    teams: set[str] = field(default_factory=set)
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    required_checks: frozenset[str] = frozenset()
    reviews_required: bool = False
    strict: bool = False
    has_drafts: bool = True
    reviews: dict[int, ReviewDecision] = field(default_factory=dict)
    head_checks: dict[Sha, dict[str, HeadCheck]] = field(default_factory=dict)
    auto_merges: dict[int, MergeMethod] = field(default_factory=dict)
    updated: dict[int, datetime] = field(default_factory=dict)

    # --- what people and other Apps do ------------------------------------------------------------

    def close(self, number: int, *, by: str) -> None:
        self.pull_requests[number] = replace(self.get_pull_request(number), state=PullRequestState.CLOSED)
        self.closers[number] = by

    def open_for(
        self,
        head: BranchName,
        base: BranchName,
        *,
        author: str,
        title: str = "A change",
        fork: str | None = None,
        maintainer_can_modify: bool = True,
    ) -> PullRequest:
        """By a person or another bot; ``fork``: the full name of the repository of its head."""
        sha = self.branches[head] if fork is None else self.forks[fork][head]
        one = self._new_pull(head, sha, base, title=title, body="", author=author)
        if fork is not None:
            one = replace(
                one,
                from_fork=True,
                head_repository=fork,
                head_repository_id=-one.number,
                maintainer_can_modify=maintainer_can_modify,
            )
        self.pull_requests[one.number] = one
        return one

    def set_check(
        self, commit: Sha, name: str, state: HeadCheckState = HeadCheckState.PASSED, *, creator: str = "github-actions"
    ) -> None:
        check = HeadCheck(name=name, creator=creator, state=state, required=name in self.required_checks)
        self.head_checks.setdefault(commit, {})[name] = check
        self._merge_what_may()

    def review(self, number: int, decision: ReviewDecision) -> None:
        self.reviews[number] = decision
        self._merge_what_may()

    def merge(self, number: int, *, by: str, method: MergeMethod = MergeMethod.SQUASH) -> Sha:
        one = self.get_pull_request(number)
        base = self.branches[one.base_branch]
        tree = self._apply(self._start(one), one.head, base)
        parents = (base, one.head) if method is MergeMethod.MERGE else (base,)
        sha = self._write(tree, parents, f"{one.title} (#{number})", one.author, verified=True, mover=by)
        merged = replace(one, state=PullRequestState.MERGED, merge_commit=sha, auto_merge=False)
        self.pull_requests[number], self.closers[number] = merged, by
        self.auto_merges.pop(number, None)
        self._move(one.base_branch, sha)
        return sha

    def _start(self, one: PullRequest) -> Sha:
        other = set(self._history(self.branches[one.base_branch]))
        return next(sha for sha in self._history(one.head) if sha in other)

    def _merge_what_may(self) -> None:
        for number, method in list(self.auto_merges.items()):
            if self.get_merge_state(number).can_merge:
                self.merge(number, by=self.identity.login, method=method)

    def _follow(self, branch: BranchName, repository: str | None = None) -> None:
        heads = self.branches if repository is None else self.forks[repository]
        for number, one in self.pull_requests.items():
            of = None if not one.from_fork else one.head_repository
            if (one.head_branch, of) == (branch, repository) and one.state is PullRequestState.OPEN:
                head = heads.get(branch)
                moved = replace(one, head=head) if head else replace(one, state=PullRequestState.CLOSED)
                self.pull_requests[number], self.updated[number] = moved, self.moment

    def _may_push_to(self, repository: str, branch: BranchName) -> bool:
        return any(
            one.maintainer_can_modify and one.state is PullRequestState.OPEN
            for one in self.pull_requests.values()
            if one.from_fork and (one.head_repository, one.head_branch) == (repository, branch)
        )

    # --- the port ---------------------------------------------------------------------------------

    def list_pull_requests(self, state: PullRequestState, *, head: BranchName | None = None) -> tuple[PullRequest, ...]:
        is_open = state is PullRequestState.OPEN
        return tuple(
            replace(one, maintainer_can_modify=False)
            for _, one in sorted(self.pull_requests.items(), reverse=True)
            if (one.state is PullRequestState.OPEN) == is_open
            and (head is None or (head == one.head_branch and not one.from_fork))
        )

    def list_recent_pull_requests(self, since: datetime) -> tuple[PullRequest, ...]:
        newest = sorted(self.pull_requests.items(), reverse=True)
        return tuple(one for _, one in newest if one.created >= since)

    def get_pull_request(self, number: int) -> PullRequest:
        if number not in self.pull_requests:
            raise ForgeNotFound(f"no pull request {number}")
        return self.pull_requests[number]

    def list_pull_request_files(self, number: int) -> tuple[str, ...] | None:
        one = self.get_pull_request(number)
        return tuple(file.path for file in self.compare(self.branches[one.base_branch], one.head).files or ())

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        head = self.branches.get(new.head)
        if head is None or new.base not in self.branches:
            raise ForgeRejected(f"no branch {new.head} or {new.base}")
        if any(one.base_branch == new.base for one in self.list_pull_requests(PullRequestState.OPEN, head=new.head)):
            raise ForgeConflict(f"a pull request for {new.head} is open already")
        one = self._new_pull(
            new.head, head, new.base, title=new.title, body=new.body, author=self.identity.login, draft=new.draft
        )
        self.pull_requests[one.number] = one
        return one

    def _new_pull(
        self, head: BranchName, sha: Sha, base: BranchName, *, title: str, body: str, author: str, draft: bool = False
    ) -> PullRequest:
        return PullRequest(
            number=self._next_id(),
            state=PullRequestState.OPEN,
            title=title,
            body=body,
            author=author,
            author_is_bot=author.endswith("[bot]"),
            draft=draft and self.has_drafts,
            head_branch=head,
            head=sha,
            head_repository=self.ref.full_name,
            head_repository_id=self.ref.id,
            base_branch=base,
            created=self.moment,
        )

    def edit_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        one = self.get_pull_request(number)
        kept = one.title if title is None else title, one.body if body is None else body
        self.pull_requests[number] = replace(one, title=kept[0], body=kept[1])

    def edit_pull_requests(self, edits: Sequence[PullRequestEdit]) -> None:
        for one in edits:
            self.edit_pull_request(one.number, title=one.title, body=one.body)

    def close_pull_request(self, number: int) -> None:
        if self.get_pull_request(number).state is PullRequestState.OPEN:
            self.close(number, by=self.identity.login)

    def reopen_pull_request(self, number: int) -> None:
        one = self.get_pull_request(number)
        if one.state is PullRequestState.MERGED or self.branches.get(one.head_branch) != one.head:
            raise ForgeRejected("the branch is gone, or was moved")
        self.pull_requests[number] = replace(one, state=PullRequestState.OPEN)
        self.closers.pop(number, None)

    def find_closer(self, number: int) -> str | None:
        self.get_pull_request(number)
        return self.closers.get(number)

    def request_reviewers(self, number: int, logins: tuple[str, ...], teams: tuple[str, ...] = ()) -> tuple[str, ...]:
        one = self.get_pull_request(number)
        can = {login for login in logins if self._has_access(login) and login != one.author}
        asked = (
            *(login for login in logins if login in can),
            *(f"team:{slug}" for slug in teams if slug in self.teams),
        )
        self.pull_requests[number] = replace(one, reviewers=tuple(dict.fromkeys((*one.reviewers, *asked))))
        return tuple(name for name in (*logins, *(f"team:{slug}" for slug in teams)) if name not in asked)

    def _has_access(self, login: str) -> bool:
        return self.permissions.get(login, Permission.NONE) is not Permission.NONE

    def convert_to_draft(self, number: int) -> None:
        if not self.has_drafts:
            raise ForgeRejected(f"{self.ref.full_name}: no drafts here")
        self.pull_requests[number] = replace(self.get_pull_request(number), draft=True)

    def mark_ready(self, number: int) -> None:
        self.pull_requests[number] = replace(self.get_pull_request(number), draft=False)
        self._merge_what_may()

    def get_merge_state(self, number: int) -> MergeState:
        for permission in ("checks", "statuses"):
            self._need(permission)
        one = self.get_pull_request(number)
        checks = tuple(self.head_checks.get(one.head, {}).values())
        decision = self.reviews.get(number, ReviewDecision.REVIEW_REQUIRED if self.reviews_required else None)
        conflicts, behind = self._has_conflicts(one), self.strict and self._start(one) != self.branches[one.base_branch]
        blocked = one.draft or conflicts or behind or any(self._list_blocks(checks, decision))
        return MergeState(
            head=one.head,
            is_known=True,
            can_merge=not blocked,
            is_clean=not blocked and all(check.state in _DONE for check in checks),
            is_behind=behind and not conflicts,
            has_conflicts=conflicts,
            review_decision=decision,
            checks=checks,
        )

    def _list_blocks(self, checks: tuple[HeadCheck, ...], decision: ReviewDecision | None) -> Iterator[bool]:
        done = {one.name for one in checks if one.state in _DONE}
        yield not self.required_checks <= done
        yield decision not in (None, ReviewDecision.APPROVED)

    def _has_conflicts(self, one: PullRequest) -> bool:
        start, ours, theirs = (
            self.commits[sha].files for sha in (self._start(one), one.head, self.branches[one.base_branch])
        )
        both = (path for path in {*ours, *theirs} if start.get(path) != ours.get(path) != theirs.get(path))
        return any(start.get(path) != theirs.get(path) for path in both)

    def enable_auto_merge(self, number: int, head: Sha, method: MergeMethod) -> None:
        one = self._get_open(number, head)
        if not self.repository.allows_auto_merge:
            raise ForgeRejected("Auto merge is not allowed for this repository")
        if self.get_merge_state(number).can_merge:
            raise ForgeRejected("Pull request is in clean status")
        self.auto_merges[number] = method
        self.pull_requests[number] = replace(one, auto_merge=True)

    def disable_auto_merge(self, number: int) -> None:
        self.pull_requests[number] = replace(self.get_pull_request(number), auto_merge=False)
        self.auto_merges.pop(number, None)

    def merge_pull_request(self, number: int, head: Sha, method: MergeMethod) -> Sha:
        one = self.get_pull_request(number)
        if one.state is PullRequestState.MERGED and one.head == head and one.merge_commit is not None:
            return one.merge_commit
        self._get_open(number, head)
        if method not in self.repository.merge_methods:
            raise ForgeRejected(f"{method} is not allowed for this repository")
        if not self.get_merge_state(number).can_merge:
            raise ForgeRejected(f"#{number} is not mergeable")
        return self.merge(number, by=self.identity.login, method=method)

    def _get_open(self, number: int, head: Sha) -> PullRequest:
        one = self.get_pull_request(number)
        if one.state is not PullRequestState.OPEN:
            raise ForgeRejected(f"#{number} is {one.state}")
        if one.head != head:
            raise ForgeConflict(f"#{number} is at {one.head}, not at {head}")
        return one

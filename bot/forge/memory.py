"""A forge in memory: the twin of GitHub for tests and trials. Keeps to the same promises (one contract suite)."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice

from bot.ports.forge import (
    AppIdentity,
    BranchUpdate,
    Check,
    CheckReport,
    CloneSource,
    ClosedPullRequest,
    Comment,
    CommitInfo,
    Comparison,
    FileDifference,
    ForgeConflict,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    Glance,
    NewPullRequest,
    OpenComment,
    Permission,
    PullRequest,
    PullRequestState,
    Pushed,
    PushOutcome,
    Reaction,
    Repository,
    RepositoryRef,
    TextLimits,
)
from bot.ports.run import WORKFLOWS, BranchName, FileMode, Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFile:
    text: str
    mode: FileMode = FileMode.REGULAR


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCommit:
    """``author`` is what the commit says of itself."""

    info: CommitInfo
    author: str
    files: Mapping[str, MemoryFile]


def _digest(*parts: object) -> Sha:
    return Sha(hashlib.sha1(json.dumps(parts).encode(), usedforsecurity=False).hexdigest())


def _differences(before: Mapping[str, MemoryFile], after: Mapping[str, MemoryFile]) -> Iterator[FileDifference]:
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old != new:
            yield _difference(path, old, new)


def _difference(path: str, old: MemoryFile | None, new: MemoryFile | None) -> FileDifference:
    before, after = (one.text.splitlines() if one else [] for one in (old, new))
    lines = list(difflib.unified_diff(before, after, lineterm=""))[2:]
    return FileDifference(
        path=path,
        status="added" if old is None else "removed" if new is None else "modified",
        blob=_digest(new.text if new else ""),
        lines="\n".join("@@" if one.startswith("@@") else one for one in lines),
        counts=(sum(one[0] == "+" for one in lines), sum(one[0] == "-" for one in lines)),
    )


@dataclass(slots=True, kw_only=True)
class MemoryForge:
    """One repository. Fields may be read and set freely by whoever plays the people on it.

    ``gone``: deleted, or out of the installation's reach. ``limits`` are those of GitHub. ``moment``: what the forge's
    clock shows; ``written``: when comments were.
    """

    repository: Repository
    identity: AppIdentity
    clone_url: str = "file:///nonexistent"
    commits: dict[Sha, MemoryCommit] = field(default_factory=dict)
    branches: dict[BranchName, Sha] = field(default_factory=dict)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    comments: dict[int, list[Comment]] = field(default_factory=dict)
    reactions: dict[int, list[Reaction]] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    checks: list[tuple[CheckReport, Check]] = field(default_factory=list)
    closers: dict[int, str] = field(default_factory=dict)
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    written: dict[int, datetime] = field(default_factory=dict)
    limits: TextLimits = field(default_factory=lambda: TextLimits(body=65_536, summary=65_535))
    last_id: int = 0
    gone: bool = False
    writes_workflows: bool = True

    @property
    def ref(self) -> RepositoryRef:
        return self.repository.ref

    # --- what people do ---------------------------------------------------------------------------

    def commit(self, branch: BranchName, files: Mapping[str, str | None], *, author: str) -> Sha:
        """A person's commit on ``branch``; None deletes a file."""
        head = self.branches.get(branch)
        tree = dict(self.commits[head].files) if head else {}
        for path, text in files.items():
            tree.pop(path, None)
            if text is not None:
                tree[path] = MemoryFile(text=text)
        sha = self._write(tree, (head,) if head else (), "A change", author, verified=False)
        self._move(branch, sha)
        return sha

    def amend(self, branch: BranchName, files: Mapping[str, str | None], *, by: str, message: str | None = None) -> Sha:
        """``git commit --amend`` and a forced push: the author stays, whoever does it."""
        old = self.commits[self.branches[branch]]
        tree = dict(old.files) | {path: MemoryFile(text=text) for path, text in files.items() if text is not None}
        sha = self._write(tree, old.info.parents, message or old.info.message, old.author, verified=False, mover=by)
        self._move(branch, sha)
        return sha

    def merge_base_into(
        self, branch: BranchName, base: BranchName, *, by: str, more: Mapping[str, str] | None = None
    ) -> Sha:
        """The button "Update branch"; with ``more`` a merge by hand."""
        ours, theirs = self.branches[branch], self.branches[base]
        other = set(self._history(theirs))
        start = next(one for one in self._history(ours) if one in other)
        tree = self._apply(start, ours, theirs)
        tree |= {path: MemoryFile(text=text) for path, text in (more or {}).items()}
        sha = self._write(tree, (ours, theirs), f"Merge branch '{base}' into {branch}", by, verified=True, mover=by)
        self._move(branch, sha)
        return sha

    def rebase_onto(self, branch: BranchName, base: BranchName, *, by: str) -> Sha:
        """The button "Update with rebase", for a branch of one commit."""
        old = self.commits[self.branches[branch]]
        tree = self._apply(old.info.parents[0], old.info.sha, self.branches[base])
        parents = (self.branches[base],)
        sha = self._write(tree, parents, old.info.message, old.author, verified=False, mover=by)
        self._move(branch, sha)
        return sha

    def reset(self, branch: BranchName, sha: Sha) -> None:
        """A forced push of a commit that is there already."""
        self._move(branch, sha)

    def close(self, number: int, *, by: str) -> None:
        self.pull_requests[number] = replace(self.get_pull_request(number), state=PullRequestState.CLOSED)
        self.closers[number] = by

    def _apply(self, start: Sha, ours: Sha, onto: Sha) -> dict[str, MemoryFile]:
        """What changed from ``start`` to ``ours``, done to ``onto``, file by file."""
        before, after, tree = self.commits[start].files, self.commits[ours].files, dict(self.commits[onto].files)
        for path in {*before, *after}:
            if before.get(path) == after.get(path):
                continue
            tree.pop(path, None)
            if path in after:
                tree[path] = after[path]
        return tree

    def _history(self, sha: Sha) -> Iterator[Sha]:
        """All commits reached, nearest first."""
        waiting, seen = [sha], set[Sha]()
        while waiting:
            one = waiting.pop(0)
            if one not in seen:
                seen.add(one)
                yield one
                waiting += self.commits[one].info.parents

    def _move(self, branch: BranchName, sha: Sha) -> None:
        self.branches[branch] = sha
        self._follow(branch)

    def add_comment(self, number: int, body: str, *, author: str) -> Comment:
        comment = Comment(id=self._next_id(), author=author, body=body)
        self.comments.setdefault(number, []).append(comment)
        self.written[comment.id] = self.moment
        return comment

    def _next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def _write(
        self,
        files: Mapping[str, MemoryFile],
        parents: tuple[Sha, ...],
        message: str,
        author: str,
        *,
        verified: bool,
        mover: str | None = None,
    ) -> Sha:
        tree = _digest([(path, one.mode, one.text) for path, one in sorted(files.items())])
        # The count stands for the clock: the same change made twice gives two commits.
        sha = _digest(tree, parents, message, author, len(self.commits))
        info = CommitInfo(
            sha=sha,
            tree=tree,
            parents=parents,
            message=message,
            mover=mover or author,
            vouched=author if verified else None,
        )
        self.commits[sha] = MemoryCommit(info=info, author=author, files=dict(files))
        return sha

    def _follow(self, branch: BranchName) -> None:
        for number, one in self.pull_requests.items():
            if one.head_branch == branch and one.state is PullRequestState.OPEN:
                head = self.branches.get(branch)
                moved = replace(one, head=head) if head else replace(one, state=PullRequestState.CLOSED)
                self.pull_requests[number] = moved

    # --- the port ---------------------------------------------------------------------------------

    def get_repository(self) -> Repository:
        if self.gone:
            raise ForgeNotFound(f"no repository {self.ref.full_name}")
        return self.repository

    def get_clone_source(self) -> CloneSource:
        return CloneSource(url=self.clone_url)

    def find_branch(self, branch: BranchName) -> Sha | None:
        return self.branches.get(branch)

    def get_commit(self, sha: Sha) -> CommitInfo:
        return self._get(sha).info

    def _get(self, sha: Sha) -> MemoryCommit:
        if sha not in self.commits:
            raise ForgeNotFound(f"no commit {sha}")
        return self.commits[sha]

    def find_file(self, path: str, commit: Sha) -> str | None:
        found = self._get(commit).files.get(path)
        return found.text if found else None

    def list_file_history(self, path: str, commit: Sha, *, limit: int) -> tuple[Sha, ...]:
        changed: list[Sha] = []
        sha: Sha | None = commit
        while sha is not None:
            one = self._get(sha)
            parent = one.info.parents[0] if one.info.parents else None
            before = self._get(parent).files.get(path) if parent else None
            if one.files.get(path) != before:
                changed.append(sha)
            sha = parent
        return tuple(changed[:limit])

    def list_subjects(self, commit: Sha, *, limit: int) -> tuple[str, ...]:
        commits = [self.commits[one].info for one in self._history(commit)]
        return tuple(one.message.partition("\n")[0] for one in commits if len(one.parents) < 2)[:limit]

    def compare(self, first: Sha, second: Sha) -> Comparison:
        left, right = self._get(first), self._get(second)
        reached, other = set(self._history(first)), set(self._history(second))
        start = next((self.commits[one] for one in self._history(first) if one in other), left)
        return Comparison(
            first_in_second=first in other,
            second_in_first=second in reached,
            files=tuple(_differences(start.files, right.files)),
        )

    def may_write_workflows(self) -> bool:
        return self.writes_workflows

    def push_branch(self, update: BranchUpdate, *, announce: Callable[[Sha], None] = lambda _: None) -> Pushed:
        if not self.writes_workflows and any(one.path.startswith(WORKFLOWS) for one in update.files):
            raise ForgeForbidden(f"{update.branch}: workflows may not be written")
        base = self._get(update.base)
        files = dict(base.files)
        for change in update.files:
            if change.text is None and change.path not in files:
                raise ForgeRejected(f"{change.path} is not there to delete")
            files.pop(change.path, None)
            if change.text is not None:
                files[change.path] = MemoryFile(text=change.text, mode=change.mode)
        if files == base.files:
            raise ForgeRejected(f"{update.branch}: the files are as they are in {update.base} already")
        head = self.commits.get(update.expected) if update.expected else None
        if head is not None and head.files == files and head.info.parents == (update.base,):
            return Pushed(head=head.info.sha, outcome=PushOutcome.UNCHANGED)
        sha = self._write(files, (update.base,), update.message, self.identity.login, verified=True)
        announce(sha)
        self._check_lease(update.branch, update.expected)
        self._move(update.branch, sha)
        return Pushed(head=sha, outcome=PushOutcome.UPDATED if update.expected else PushOutcome.CREATED)

    def _check_lease(self, branch: BranchName, expected: Sha | None) -> None:
        if self.branches.get(branch) != expected:
            raise ForgeConflict(f"{branch} is at {self.branches.get(branch)}, not at {expected}")

    def delete_branch(self, branch: BranchName, *, expected: Sha) -> None:
        if branch in self.branches:
            self._check_lease(branch, expected)
            del self.branches[branch]
            self._follow(branch)

    def list_pull_requests(self, state: PullRequestState, *, head: BranchName | None = None) -> tuple[PullRequest, ...]:
        is_open = state is PullRequestState.OPEN
        return tuple(
            one
            for _, one in sorted(self.pull_requests.items(), reverse=True)
            if (one.state is PullRequestState.OPEN) == is_open and head in (None, one.head_branch)
        )

    def get_pull_request(self, number: int) -> PullRequest:
        if number not in self.pull_requests:
            raise ForgeNotFound(f"no pull request {number}")
        return self.pull_requests[number]

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        head = self.branches.get(new.head)
        if head is None or new.base not in self.branches:
            raise ForgeRejected(f"no branch {new.head} or {new.base}")
        if any(one.base_branch == new.base for one in self.list_pull_requests(PullRequestState.OPEN, head=new.head)):
            raise ForgeConflict(f"a pull request for {new.head} is open already")
        one = PullRequest(
            number=self._next_id(),
            state=PullRequestState.OPEN,
            title=new.title,
            body=new.body,
            author=self.identity.login,
            draft=new.draft,
            head_branch=new.head,
            head=head,
            base_branch=new.base,
        )
        self.pull_requests[one.number] = one
        return one

    def edit_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        one = self.get_pull_request(number)
        kept = one.title if title is None else title, one.body if body is None else body
        self.pull_requests[number] = replace(one, title=kept[0], body=kept[1])

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

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None:
        one = self.get_pull_request(number)
        self.pull_requests[number] = replace(one, labels=tuple(dict.fromkeys((*one.labels, *labels))))

    def list_comments(self, number: int) -> tuple[Comment, ...]:
        return tuple(self.comments.get(number, ()))

    def comment(self, number: int, body: str) -> None:
        self.get_pull_request(number)
        self.add_comment(number, body, author=self.identity.login)

    def edit_comment(self, comment: int, body: str) -> None:
        for number, said in self.comments.items():
            if any(one.id == comment for one in said):
                self.comments[number] = [replace(one, body=body) if one.id == comment else one for one in said]
                return
        raise ForgeNotFound(f"no comment {comment}")

    def react(self, comment: int, reaction: Reaction) -> None:
        if not any(one.id == comment for rows in self.comments.values() for one in rows):
            raise ForgeNotFound(f"no comment {comment}")
        given = self.reactions.setdefault(comment, [])
        if reaction not in given:
            given.append(reaction)

    def look_over(self) -> Glance:
        repository = self.repository
        if repository.archived or repository.disabled:
            return Glance(ref=self.ref, base=None)
        own = [one for one in self.pull_requests.values() if one.author == self.identity.login and not one.from_fork]
        return Glance(
            ref=self.ref,
            base=self.branches.get(repository.default_branch),
            closed=tuple(
                ClosedPullRequest(number=one.number, moment=str(one.state))
                for one in own
                if one.state is not PullRequestState.OPEN and one.head_branch in self.branches
            ),
            comments=tuple(
                self._open_comment(one.number, comment)
                for one in own
                if one.state is PullRequestState.OPEN
                for comment in self.comments.get(one.number, ())
                if not comment.author.endswith("[bot]") and not self.reactions.get(comment.id)
            ),
        )

    def _open_comment(self, number: int, comment: Comment) -> OpenComment:
        return OpenComment(
            number=number,
            comment=comment.id,
            author=comment.author,
            text=comment.body,
            written=self.written[comment.id],
        )

    def get_permission(self, login: str) -> Permission:
        return self.permissions.get(login, Permission.NONE)

    def list_checks(self, commit: Sha, name: str) -> tuple[Check, ...]:
        # The newest alone, as GitHub has it unless it is asked for all.
        found = (check for report, check in reversed(self.checks) if (report.commit, report.name) == (commit, name))
        return tuple(islice(found, 1))

    def write_check(self, report: CheckReport) -> None:
        self._get(report.commit)
        check = Check(
            id=self._next_id(),
            name=report.name,
            conclusion=report.conclusion,
            title=report.title,
            summary=report.summary,
        )
        self.checks.append((report, check))


@dataclass(slots=True, kw_only=True)
class MemoryForgeApp:
    """The App, installed once for every repository's owner. ``rests``: which installations rest until when."""

    identity: AppIdentity = field(default_factory=lambda: AppIdentity(slug="lockbot", login="lockbot[bot]"))
    forges: dict[int, MemoryForge] = field(default_factory=dict)
    rests: dict[int, float] = field(default_factory=dict)

    def add_repository(self, ref: RepositoryRef, *, default_branch: str = "main") -> MemoryForge:
        repository = Repository(ref=ref, default_branch=BranchName(default_branch))
        self.forges[ref.id] = MemoryForge(repository=repository, identity=self.identity)
        return self.forges[ref.id]

    def get_identity(self) -> AppIdentity:
        return self.identity

    def list_installations(self) -> tuple[int, ...]:
        return tuple(sorted({one.ref.installation for one in self.forges.values()}))

    def list_repositories(self, installation: int) -> tuple[Repository, ...]:
        return tuple(one.repository for one in self.forges.values() if one.ref.installation == installation)

    def open_repository(self, ref: RepositoryRef) -> MemoryForge:
        if ref.id not in self.forges:
            raise ForgeNotFound(f"no repository {ref.full_name}")
        return self.forges[ref.id]

    def find_file_of(self, installation: int, repository: str, path: str, ref: str | None) -> str | None:
        for one in self.forges.values():
            if one.ref.installation == installation and one.ref.full_name.lower() == repository.lower():
                commit = one.find_branch(BranchName(ref or one.repository.default_branch))
                return None if commit is None or one.gone else one.find_file(path, commit)
        return None

    def look_over(self, installation: int, refs: Sequence[RepositoryRef]) -> tuple[Glance, ...]:
        known = (self.forges.get(ref.id) for ref in refs if ref.installation == installation)
        return tuple(one.look_over() for one in known if one is not None and not one.gone)

    def find_rest(self, installation: int) -> float | None:
        return self.rests.get(installation)

"""Commits, branches and files of the twin, and what people do with them."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.ports.forge import (
    AppIdentity,
    BranchMove,
    BranchUpdate,
    CloneSource,
    CommitInfo,
    CommitUpdate,
    Comparison,
    FileDifference,
    ForgeConflict,
    ForgeForbidden,
    ForgeNotFound,
    ForgeRejected,
    Pushed,
    PushOutcome,
    Repository,
    RepositoryRef,
)
from bot.ports.run import WORKFLOWS, BranchName, FileChange, FileMode, Sha


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


def _change(before: Mapping[str, MemoryFile], changes: Iterable[FileChange]) -> dict[str, MemoryFile]:
    files = dict(before)
    for change in changes:
        if change.text is None and change.path not in files:
            raise ForgeRejected(f"{change.path} is not there to delete")
        files.pop(change.path, None)
        if change.text is not None:
            files[change.path] = MemoryFile(text=change.text, mode=change.mode)
    return files


@dataclass(slots=True, kw_only=True)
class MemoryGit:
    """``gone``: deleted, or out of the installation's reach. ``lacking``: permissions that the account has not granted, as
    ``name: level``. ``forks``: their branches, by full name; the commits of all lie together.
    """

    repository: Repository
    identity: AppIdentity
    clone_url: str = "file:///nonexistent"
    commits: dict[Sha, MemoryCommit] = field(default_factory=dict)
    branches: dict[BranchName, Sha] = field(default_factory=dict)
    forks: dict[str, dict[BranchName, Sha]] = field(default_factory=dict)
    last_id: int = 0
    gone: bool = False
    writes_workflows: bool = True
    lacking: tuple[str, ...] = ()

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

    def commit_to_fork(
        self, repository: str, branch: BranchName, files: Mapping[str, str | None], *, author: str, start: Sha
    ) -> Sha:
        """On a branch of a fork, from ``start`` where it is not there yet."""
        branches = self.forks.setdefault(repository, {})
        head = branches.get(branch, start)
        tree = _change(self._get(head).files, [FileChange(path=path, text=text) for path, text in files.items()])
        sha = self._write(tree, (head,), "A change", author, verified=False)
        self._move_fork(repository, branch, sha)
        return sha

    def _move_fork(self, repository: str, branch: BranchName, sha: Sha) -> None:
        self.forks[repository][branch] = sha
        self._follow(branch, repository)

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

    def _follow(self, branch: BranchName, repository: str | None = None) -> None:
        """What a branch's move means for others: here for nobody."""

    def _need(self, permission: str) -> None:
        if any(one.startswith(f"{permission}:") for one in self.lacking):
            raise ForgeForbidden(f"{permission}: not granted")

    # --- the port ---------------------------------------------------------------------------------

    def get_repository(self) -> Repository:
        if self.gone:
            raise ForgeNotFound(f"no repository {self.ref.full_name}")
        return self.repository

    def get_clone_source(self) -> CloneSource:
        return CloneSource(url=self.clone_url)

    def find_branch(self, branch: BranchName) -> Sha | None:
        return self.branches.get(branch)

    def list_branches(self, prefix: str = "") -> Mapping[BranchName, Sha]:
        return {branch: head for branch, head in sorted(self.branches.items()) if branch.startswith(prefix)}

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

    def list_lacking(self) -> tuple[str, ...]:
        return self.lacking if self.writes_workflows else ("workflows: write", *self.lacking)

    def push_branch(self, update: BranchUpdate, *, announce: Callable[[Sha], None] = lambda _: None) -> Pushed:
        written = self.write_commit(update)
        if written.outcome is not PushOutcome.UNCHANGED:
            announce(written.head)
            self._check_lease(update.branch, update.expected)
            self._move(update.branch, written.head)
        return written

    def write_commit(self, update: BranchUpdate) -> Pushed:
        self._check_workflows(update.files)
        base = self._get(update.base)
        files = _change(base.files, update.files)
        if files == base.files:
            raise ForgeRejected(f"{update.branch}: the files are as they are in {update.base} already")
        head = self.commits.get(update.expected) if update.expected else None
        if head is not None and head.files == files and head.info.parents == (update.base,):
            return Pushed(head=head.info.sha, outcome=PushOutcome.UNCHANGED)
        sha = self._write(files, (update.base,), update.message, self.identity.login, verified=True)
        return Pushed(head=sha, outcome=PushOutcome.UPDATED if update.expected else PushOutcome.CREATED)

    def move_branches(self, moves: Sequence[BranchMove]) -> None:
        for one in moves:
            self._check_lease(one.branch, one.expected)
        for one in moves:
            self._move(one.branch, one.head)

    def _check_workflows(self, files: tuple[FileChange, ...]) -> None:
        if not self.writes_workflows and any(one.path.startswith(WORKFLOWS) for one in files):
            raise ForgeForbidden(f"{self.ref.full_name}: workflows may not be written")

    def push_commit(self, update: CommitUpdate) -> Sha:
        self._check_workflows(update.files)
        here = update.repository == self.ref.full_name
        branches = self.branches if here else self.forks.get(update.repository, {})
        if not here and not self._may_push_to(update.repository, update.branch):
            raise ForgeForbidden(f"{update.repository}: maintainers may not modify {update.branch}")
        if branches.get(update.branch) != update.parent:
            raise ForgeConflict(f"{update.branch} is at {branches.get(update.branch)}, not at {update.parent}")
        parent = self._get(update.parent)
        files = _change(parent.files, update.files)
        if files == parent.files:
            raise ForgeRejected(f"{update.branch}: the files are as they are in {update.parent} already")
        sha = self._write(files, (update.parent,), update.message, self.identity.login, verified=True)
        if here:
            self._move(update.branch, sha)
        else:
            self._move_fork(update.repository, update.branch, sha)
        return sha

    def _may_push_to(self, repository: str, branch: BranchName) -> bool:
        """Whether a pull request lets maintainers in; here there are none."""
        del repository, branch
        return False

    def _check_lease(self, branch: BranchName, expected: Sha | None) -> None:
        if self.branches.get(branch) != expected:
            raise ForgeConflict(f"{branch} is at {self.branches.get(branch)}, not at {expected}")

    def delete_branch(self, branch: BranchName, *, expected: Sha) -> None:
        if branch in self.branches:
            self._check_lease(branch, expected)
            del self.branches[branch]
            self._follow(branch)

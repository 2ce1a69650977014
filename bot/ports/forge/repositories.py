"""Repositories, their commits and branches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.ports.run import BranchName, FileChange, Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryRef:
    """A repository as one installation of the App sees it. ``id`` stays when the repository is renamed."""

    installation: int
    id: int
    owner: str
    name: str

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


class MergeMethod(StrEnum):
    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """``fork``: made of another repository. ``has_issues``: they are not turned off. ``allows_auto_merge`` and
    ``merge_methods`` are told by ``get_repository``; a list may leave them out.
    """

    ref: RepositoryRef
    default_branch: BranchName
    archived: bool = False
    disabled: bool = False
    private: bool = False
    fork: bool = False
    has_issues: bool = True
    allows_auto_merge: bool = False
    merge_methods: tuple[MergeMethod, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneSource:
    """Where to clone from. The credentials go to git through an ephemeral helper only; neither is ever in ``url``."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class Cloner(Protocol):
    def clone(self, source: CloneSource, commit: Sha) -> AbstractContextManager[Path]:
        """A git repository on disk that holds ``commit`` (its blobs may come when asked for); the path's life is the
        context's. Hooks, filters, submodules and configuration of the repository do nothing.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitInfo:
    """``mover`` is who made the commit as it is now, by login where the forge knows one, else by the name in it: after an
    ``--amend`` not its author. ``vouched``: the account that the forge itself says has made it through the forge; what a
    commit says of itself counts for nothing there.
    """

    sha: Sha
    tree: Sha
    parents: tuple[Sha, ...]
    message: str
    mover: str = ""
    vouched: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """How one file differs: ``status`` in the forge's word, ``blob`` the content's id afterwards.

    ``lines`` are the changed lines with those around them, without their numbers; None where the forge does not show
    them. ``counts`` are lines added and taken away.
    """

    path: str
    status: str
    blob: str
    lines: str | None
    counts: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two commits: whether one is reached from the other, and what differs from where they part to the second.

    ``files`` None: more than the forge lists.
    """

    first_in_second: bool
    second_in_first: bool
    files: tuple[FileDifference, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchUpdate:
    """Make ``branch`` one commit on ``base`` that applies ``files``. ``expected`` is the lease: the head that the branch
    has now, None when it must not exist."""

    branch: BranchName
    base: Sha
    expected: Sha | None
    message: str
    files: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchMove:
    """``expected`` is the lease: the head that the branch has now."""

    branch: BranchName
    expected: Sha
    head: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitUpdate:
    """One commit more on a branch that is there, of ``repository`` (``owner/name``): this one, or a fork of it.

    ``parent`` is the lease: the head that the branch has now.
    """

    repository: str
    branch: BranchName
    parent: Sha
    message: str
    files: tuple[FileChange, ...]


class PushOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """``UNCHANGED``: the branch was already one commit on that base with that tree."""

    head: Sha
    outcome: PushOutcome


class RepositoryPort(Protocol):
    """A repository as it is, and git in it."""

    @property
    def ref(self) -> RepositoryRef: ...

    def get_repository(self) -> Repository: ...

    def get_clone_source(self) -> CloneSource:
        """With a fresh short-lived token that can read contents."""
        ...

    def may_write_workflows(self) -> bool:
        """Whether branches may change files below ``.github/workflows``."""
        ...

    def list_lacking(self) -> tuple[str, ...]:
        """What the App asks for and the account has not granted (yet), as ``name: level``."""
        ...

    def find_branch(self, branch: BranchName) -> Sha | None: ...

    def list_branches(self, prefix: str = "") -> Mapping[BranchName, Sha]:
        """Every branch whose name begins so, with its head."""
        ...

    def get_commit(self, sha: Sha) -> CommitInfo: ...

    def find_file(self, path: str, commit: Sha) -> str | None:
        """The text of a file, None when it is not there or not UTF-8."""
        ...

    def list_file_history(self, path: str, commit: Sha, *, limit: int) -> tuple[Sha, ...]:
        """Commits reachable from ``commit`` that changed ``path``, newest first."""
        ...

    def list_subjects(self, commit: Sha, *, limit: int) -> tuple[str, ...]:
        """The first lines of the messages of a commit and of those before it, newest first; merges left out."""
        ...

    def compare(self, first: Sha, second: Sha) -> Comparison:
        """``ForgeNotFound`` where one of the commits is gone."""
        ...

    def push_branch(self, update: BranchUpdate, *, announce: Callable[[Sha], None] = lambda _: None) -> Pushed:
        """``ForgeConflict`` when the branch is not where ``update.expected`` says.

        ``announce`` hears of the new commit before the branch moves; nothing moves where it raises.
        """
        ...

    def write_commit(self, update: BranchUpdate) -> Pushed:
        """The commit that the branch is to get, which nothing leads to yet; ``UNCHANGED``: it is there already."""
        ...

    def move_branches(self, moves: Sequence[BranchMove]) -> None:
        """All of them, or none: ``ForgeConflict`` when one is not where its move expects it."""
        ...

    def push_commit(self, update: CommitUpdate) -> Sha:
        """The new head. ``ForgeConflict`` when the branch is not at ``update.parent``, also because this very commit was
        made by an earlier try; ``ForgeForbidden`` where the fork does not let maintainers in; ``ForgeRejected`` when
        nothing would change.
        """
        ...

    def delete_branch(self, branch: BranchName, *, expected: Sha) -> None:
        """Gone already is fine; ``ForgeConflict`` when it moved."""
        ...

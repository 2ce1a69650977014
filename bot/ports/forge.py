"""The forge: where repositories, branches and pull requests live, and how a commit of them comes onto this machine.

``bot.forge`` implements ``ForgeApp`` and ``Forge``, ``bot.git`` implements ``Cloner``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.errors import LockbotError
from bot.ports.run import BranchName, FileChange, Problem, Sha

# --- repositories ---------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    ref: RepositoryRef
    default_branch: BranchName
    archived: bool = False
    disabled: bool = False


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


# --- the forge itself -----------------------------------------------------------------------------


class ForgeError(LockbotError):
    """The forge refused or could not be reached."""


class ForgeUnavailable(ForgeError):
    """Worth trying again: network, server error or rate limit. ``retry_after`` in seconds when the forge said so."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ForgeForbidden(ForgeError):
    """The App lacks a permission, or its credentials are wrong."""


class ForgeNotFound(ForgeError):
    """The thing is gone, or the installation does not see it."""


class ForgeConflict(ForgeError):
    """The world moved: a branch is not where it was expected to be, or the thing exists already."""


class ForgeRejected(ForgeError):
    """The forge says that the request is not valid."""


class Permission(StrEnum):
    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    @property
    def can_write(self) -> bool:
        return self in (Permission.WRITE, Permission.MAINTAIN, Permission.ADMIN)


class Reaction(StrEnum):
    THUMBS_UP = "+1"
    CONFUSED = "confused"
    EYES = "eyes"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppIdentity:
    """``login`` is the account that the App acts as, such as ``lockbot[bot]``."""

    slug: str
    login: str


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


class PushOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """``UNCHANGED``: the branch was already one commit on that base with that tree."""

    head: Sha
    outcome: PushOutcome


class PullRequestState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """``from_fork``: its head lies in another repository. ``author`` is a login."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPullRequest:
    """``draft``: not ready for review; where a forge has no drafts it is opened as any other."""

    head: BranchName
    base: BranchName
    title: str
    body: str
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    id: int
    author: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPullRequest:
    """One of the App's own whose branch is still there. ``moment``: when it was closed, as the forge writes it."""

    number: int
    moment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenComment:
    """By a person, on an open pull request of the App, without a reaction of the App's."""

    number: int
    comment: int
    author: str
    text: str
    written: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What is to be seen of a repository from afar. ``base`` None: there is nothing to work on."""

    ref: RepositoryRef
    base: Sha | None
    closed: tuple[ClosedPullRequest, ...] = ()
    comments: tuple[OpenComment, ...] = ()


class CheckConclusion(StrEnum):
    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    ACTION_REQUIRED = "action_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """A finished check run on ``commit``; ``problems`` and ``warnings`` with a path become annotations."""

    commit: Sha
    name: str
    conclusion: CheckConclusion
    title: str
    summary: str
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    id: int
    name: str
    conclusion: CheckConclusion | None
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """What a forge takes: ``body`` of a pull request in characters, ``summary`` of a check run in bytes."""

    body: int
    summary: int


class Forge(Protocol):
    """One repository through one installation. Every method may raise a ``ForgeError``; ``find_`` gives None for what
    is not there, ``get_`` raises ``ForgeNotFound``. Writing methods are idempotent or say how they answer twice."""

    @property
    def ref(self) -> RepositoryRef: ...

    @property
    def limits(self) -> TextLimits: ...

    def get_repository(self) -> Repository: ...

    def get_clone_source(self) -> CloneSource:
        """With a fresh short-lived token that can read contents."""
        ...

    def may_write_workflows(self) -> bool:
        """Whether branches may change files below ``.github/workflows``."""
        ...

    def find_branch(self, branch: BranchName) -> Sha | None: ...

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

    def delete_branch(self, branch: BranchName, *, expected: Sha) -> None:
        """Gone already is fine; ``ForgeConflict`` when it moved."""
        ...

    def list_pull_requests(self, state: PullRequestState, *, head: BranchName | None = None) -> tuple[PullRequest, ...]:
        """Newest first. ``CLOSED`` gives the closed and the merged ones; ``head`` means a branch of this repository."""
        ...

    def get_pull_request(self, number: int) -> PullRequest: ...

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        """``ForgeConflict`` when one is open for that head and base."""
        ...

    def edit_pull_request(self, number: int, *, title: str | None = None, body: str | None = None) -> None:
        """None leaves a text as it is."""
        ...

    def close_pull_request(self, number: int) -> None: ...

    def reopen_pull_request(self, number: int) -> None:
        """``ForgeRejected`` where the forge no longer lets it."""
        ...

    def find_closer(self, number: int) -> str | None:
        """The login of who closed it; None where it is open or nobody knows."""
        ...

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None: ...

    def list_comments(self, number: int) -> tuple[Comment, ...]: ...

    def comment(self, number: int, body: str) -> None: ...

    def edit_comment(self, comment: int, body: str) -> None: ...

    def react(self, comment: int, reaction: Reaction) -> None:
        """Reacting twice leaves one reaction."""
        ...

    def get_permission(self, login: str) -> Permission: ...

    def list_checks(self, commit: Sha, name: str) -> tuple[Check, ...]:
        """Check runs of that name made by this App."""
        ...

    def write_check(self, report: CheckReport) -> None: ...


class ForgeApp(Protocol):
    """The App itself."""

    def get_identity(self) -> AppIdentity: ...

    def list_installations(self) -> tuple[int, ...]:
        """Those that are not suspended."""
        ...

    def list_repositories(self, installation: int) -> tuple[Repository, ...]: ...

    def open_repository(self, ref: RepositoryRef) -> Forge: ...

    def find_file_of(self, installation: int, repository: str, path: str, ref: str | None) -> str | None:
        """A file of a repository (``owner/name``) that the installation may read, on a branch or tag (None: the default
        branch); None where there is none, or the App may not read it."""
        ...

    def look_over(self, installation: int, refs: Sequence[RepositoryRef]) -> tuple[Glance, ...]:
        """Many repositories at once, at the price of a few requests. Those that are gone are left out; of each the
        newest comments and pull requests are seen, not all."""
        ...

    def find_rest(self, installation: int) -> float | None:
        """Until when (seconds since the epoch) an installation whose budget of requests is low should rest, but for what
        people asked for; None: there is plenty. Known from the last answers, nobody is asked."""
        ...

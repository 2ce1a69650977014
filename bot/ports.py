"""The ports of a run, and the values that cross them: plain data, no I/O, no wording.

* ``ForgeApp``/``Forge`` is where repositories, branches and pull requests live (``bot.forge`` implements it);
* ``Cloner`` brings one commit of a repository onto this machine (``bot.git``);
* ``Clock`` tells the time; ``StepRunner`` remembers what a run has already done;
* ``RunRequest`` goes into a run over one repository, ``RunReport`` comes out; ``RunRepository`` is that run.

``RunReport`` and everything in it must survive a round trip through JSON: a durable worker stores it between steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType, Protocol

from bot.errors import LockbotError

#: A full hexadecimal git object id.
Sha = NewType("Sha", str)

#: A branch without ``refs/heads/``.
BranchName = NewType("BranchName", str)


# --- time and memory ------------------------------------------------------------------------------


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class StepRunner(Protocol):
    """Runs the steps of a run. A durable runner records each outcome, so a resumed run skips what was done."""

    def run(self, name: str, action: Callable[[], str]) -> str:
        """Run ``action`` once under ``name`` (unique within the run) and give its text, usually JSON.

        An action that was interrupted runs again: it must be idempotent. What it raises passes through.
        """
        ...


class PlainSteps:
    """The step runner of the command line and of tests: calls, remembers nothing."""

    def run(self, name: str, action: Callable[[], str]) -> str:
        del name
        return action()


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


# --- what a run proposes --------------------------------------------------------------------------


class FileMode(StrEnum):
    REGULAR = "100644"
    EXECUTABLE = "100755"
    SYMLINK = "120000"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file's whole new text at a ``/``-separated path from the repository's root; ``text`` None deletes it.

    ``text`` holds every character as is (line ends, byte order mark); it is written as UTF-8.
    """

    path: str
    text: str | None
    mode: FileMode = FileMode.REGULAR


class UpdateKind(StrEnum):
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    PIN = "pin"
    LOCK = "lock"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateLine:
    """A direct requirement that moves. ``before`` None: it was not locked. ``manifest`` is the path of its file."""

    package: str
    kind: UpdateKind
    before: str | None
    after: str
    manifest: str


class LockChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockChange:
    """What happened to one package in one lockfile; several versions of a fork are joined with ``, ``.

    ``recorded``: where in the sdist the metadata was found that a build made earlier (``egg-info``, ``setup.cfg``);
    ``None`` where it is static, as uv would read it.
    """

    lockfile: str
    package: str
    kind: LockChangeKind
    before: str | None = None
    after: str | None = None
    direct: bool = False
    recorded: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One update branch and its pull request, worded and solved. ``files`` are relative to the run's base commit.

    ``branch`` is fixed for the group (no version in it). ``body`` is Markdown without lockbot's hidden block.
    """

    branch: BranchName
    group: str
    title: str
    body: str
    commit_message: str
    labels: tuple[str, ...] = ()
    updates: tuple[UpdateLine, ...] = ()
    lock_changes: tuple[LockChange, ...] = ()
    files: tuple[FileChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    package: str
    current: str
    latest: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something the repository's people should mend; the rest of the run went on. ``line`` counts from 1."""

    message: str
    path: str | None = None
    line: int | None = None
    hint: str | None = None


# --- one run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigText:
    """A ``.lockbot.json``: where it lies in the repository, and its text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """``root`` is a git repository (bare or not) that holds ``base``; only git objects are read, never a work tree.

    ``config`` replaces the repository's own configuration file (an earlier valid text, when the present one is broken).
    ``only`` keeps one group or update branch.
    """

    root: Path
    base: Sha
    base_branch: BranchName
    now: datetime
    repository: str
    config: ConfigText | None = None
    only: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigState:
    """What ``.lockbot.json`` says to the worker. ``path`` None: there is none, defaults hold.

    ``problems`` is not empty when the file is broken: then the run stops there and proposes nothing.
    ``schedule`` holds the entries as written (cron or Renovate's words); empty means the default.
    """

    path: str | None = None
    enabled: bool = True
    schedule: tuple[str, ...] = ()
    timezone: str = "UTC"
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """All that a run found. ``timings`` are seconds by stage. Proposals hold everything that could move now."""

    base: Sha
    base_branch: BranchName
    config: ConfigState = ConfigState()
    proposals: tuple[Proposal, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    problems: tuple[Problem, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)


class RunRepository(Protocol):
    """``bot.pipeline``: plans, solves and edits; changes nothing outside. Other arguments are bound by ``bot.app``."""

    def __call__(self, request: RunRequest) -> RunReport: ...


# --- the forge ------------------------------------------------------------------------------------


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
    THUMBS_DOWN = "-1"
    CONFUSED = "confused"
    EYES = "eyes"
    ROCKET = "rocket"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppIdentity:
    """``login`` is the account that the App acts as, such as ``lockbot[bot]``."""

    slug: str
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitInfo:
    sha: Sha
    tree: Sha
    parents: tuple[Sha, ...]
    message: str
    author_login: str | None = None
    verified: bool = False


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
    head: BranchName
    base: BranchName
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    id: int
    author: str
    body: str


class CheckConclusion(StrEnum):
    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    ACTION_REQUIRED = "action_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """A finished check run on ``commit``; ``problems`` with path and line become annotations."""

    commit: Sha
    name: str
    conclusion: CheckConclusion
    title: str
    summary: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    id: int
    name: str
    conclusion: CheckConclusion | None
    title: str
    summary: str


class Forge(Protocol):
    """One repository through one installation. Every method may raise a ``ForgeError``; ``find_`` gives None for what
    is not there, ``get_`` raises ``ForgeNotFound``. Writing methods are idempotent or say how they answer twice."""

    @property
    def ref(self) -> RepositoryRef: ...

    def get_repository(self) -> Repository: ...

    def get_clone_source(self) -> CloneSource:
        """With a fresh short-lived token that can read contents."""
        ...

    def find_branch(self, branch: BranchName) -> Sha | None: ...

    def get_commit(self, sha: Sha) -> CommitInfo: ...

    def find_file(self, path: str, commit: Sha) -> str | None:
        """The text of a file, None when it is not there or not UTF-8."""
        ...

    def list_file_history(self, path: str, commit: Sha, *, limit: int) -> tuple[Sha, ...]:
        """Commits reachable from ``commit`` that changed ``path``, newest first."""
        ...

    def push_branch(self, update: BranchUpdate) -> Pushed:
        """``ForgeConflict`` when the branch is not where ``update.expected`` says."""
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

    def edit_pull_request(self, number: int, *, title: str, body: str) -> None: ...

    def close_pull_request(self, number: int) -> None: ...

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None: ...

    def list_comments(self, number: int) -> tuple[Comment, ...]: ...

    def comment(self, number: int, body: str) -> None: ...

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

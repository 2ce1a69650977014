"""What happened in a forge, in words of our own. It is a hint only: a worker reads the truth again before it acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoriesAdded:
    repositories: tuple[RepositoryRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoriesRemoved:
    """``repositories`` None: the whole installation is gone."""

    installation: int
    repositories: tuple[RepositoryRef, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationResumed:
    installation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePushed:
    """``touched``: the paths that the push changed, as far as the forge names them; ``is_whole``: it names them all.
    ``branch`` None: the default one; of another one nobody knows yet whether updates are proposed for it."""

    repository: RepositoryRef
    head: Sha
    touched: frozenset[str]
    is_whole: bool
    branch: BranchName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestClosed:
    repository: RepositoryRef
    number: int
    branch: BranchName
    merged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentWritten:
    """By a person, on a pull request or an issue; ``owner`` is who opened that."""

    repository: RepositoryRef
    number: int
    comment: int
    author: str
    text: str
    is_pull_request: bool = True
    is_open: bool = True
    owner: str = ""
    owner_is_bot: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentEdited:
    """A person's comment, edited by a person: not always the same. ``before`` is its former text."""

    repository: RepositoryRef
    number: int
    comment: int
    author: str
    editor: str
    before: str
    after: str
    is_pull_request: bool = True
    is_open: bool = True
    owner: str = ""
    owner_is_bot: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyEdited:
    """The body of a pull request or an issue of an App, edited by a person: a box was ticked, say."""

    repository: RepositoryRef
    number: int
    editor: str
    before: str
    after: str
    is_pull_request: bool = True
    is_open: bool = True
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadJudged:
    """A check, a status or a review has come to an end on a commit."""

    repository: RepositoryRef
    head: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueClosed:
    """An issue of an App was closed; ``is_gone``: deleted, or moved to another repository."""

    repository: RepositoryRef
    number: int
    closer: str
    closer_is_bot: bool
    owner: str
    is_gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadChanged:
    """An open pull request, anybody's, has a head that nobody has looked at, or another base. ``head_repository`` None: its
    fork is gone.
    """

    repository: RepositoryRef
    number: int
    head: Sha
    head_branch: BranchName
    head_repository: str | None
    base_branch: BranchName
    owner: str
    owner_is_bot: bool
    sender: str
    is_draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntered:
    """The merge queue has made a commit and wants to know what checks say of it."""

    repository: RepositoryRef
    head: Sha
    base: Sha
    base_branch: BranchName


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRerequested:
    """Somebody wants a check of the App's made anew; ``name`` None: all of them. ``numbers``: pull requests with that
    head, those of forks left out.
    """

    repository: RepositoryRef
    commit: Sha
    name: str | None
    numbers: tuple[int, ...]
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """There is an alert about a vulnerability, or there is one again, or somebody decided to live with it."""

    repository: RepositoryRef
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryChanged:
    """Its name, its default branch or who may see it is another one, or it is no longer archived."""

    repository: RepositoryRef


Event: TypeAlias = (
    RepositoriesAdded
    | RepositoriesRemoved
    | InstallationResumed
    | RepositoryChanged
    | BasePushed
    | PullRequestClosed
    | HeadChanged
    | QueueEntered
    | CheckRerequested
    | CommentWritten
    | CommentEdited
    | BodyEdited
    | IssueClosed
    | AlertRaised
    | HeadJudged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    reason: str

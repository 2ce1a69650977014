"""What a forge tells of, in words of our own, and the jobs that follow: delivery -> event -> jobs. Pure.

A forge's doorway (``bot.web.doorway``) makes the events. What it says is a hint only: a worker reads the truth again
before it acts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias, assert_never

from bot.detect.kinds import find_owner, is_brought
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha
from bot.repoconfig.load import CONFIG_PATHS

# --- events ---------------------------------------------------------------------------------------


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
    """``touched``: the paths that the push changed, as far as the forge names them; ``is_whole``: it names them all."""

    repository: RepositoryRef
    head: Sha
    touched: frozenset[str]
    is_whole: bool


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
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    reason: str


# --- what comes in --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A genuine message of a forge. The same ``id`` comes again when it is delivered again.

    ``kind`` is the forge's word for what happened, or "other" where lockbot has no use for it.
    """

    id: str
    kind: str
    event: Event | Ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A genuine message that is not what its ``kind`` promises."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No message of the forge's, with the HTTP status that says so. The sender learns nothing about the secret."""

    status: int
    reason: str


# --- jobs -----------------------------------------------------------------------------------------


class Scope(StrEnum):
    """``ALL`` opens what can be opened, if the repository's schedule lets it now; at a ``TURN`` that schedule itself has
    begun the run. ``SECURITY`` opens security updates, and of all else only refreshes and closes what is open. ``OPEN``
    does so too, where a pull request is open; else it does nothing."""

    TURN = "turn"
    ALL = "all"
    SECURITY = "security"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob:
    kind: Literal["run"] = "run"
    repository: RepositoryRef
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandJob:
    """``command`` is the word as it was given, in small letters; it need not be one that there is."""

    kind: Literal["command"] = "command"
    repository: RepositoryRef
    number: int
    comment: int
    author: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedJob:
    kind: Literal["closed"] = "closed"
    repository: RepositoryRef
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetJob:
    """Stop working on repositories, or with ``repositories`` None on all of the installation."""

    kind: Literal["forget"] = "forget"
    installation: int
    repositories: tuple[int, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncJob:
    """Compare what is known with what the forge lists; start what is new. ``installation`` None: all of them."""

    kind: Literal["sync"] = "sync"
    installation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepJob:
    """Look for what no message told of. ``installation`` None: one such job for each that is known."""

    kind: Literal["sweep"] = "sweep"
    installation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchJob:
    """Ask the service of advisories whether something new is known of what repositories have locked."""

    kind: Literal["watch"] = "watch"


Job: TypeAlias = RunJob | CommandJob | ClosedJob | ForgetJob | SyncJob | SweepJob | WatchJob


def plan_jobs(event: Event) -> tuple[Job, ...] | Ignored:
    match event:
        case RepositoriesAdded():
            return tuple(RunJob(repository=one, scope=Scope.ALL) for one in event.repositories)
        case RepositoriesRemoved():
            gone = None if event.repositories is None else tuple(one.id for one in event.repositories)
            return (ForgetJob(installation=event.installation, repositories=gone),)
        case InstallationResumed():
            return (SyncJob(installation=event.installation),)
        case BasePushed():
            return _plan_push(event)
        case PullRequestClosed():
            return (ClosedJob(repository=event.repository, number=event.number),)
        case CommentWritten():
            return _plan_command(event)
        case RepositoryChanged():
            return (RunJob(repository=event.repository, scope=Scope.ALL),)
        case HeadChanged() | QueueEntered() | CheckRerequested():
            return Ignored(reason="checks on pull requests are not made yet")
        case CommentEdited() | BodyEdited() | IssueClosed():
            return Ignored(reason="edits are not obeyed yet")
        case AlertRaised():
            return (RunJob(repository=event.repository, scope=Scope.SECURITY),)
        case _:
            assert_never(event)


def _plan_push(event: BasePushed) -> tuple[Job, ...] | Ignored:
    """A change of the configuration asks for a whole run, one of files that nobody reads for none."""
    if not event.touched.isdisjoint(CONFIG_PATHS):
        return (RunJob(repository=event.repository, scope=Scope.ALL),)
    if event.is_whole and not any(_is_read(path, event.touched) for path in event.touched):
        return Ignored(reason="push touches no manifest, lock or configuration")
    return (RunJob(repository=event.repository, scope=Scope.OPEN),)


def _is_read(path: str, touched: frozenset[str]) -> bool:
    return is_brought(path, touched) or find_owner(path) is not None


# --- commands -------------------------------------------------------------------------------------

_COMMAND = re.compile(r"^/lockbot(?:[ \t]+([^\s]+))?[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")


def _plan_command(event: CommentWritten) -> tuple[Job, ...] | Ignored:
    if not (event.is_pull_request and event.is_open and event.owner_is_bot):
        return Ignored(reason="comment is not on an open pull request of an App")
    command = find_command(event.text)
    if command is None:
        return Ignored(reason="comment without a command")
    job = CommandJob(
        repository=event.repository,
        number=event.number,
        comment=event.comment,
        author=event.author,
        command=command,
    )
    return (job,)


def find_command(text: str) -> str | None:
    """The word of the first line that is ``/lockbot WORD`` and nothing else, outside fenced code; quotes don't count.

    Without a word it is empty. Which words are commands is for ``bot.work.commands.obeying`` to say.
    """
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (match := _COMMAND.match(line)):
            return (match.group(1) or "").lower()
    return None

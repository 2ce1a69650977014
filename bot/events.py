"""What a forge tells of, in words of our own, and the jobs that follow: delivery -> event -> jobs. Pure.

A forge's doorway (``bot.web.doorway``) makes the events. What it says is a hint only: a worker reads the truth again
before it acts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, TypeAlias, assert_never

from bot.detect.kinds import find_owner, is_brought
from bot.orders import Order, find_new_orders, find_newly_ticked, find_orders
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha
from bot.repoconfig.load import CONFIG_PATHS
from bot.report.head_check import HEAD_CHECK
from bot.report.pulls.branch import ONBOARDING_BRANCH

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
    """``waiting``: branches that an earlier run would have opened but for the limits; they may be opened under any scope.
    ``branch``: where a push asks for the run; it is made only if updates are proposed for that branch."""

    kind: Literal["run"] = "run"
    repository: RepositoryRef
    scope: Scope
    waiting: tuple[BranchName, ...] = ()
    branch: BranchName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandJob:
    """Orders of people on an issue or pull request: the lines of a comment, or (``comment`` None) boxes that were ticked.

    ``author`` wrote the comment or ticked the boxes, ``editor`` is who changed the comment since. ``orders`` are as they
    were given: their words need not be ones that there are. ``command`` is the one word of jobs that older versions stored.
    """

    kind: Literal["command"] = "command"
    repository: RepositoryRef
    number: int
    comment: int | None = None
    author: str
    editor: str | None = None
    orders: tuple[Order, ...] = ()
    command: str = ""

    @property
    def given(self) -> tuple[Order, ...]:
        return self.orders or (Order(word=self.command),)

    @property
    def people(self) -> tuple[str, ...]:
        """All of them must be allowed to give the orders."""
        return (self.author,) if self.editor in (None, self.author) else (self.author, self.editor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedJob:
    kind: Literal["closed"] = "closed"
    repository: RepositoryRef
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeJob:
    """Look again at what waits to be merged: where it is at that ``head``, or that pull request, or with neither all of it."""

    kind: Literal["merge"] = "merge"
    repository: RepositoryRef
    head: Sha | None = None
    number: int | None = None


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
class CheckJob:
    """Check a commit: the ``head`` of pull request ``number``, or what a merge queue makes on ``base``; where neither is
    known, the pull request is looked for by its head. ``is_stranger``: of somebody without write access, which only a look
    at the forge tells.
    """

    kind: Literal["check"] = "check"
    repository: RepositoryRef
    head: Sha
    number: int | None = None
    base: Sha | None = None
    is_stranger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RelockJob:
    """Lock pull request ``number`` again, unasked, while its head is this one."""

    kind: Literal["relock"] = "relock"
    repository: RepositoryRef
    number: int
    head: Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchJob:
    """Ask the service of advisories whether something new is known of what repositories have locked."""

    kind: Literal["watch"] = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexJob:
    """Look at pages of indexes that are due, and wake the repositories that a change concerns."""

    kind: Literal["indexes"] = "indexes"


Job: TypeAlias = (
    RunJob
    | CommandJob
    | ClosedJob
    | MergeJob
    | ForgetJob
    | SyncJob
    | SweepJob
    | CheckJob
    | RelockJob
    | WatchJob
    | IndexJob
)


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
            return _plan_orders(event, _answer_to(event), find_orders(event.text))
        case CommentEdited():
            job = replace(_answer_to(event), editor=event.editor)
            return _plan_orders(event, job, find_new_orders(event.before, event.after))
        case BodyEdited():
            job = CommandJob(repository=event.repository, number=event.number, author=event.editor)
            return _plan_orders(event, job, find_newly_ticked(event.before, event.after))
        case HeadJudged():
            return (MergeJob(repository=event.repository, head=event.head),)
        case RepositoryChanged():
            return (RunJob(repository=event.repository, scope=Scope.ALL),)
        case HeadChanged():
            return _plan_head(event)
        case QueueEntered():
            return (CheckJob(repository=event.repository, head=event.head, base=event.base),)
        case CheckRerequested():
            return _plan_again(event)
        case IssueClosed():
            return Ignored(reason="the next run looks at the dashboard")
        case AlertRaised():
            return (RunJob(repository=event.repository, scope=Scope.SECURITY),)
        case _:
            assert_never(event)


def _plan_head(event: HeadChanged) -> tuple[Job, ...]:
    """Every head is checked. What a person moves is not merged by itself any more, and that is seen to at once."""
    check = CheckJob(repository=event.repository, head=event.head, number=event.number)
    if event.owner_is_bot and not event.sender.endswith("[bot]"):
        if event.head_branch == ONBOARDING_BRANCH:
            # What somebody writes into the first configuration is planned with at once.
            return (check, RunJob(repository=event.repository, scope=Scope.OPEN))
        return (check, MergeJob(repository=event.repository, number=event.number))
    return (check,)


def _plan_again(event: CheckRerequested) -> tuple[Job, ...]:
    """The check of a head is made again by itself; all others are told of by a run. Who asks for all of them means either."""
    numbers: tuple[int | None, ...] = event.numbers or (None,)
    checks = (CheckJob(repository=event.repository, head=event.commit, number=one) for one in numbers[:1])
    if event.name == HEAD_CHECK or event.numbers:
        return tuple(checks)
    run = RunJob(repository=event.repository, scope=Scope.ALL)
    return (run,) if event.name is not None else (*checks, run)


def _plan_push(event: BasePushed) -> tuple[Job, ...] | Ignored:
    """A change of the configuration asks for a whole run, one of files that nobody reads for none. That of another branch than
    the default one is not obeyed."""
    if event.branch is None and not event.touched.isdisjoint(CONFIG_PATHS):
        return (RunJob(repository=event.repository, scope=Scope.ALL),)
    if event.is_whole and not any(_is_read(path, event.touched) for path in event.touched):
        return Ignored(reason="push touches no manifest, lock or configuration")
    return (RunJob(repository=event.repository, scope=Scope.OPEN, branch=event.branch),)


def _is_read(path: str, touched: frozenset[str]) -> bool:
    return is_brought(path, touched) or find_owner(path) is not None


def is_checked(touched: frozenset[str]) -> bool:
    """Whether a commit that changes these paths changes a manifest, a lock, or the configuration."""
    return not touched.isdisjoint(CONFIG_PATHS) or any(_is_read(path, touched) for path in touched)


def _answer_to(event: CommentWritten | CommentEdited) -> CommandJob:
    return CommandJob(repository=event.repository, number=event.number, comment=event.comment, author=event.author)


def _plan_orders(
    event: CommentWritten | CommentEdited | BodyEdited, job: CommandJob, orders: tuple[Order, ...]
) -> tuple[Job, ...] | Ignored:
    """Orders are given on what is an App's, be it closed, and in comments on anybody's open pull requests."""
    if not orders:
        return Ignored(reason="nothing is ordered")
    is_an_apps = isinstance(event, BodyEdited) or event.owner_is_bot
    if not is_an_apps and not (event.is_pull_request and event.is_open):
        return Ignored(reason="not an App's")
    return (replace(job, orders=orders),)

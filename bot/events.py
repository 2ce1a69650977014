"""Webhook deliveries in words of our own: payload -> event or ignored(reason), event -> jobs. Pure.

Payload fields are GitHub's ("Webhook events and payloads"); only those that are used are read, anything else may be
there. What a payload says is a hint only: a worker reads the truth again before it acts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias, assert_never

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import InputError
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha
from bot.repoconfig.load import CONFIG_PATHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A verified webhook request. ``id`` is GitHub's GUID: the same one comes again on a redelivery."""

    id: str
    event: str
    body: bytes


# --- events ---------------------------------------------------------------------------------------


class CommandName(StrEnum):
    REBASE = "rebase"
    UNKNOWN = "unknown"


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
    """``config_touched``: the push changed the repository's configuration, which asks for a whole run."""

    repository: RepositoryRef
    head: Sha
    config_touched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestClosed:
    repository: RepositoryRef
    number: int
    branch: BranchName
    merged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven:
    repository: RepositoryRef
    number: int
    comment: int
    author: str
    command: CommandName


Event: TypeAlias = (
    RepositoriesAdded | RepositoriesRemoved | InstallationResumed | BasePushed | PullRequestClosed | CommandGiven
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    reason: str


# --- jobs -----------------------------------------------------------------------------------------


class Scope(StrEnum):
    """``ALL`` opens what can be opened; ``OPEN`` only refreshes and closes what is open."""

    ALL = "all"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunJob:
    kind: Literal["run"] = "run"
    repository: RepositoryRef
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandJob:
    kind: Literal["command"] = "command"
    repository: RepositoryRef
    number: int
    comment: int
    author: str
    command: CommandName


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


Job: TypeAlias = RunJob | CommandJob | ClosedJob | ForgetJob | SyncJob


def plan_jobs(event: Event) -> tuple[Job, ...]:
    match event:
        case RepositoriesAdded():
            return tuple(RunJob(repository=one, scope=Scope.ALL) for one in event.repositories)
        case RepositoriesRemoved():
            gone = None if event.repositories is None else tuple(one.id for one in event.repositories)
            return (ForgetJob(installation=event.installation, repositories=gone),)
        case InstallationResumed():
            return (SyncJob(installation=event.installation),)
        case BasePushed():
            return (RunJob(repository=event.repository, scope=Scope.ALL if event.config_touched else Scope.OPEN),)
        case PullRequestClosed():
            return (ClosedJob(repository=event.repository, number=event.number),)
        case CommandGiven():
            return (
                CommandJob(
                    repository=event.repository,
                    number=event.number,
                    comment=event.comment,
                    author=event.author,
                    command=event.command,
                ),
            )
        case _:
            assert_never(event)


# --- payloads -------------------------------------------------------------------------------------


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Account(_Payload):
    login: str
    type: str = "User"


class _Installation(_Payload):
    id: int


class _ListedRepository(_Payload):
    id: int
    full_name: str


class _Repository(_ListedRepository):
    default_branch: str = ""


class _InstallationPayload(_Payload):
    action: str
    installation: _Installation
    repositories: tuple[_ListedRepository, ...] = ()
    repositories_added: tuple[_ListedRepository, ...] = ()
    repositories_removed: tuple[_ListedRepository, ...] = ()


class _PushedCommit(_Payload):
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()


class _PushPayload(_Payload):
    ref: str
    after: str
    deleted: bool = False
    commits: tuple[_PushedCommit, ...] = ()
    repository: _Repository
    installation: _Installation


class _Head(_Payload):
    ref: str
    repo: _ListedRepository | None = None


class _PullRequest(_Payload):
    number: int
    merged: bool = False
    user: _Account | None
    head: _Head


class _PullRequestPayload(_Payload):
    action: str
    pull_request: _PullRequest
    repository: _Repository
    installation: _Installation


class _IssuePullRequest(_Payload):
    pass


class _Issue(_Payload):
    number: int
    state: str = "open"
    user: _Account | None
    pull_request: _IssuePullRequest | None = None


class _IssueComment(_Payload):
    id: int
    body: str | None = None
    user: _Account | None


class _CommentPayload(_Payload):
    action: str
    issue: _Issue
    comment: _IssueComment
    repository: _Repository
    installation: _Installation


def parse_event(delivery: Delivery) -> Event | Ignored:
    """Raises ``InputError`` when the body is not the payload that its event name promises."""
    try:
        match delivery.event:
            case "installation":
                return _read_installation(_InstallationPayload.model_validate_json(delivery.body))
            case "installation_repositories":
                return _read_repositories(_InstallationPayload.model_validate_json(delivery.body))
            case "push":
                return _read_push(_PushPayload.model_validate_json(delivery.body))
            case "pull_request":
                return _read_pull_request(_PullRequestPayload.model_validate_json(delivery.body))
            case "issue_comment":
                return _read_comment(_CommentPayload.model_validate_json(delivery.body))
            case _:
                return Ignored(reason="event not used")
    except ValidationError as error:
        raise InputError(_describe(delivery.event, error)) from None


def _describe(event: str, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{event} payload: {place + ': ' if place else ''}{first['msg']}"


def _read_installation(payload: _InstallationPayload) -> Event | Ignored:
    match payload.action:
        case "created":
            return RepositoriesAdded(repositories=_refs(payload.installation, payload.repositories))
        case "deleted" | "suspend":
            return RepositoriesRemoved(installation=payload.installation.id, repositories=None)
        case "unsuspend" | "new_permissions_accepted":
            return InstallationResumed(installation=payload.installation.id)
        case other:
            return Ignored(reason=f"installation {other}")


def _read_repositories(payload: _InstallationPayload) -> Event | Ignored:
    match payload.action:
        case "added":
            return RepositoriesAdded(repositories=_refs(payload.installation, payload.repositories_added))
        case "removed":
            gone = _refs(payload.installation, payload.repositories_removed)
            return RepositoriesRemoved(installation=payload.installation.id, repositories=gone)
        case other:
            return Ignored(reason=f"installation_repositories {other}")


def _read_push(payload: _PushPayload) -> Event | Ignored:
    if payload.deleted or payload.ref != f"refs/heads/{payload.repository.default_branch}":
        return Ignored(reason="push to another branch than the default one")
    touched = {path for commit in payload.commits for path in (*commit.added, *commit.removed, *commit.modified)}
    return BasePushed(
        repository=_ref(payload.installation, payload.repository),
        head=Sha(payload.after),
        config_touched=not touched.isdisjoint(CONFIG_PATHS),
    )


def _read_pull_request(payload: _PullRequestPayload) -> Event | Ignored:
    pull_request = payload.pull_request
    if payload.action != "closed":
        return Ignored(reason=f"pull_request {payload.action}")
    if not _is_bot(pull_request.user):
        return Ignored(reason="pull request of a person")
    if pull_request.head.repo is None or pull_request.head.repo.id != payload.repository.id:
        return Ignored(reason="pull request from a fork")
    return PullRequestClosed(
        repository=_ref(payload.installation, payload.repository),
        number=pull_request.number,
        branch=BranchName(pull_request.head.ref),
        merged=pull_request.merged,
    )


def _read_comment(payload: _CommentPayload) -> Event | Ignored:
    if payload.action != "created":
        return Ignored(reason=f"issue_comment {payload.action}")
    if payload.issue.pull_request is None or payload.issue.state != "open":
        return Ignored(reason="comment is not on an open pull request")
    if not _is_bot(payload.issue.user):
        return Ignored(reason="pull request of a person")
    author = payload.comment.user
    if author is None or _is_bot(author):
        return Ignored(reason="comment of a bot, or of an account that is gone")
    command = find_command(payload.comment.body or "")
    if command is None:
        return Ignored(reason="comment without a command")
    return CommandGiven(
        repository=_ref(payload.installation, payload.repository),
        number=payload.issue.number,
        comment=payload.comment.id,
        author=author.login,
        command=command,
    )


def _is_bot(account: _Account | None) -> bool:
    """GitHub leaves out the account of a user who is gone."""
    return account is not None and account.type == "Bot"


_COMMAND = re.compile(r"^/lockbot(?:[ \t]+([^\s]+))?[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")


def find_command(text: str) -> CommandName | None:
    """The first line that is ``/lockbot WORD`` and nothing else, outside fenced code; quotes don't count."""
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (match := _COMMAND.match(line)):
            word = (match.group(1) or "").lower()
            return CommandName.REBASE if word == CommandName.REBASE else CommandName.UNKNOWN
    return None


def _refs(installation: _Installation, repositories: tuple[_ListedRepository, ...]) -> tuple[RepositoryRef, ...]:
    return tuple(_ref(installation, one) for one in repositories)


def _ref(installation: _Installation, repository: _ListedRepository) -> RepositoryRef:
    owner, _, name = repository.full_name.partition("/")
    return RepositoryRef(installation=installation.id, id=repository.id, owner=owner, name=name)

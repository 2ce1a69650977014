"""Webhook payloads of GitHub ("Webhook events and payloads") -> events. Pure.

Only those fields that are used are read; anything else may be there.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import InputError
from bot.events import (
    BasePushed,
    CommentWritten,
    Event,
    HeadJudged,
    Ignored,
    InstallationResumed,
    PullRequestClosed,
    RepositoriesAdded,
    RepositoriesRemoved,
)
from bot.forge.github.limits import PUSHED_COMMITS, PUSHED_PATHS
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha

_BRANCHES = "refs/heads/"


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
    created: bool = False
    deleted: bool = False
    forced: bool = False
    commits: tuple[_PushedCommit, ...] = ()
    sender: _Account | None = None
    repository: _Repository
    installation: _Installation


class _Head(_Payload):
    ref: str
    repo: _ListedRepository | None = None


class _Commit(_Payload):
    sha: str


class _Suite(_Payload):
    head_sha: str


class _SuitePayload(_Payload):
    action: str
    check_suite: _Suite
    repository: _Repository
    installation: _Installation


class _StatusPayload(_Payload):
    sha: str
    state: str
    repository: _Repository
    installation: _Installation


class _Reviewed(_Payload):
    user: _Account | None
    head: _Commit


class _ReviewPayload(_Payload):
    action: str
    pull_request: _Reviewed
    repository: _Repository
    installation: _Installation


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


def parse_event(name: str, body: bytes) -> Event | Ignored:
    """Raises ``InputError`` when the body is not the payload that the event's name promises."""
    try:
        match name:
            case "installation":
                return _read_installation(_InstallationPayload.model_validate_json(body))
            case "installation_repositories":
                return _read_repositories(_InstallationPayload.model_validate_json(body))
            case "push":
                return _read_push(_PushPayload.model_validate_json(body))
            case "pull_request":
                return _read_pull_request(_PullRequestPayload.model_validate_json(body))
            case "issue_comment":
                return _read_comment(_CommentPayload.model_validate_json(body))
            case "check_suite":
                return _read_suite(_SuitePayload.model_validate_json(body))
            case "status":
                return _read_status(_StatusPayload.model_validate_json(body))
            case "pull_request_review":
                return _read_review(_ReviewPayload.model_validate_json(body))
            case _:
                return Ignored(reason="event not used")
    except ValidationError as error:
        raise InputError(_describe(name, error)) from None


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
    if payload.deleted or not payload.ref.startswith(_BRANCHES):
        return Ignored(reason="push that leaves no branch")
    branch = payload.ref.removeprefix(_BRANCHES)
    is_default = branch == payload.repository.default_branch
    if not is_default and _is_bot(payload.sender) and (payload.created or payload.forced):
        return Ignored(reason="push of a bot to a branch of its own")
    paths = [(*one.added, *one.removed, *one.modified) for one in payload.commits]
    return BasePushed(
        repository=_ref(payload.installation, payload.repository),
        head=Sha(payload.after),
        touched=frozenset(path for one in paths for path in one),
        is_whole=_names_all(payload, paths),
        branch=None if is_default else BranchName(branch),
    )


def _names_all(payload: _PushPayload, paths: list[tuple[str, ...]]) -> bool:
    """Commits are listed up to a number, and only those that are new: a forced push may go back to an old one."""
    if payload.created or payload.forced or not 0 < len(paths) < PUSHED_COMMITS:
        return False
    return all(0 < len(one) < PUSHED_PATHS for one in paths)


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
    return CommentWritten(
        repository=_ref(payload.installation, payload.repository),
        number=payload.issue.number,
        comment=payload.comment.id,
        author=author.login,
        text=payload.comment.body or "",
    )


def _read_suite(payload: _SuitePayload) -> Event | Ignored:
    """One for all check runs of an App on a commit."""
    if payload.action != "completed":
        return Ignored(reason=f"check_suite {payload.action}")
    return _judged(payload.installation, payload.repository, payload.check_suite.head_sha)


def _read_status(payload: _StatusPayload) -> Event | Ignored:
    if payload.state == "pending":
        return Ignored(reason="status that is pending")
    return _judged(payload.installation, payload.repository, payload.sha)


def _read_review(payload: _ReviewPayload) -> Event | Ignored:
    if payload.action not in ("submitted", "dismissed"):
        return Ignored(reason=f"pull_request_review {payload.action}")
    if not _is_bot(payload.pull_request.user):
        return Ignored(reason="pull request of a person")
    return _judged(payload.installation, payload.repository, payload.pull_request.head.sha)


def _judged(installation: _Installation, repository: _Repository, head: str) -> HeadJudged:
    return HeadJudged(repository=_ref(installation, repository), head=Sha(head))


def _is_bot(account: _Account | None) -> bool:
    """GitHub leaves out the account of a user who is gone."""
    return account is not None and account.type == "Bot"


def _refs(installation: _Installation, repositories: tuple[_ListedRepository, ...]) -> tuple[RepositoryRef, ...]:
    return tuple(_ref(installation, one) for one in repositories)


def _ref(installation: _Installation, repository: _ListedRepository) -> RepositoryRef:
    owner, _, name = repository.full_name.partition("/")
    return RepositoryRef(installation=installation.id, id=repository.id, owner=owner, name=name)

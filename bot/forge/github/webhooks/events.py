"""Webhook payloads of GitHub ("Webhook events and payloads") -> events. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from bot.errors import InputError
from bot.events.event import (
    AlertRaised,
    BasePushed,
    BodyEdited,
    CheckRerequested,
    CommentEdited,
    CommentWritten,
    Event,
    HeadChanged,
    HeadJudged,
    Ignored,
    InstallationResumed,
    IssueClosed,
    PullRequestClosed,
    QueueEntered,
    RepositoriesAdded,
    RepositoriesRemoved,
    RepositoryChanged,
)
from bot.forge.github.limits import PUSHED_COMMITS, PUSHED_PATHS
from bot.forge.github.webhooks.payloads import (
    Account,
    AlertPayload,
    CheckRun,
    CheckRunPayload,
    CheckSuite,
    CheckSuitePayload,
    CommentPayload,
    From,
    Installation,
    InstallationPayload,
    Issue,
    IssuePayload,
    ListedRepository,
    MergeGroupPayload,
    Payload,
    Placed,
    PullRequest,
    PullRequestPayload,
    PushPayload,
    RepositoryPayload,
    ReviewPayload,
    StatusPayload,
    make_ref,
)
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha

_BRANCHES = "refs/heads/"


def parse_event(name: str, body: bytes) -> Event | Ignored:
    """Raises ``InputError`` when the body is not the payload that the event's name promises."""
    reader = _READERS.get(name)
    if reader is None:
        return Ignored(reason="event not used")
    try:
        return reader(body)
    except ValidationError as error:
        raise InputError(_describe(name, error)) from None


def _describe(event: str, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{event} payload: {place + ': ' if place else ''}{first['msg']}"


def _read_installation(payload: InstallationPayload) -> Event | Ignored:
    match payload.action:
        case "created":
            return RepositoriesAdded(repositories=_refs(payload.installation, payload.repositories))
        case "deleted" | "suspend":
            return RepositoriesRemoved(installation=payload.installation.id, repositories=None)
        case "unsuspend" | "new_permissions_accepted":
            return InstallationResumed(installation=payload.installation.id)
        case other:
            return Ignored(reason=f"installation {other}")


def _read_repositories(payload: InstallationPayload) -> Event | Ignored:
    match payload.action:
        case "added":
            return RepositoriesAdded(repositories=_refs(payload.installation, payload.repositories_added))
        case "removed":
            gone = _refs(payload.installation, payload.repositories_removed)
            return RepositoriesRemoved(installation=payload.installation.id, repositories=gone)
        case other:
            return Ignored(reason=f"installation_repositories {other}")


def _read_push(payload: PushPayload) -> Event | Ignored:
    if payload.deleted or not payload.ref.startswith(_BRANCHES):
        return Ignored(reason="push that leaves no branch")
    branch = payload.ref.removeprefix(_BRANCHES)
    is_default = branch == payload.repository.default_branch
    if not is_default and _is_bot(payload.sender) and (payload.created or payload.forced):
        return Ignored(reason="push of a bot to a branch of its own")
    paths = [(*one.added, *one.removed, *one.modified) for one in payload.commits]
    return BasePushed(
        repository=make_ref(payload.installation, payload.repository),
        head=Sha(payload.after),
        touched=frozenset(path for one in paths for path in one),
        is_whole=_names_all(payload, paths),
        branch=None if is_default else BranchName(branch),
    )


def _names_all(payload: PushPayload, paths: list[tuple[str, ...]]) -> bool:
    """Commits are listed up to a number, and only those that are new: a forced push may go back to an old one."""
    if payload.created or payload.forced or not 0 < len(paths) < PUSHED_COMMITS:
        return False
    return all(0 < len(one) < PUSHED_PATHS for one in paths)


# --- pull requests --------------------------------------------------------------------------------

_NEW_HEADS = ("opened", "synchronize", "reopened", "ready_for_review")


def _read_pull_request(payload: PullRequestPayload) -> Event | Ignored:
    match payload.action:
        case "closed":
            return _read_closed(payload)
        case "edited" if payload.changes.base is not None:
            return _read_head(payload)
        case "edited":
            return _read_body(payload, payload.pull_request)
        case action if action in _NEW_HEADS:
            return _read_head(payload)
        case other:
            return Ignored(reason=f"pull_request {other}")


def _read_closed(payload: PullRequestPayload) -> Event | Ignored:
    pull_request = payload.pull_request
    if not _is_bot(pull_request.user):
        return Ignored(reason="pull request of a person")
    if pull_request.head.repo is None or pull_request.head.repo.id != payload.repository.id:
        return Ignored(reason="pull request from a fork")
    return PullRequestClosed(
        repository=payload.ref,
        number=pull_request.number,
        branch=BranchName(pull_request.head.ref),
        merged=pull_request.merged,
    )


def _read_head(payload: PullRequestPayload) -> Event | Ignored:
    one = payload.pull_request
    if one.state != "open":
        return Ignored(reason="pull request is closed")
    return HeadChanged(
        repository=payload.ref,
        number=one.number,
        head=Sha(one.head.sha),
        head_branch=BranchName(one.head.ref),
        head_repository=one.head.repo.full_name if one.head.repo else None,
        base_branch=BranchName(one.base.ref),
        owner=_login(one.user),
        owner_is_bot=_is_bot(one.user),
        sender=_login(payload.sender),
        is_draft=one.draft,
    )


def _read_group(payload: MergeGroupPayload) -> Event | Ignored:
    if payload.action != "checks_requested":
        return Ignored(reason=f"merge_group {payload.action}")
    group = payload.merge_group
    return QueueEntered(
        repository=payload.ref,
        head=Sha(group.head_sha),
        base=Sha(group.base_sha),
        base_branch=BranchName(group.base_ref.removeprefix("refs/heads/")),
    )


def _read_run(payload: CheckRunPayload) -> Event | Ignored:
    if payload.action != "rerequested":
        return Ignored(reason=f"check_run {payload.action}")
    return _rerequested(payload, payload.check_run, payload.check_run.name)


def _read_suite(payload: CheckSuitePayload) -> Event | Ignored:
    """There is one for all check runs of an App on a commit."""
    if payload.action == "completed":
        return HeadJudged(repository=payload.ref, head=Sha(payload.check_suite.head_sha))
    if payload.action != "rerequested":
        return Ignored(reason=f"check_suite {payload.action}")
    return _rerequested(payload, payload.check_suite, None)


def _read_status(payload: StatusPayload) -> Event | Ignored:
    if payload.state == "pending":
        return Ignored(reason="status that is pending")
    return HeadJudged(repository=make_ref(payload.installation, payload.repository), head=Sha(payload.sha))


def _read_review(payload: ReviewPayload) -> Event | Ignored:
    if payload.action not in ("submitted", "dismissed"):
        return Ignored(reason=f"pull_request_review {payload.action}")
    if not _is_bot(payload.pull_request.user):
        return Ignored(reason="pull request of a person")
    return HeadJudged(repository=payload.ref, head=Sha(payload.pull_request.head.sha))


def _rerequested(payload: Placed, what: CheckRun | CheckSuite, name: str | None) -> Event:
    return CheckRerequested(
        repository=payload.ref,
        commit=Sha(what.head_sha),
        name=name,
        numbers=tuple(one.number for one in what.pull_requests),
        sender=_login(payload.sender),
    )


# --- conversation ---------------------------------------------------------------------------------


def _read_comment(payload: CommentPayload) -> Event | Ignored:
    issue, author = payload.issue, payload.comment.user
    if payload.action not in ("created", "edited"):
        return Ignored(reason=f"issue_comment {payload.action}")
    if author is None or _is_bot(author):
        return Ignored(reason="comment of a bot, or of an account that is gone")
    if payload.action == "edited":
        return _read_edited_comment(payload, author.login)
    return CommentWritten(
        repository=payload.ref,
        number=issue.number,
        comment=payload.comment.id,
        author=author.login,
        text=payload.comment.body or "",
        is_pull_request=issue.pull_request is not None,
        is_open=issue.state == "open",
        owner=_login(issue.user),
        owner_is_bot=_is_bot(issue.user),
    )


def _read_edited_comment(payload: CommentPayload, author: str) -> Event | Ignored:
    issue, changed = payload.issue, payload.changes.body
    refused = _refuse_edit(payload.sender, changed)
    if refused is not None:
        return refused
    return CommentEdited(
        repository=payload.ref,
        number=issue.number,
        comment=payload.comment.id,
        author=author,
        editor=_login(payload.sender),
        before=_text(changed.before if changed else None),
        after=_text(payload.comment.body),
        is_pull_request=issue.pull_request is not None,
        is_open=issue.state == "open",
        owner=_login(issue.user),
        owner_is_bot=_is_bot(issue.user),
    )


def _read_body(payload: PullRequestPayload | IssuePayload, thread: PullRequest | Issue) -> Event | Ignored:
    changed = payload.changes.body
    refused = _refuse_edit(payload.sender, changed)
    if refused is not None:
        return refused
    if not _is_bot(thread.user):
        return Ignored(reason="issue or pull request of a person")
    return BodyEdited(
        repository=payload.ref,
        number=thread.number,
        editor=_login(payload.sender),
        before=_text(changed.before if changed else None),
        after=_text(thread.body),
        is_pull_request=isinstance(thread, PullRequest),
        is_open=thread.state == "open",
        owner=_login(thread.user),
    )


def _refuse_edit(sender: Account | None, changed: From | None) -> Ignored | None:
    if sender is None or _is_bot(sender):
        return Ignored(reason="edited by a bot, or by an account that is gone")
    return Ignored(reason="no text was edited") if changed is None else None


def _read_issue(payload: IssuePayload) -> Event | Ignored:
    issue = payload.issue
    if payload.action == "edited":
        return _read_body(payload, issue)
    if payload.action not in ("closed", "deleted", "transferred"):
        return Ignored(reason=f"issues {payload.action}")
    if not _is_bot(issue.user):
        return Ignored(reason="issue of a person")
    return IssueClosed(
        repository=payload.ref,
        number=issue.number,
        closer=_login(payload.sender),
        closer_is_bot=_is_bot(payload.sender),
        owner=_login(issue.user),
        is_gone=payload.action != "closed",
    )


# --- the rest -------------------------------------------------------------------------------------


#: What is told of an alert that was mended adds nothing to the push that mended it.
_ALERTING = frozenset({"created", "reopened", "reintroduced", "auto_reopened", "dismissed", "auto_dismissed"})


def _read_alert(payload: AlertPayload) -> Event | Ignored:
    if payload.action not in _ALERTING:
        return Ignored(reason=f"dependabot_alert {payload.action}")
    return AlertRaised(repository=payload.ref, number=payload.alert.number)


def _read_repository(payload: RepositoryPayload) -> Event | Ignored:
    switched = payload.action == "edited" and "default_branch" in payload.changes
    if switched or payload.action in ("renamed", "unarchived", "privatized", "publicized"):
        return RepositoryChanged(repository=payload.ref)
    return Ignored(reason=f"repository {payload.action}")


def _is_bot(account: Account | None) -> bool:
    """GitHub leaves out the account of a user who is gone."""
    return account is not None and account.type == "Bot"


def _login(account: Account | None) -> str:
    return account.login if account else "ghost"


def _text(text: str | None) -> str:
    """A browser ends lines with CRLF."""
    return (text or "").replace("\r\n", "\n")


def _refs(installation: Installation, repositories: tuple[ListedRepository, ...]) -> tuple[RepositoryRef, ...]:
    return tuple(make_ref(installation, one) for one in repositories)


Shape = TypeVar("Shape", bound=Payload)


def _reader(shape: type[Shape], read: Callable[[Shape], Event | Ignored]) -> Callable[[bytes], Event | Ignored]:
    return lambda body: read(shape.model_validate_json(body))


_READERS: Mapping[str, Callable[[bytes], Event | Ignored]] = {
    "installation": _reader(InstallationPayload, _read_installation),
    "installation_repositories": _reader(InstallationPayload, _read_repositories),
    "push": _reader(PushPayload, _read_push),
    "pull_request": _reader(PullRequestPayload, _read_pull_request),
    "issue_comment": _reader(CommentPayload, _read_comment),
    "issues": _reader(IssuePayload, _read_issue),
    "check_run": _reader(CheckRunPayload, _read_run),
    "check_suite": _reader(CheckSuitePayload, _read_suite),
    "status": _reader(StatusPayload, _read_status),
    "pull_request_review": _reader(ReviewPayload, _read_review),
    "merge_group": _reader(MergeGroupPayload, _read_group),
    "dependabot_alert": _reader(AlertPayload, _read_alert),
    "repository": _reader(RepositoryPayload, _read_repository),
}

"""Webhook payloads of GitHub ("Webhook events and payloads"): those of their fields that are used. Anything else may be
there.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.ports.forge import RepositoryRef


class Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Account(Payload):
    login: str
    type: str = "User"


class Installation(Payload):
    id: int


class ListedRepository(Payload):
    id: int
    full_name: str


class Repository(ListedRepository):
    default_branch: str = ""


class Placed(Payload):
    """What happens in a repository, by the hand of ``sender``."""

    action: str
    repository: Repository
    installation: Installation
    sender: Account | None = None

    @property
    def ref(self) -> RepositoryRef:
        return make_ref(self.installation, self.repository)


class InstallationPayload(Payload):
    action: str
    installation: Installation
    repositories: tuple[ListedRepository, ...] = ()
    repositories_added: tuple[ListedRepository, ...] = ()
    repositories_removed: tuple[ListedRepository, ...] = ()


class PushedCommit(Payload):
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()


class PushPayload(Payload):
    ref: str
    after: str
    created: bool = False
    deleted: bool = False
    forced: bool = False
    commits: tuple[PushedCommit, ...] = ()
    repository: Repository
    installation: Installation
    sender: Account | None = None


class End(Payload):
    ref: str
    sha: str
    repo: ListedRepository | None = None


class PullRequest(Payload):
    number: int
    state: str = "open"
    merged: bool = False
    draft: bool = False
    body: str | None = None
    user: Account | None
    head: End
    base: End


class From(Payload):
    before: str | None = Field(alias="from", default=None)


class Changes(Payload):
    """What an ``edited`` changed: texts with what they were, ``base`` where a pull request goes somewhere else."""

    body: From | None = None
    base: dict[str, Any] | None = None


class PullRequestPayload(Placed):
    pull_request: PullRequest
    changes: Changes = Changes()


class Issue(Payload):
    number: int
    state: str = "open"
    body: str | None = None
    user: Account | None
    pull_request: dict[str, Any] | None = None


class IssuePayload(Placed):
    issue: Issue
    changes: Changes = Changes()


class IssueComment(Payload):
    id: int
    body: str | None = None
    user: Account | None


class CommentPayload(Placed):
    issue: Issue
    comment: IssueComment
    changes: Changes = Changes()


class Numbered(Payload):
    number: int


class CheckRun(Payload):
    head_sha: str
    name: str
    pull_requests: tuple[Numbered, ...] = ()


class CheckRunPayload(Placed):
    check_run: CheckRun


class CheckSuite(Payload):
    head_sha: str
    pull_requests: tuple[Numbered, ...] = ()


class CheckSuitePayload(Placed):
    check_suite: CheckSuite


class StatusPayload(Payload):
    sha: str
    state: str
    repository: Repository
    installation: Installation


class ReviewPayload(Placed):
    pull_request: PullRequest


class MergeGroup(Payload):
    head_sha: str
    base_sha: str
    base_ref: str


class MergeGroupPayload(Placed):
    merge_group: MergeGroup


class AlertPayload(Placed):
    alert: Numbered


class RepositoryPayload(Placed):
    changes: dict[str, Any] = Field(default_factory=dict)


def make_ref(installation: Installation, repository: ListedRepository) -> RepositoryRef:
    owner, _, name = repository.full_name.partition("/")
    return RepositoryRef(installation=installation.id, id=repository.id, owner=owner, name=name)

"""What the stand-in remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tests.github.gitstore import GitStore

READ, WRITE = "read", "write"
#: The App that workflows act as.
WORKFLOWS = "github-actions"
LEVELS = {"read": 1, "write": 2, "admin": 3}


@dataclass(kw_only=True)
class Account:
    id: int
    login: str
    type: str = "User"

    @property
    def email(self) -> str:
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(kw_only=True)
class App:
    id: int
    slug: str
    bot: Account
    public_key: str
    webhook_secret: str
    permissions: dict[str, str]
    events: tuple[str, ...]


@dataclass(kw_only=True)
class Installation:
    id: int
    account: Account
    permissions: dict[str, str]
    repositories: set[int] = field(default_factory=set)
    suspended: bool = False
    # Requests an hour, and those made in this hour, by resource.
    limit: int = 5000
    used: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True)
class Token:
    """``actor`` is who acts with it, ``app`` the slug of the App that the account is one of, empty for a person's own.
    ``grants``: what stands behind a token that no installation of the App was asked for; ``scopes``: of a classic one, which
    is for no repositories in particular."""

    value: str
    actor: Account
    app: str
    installation: int
    repositories: frozenset[int]
    permissions: dict[str, str]
    expires: datetime
    grants: Installation | None = None
    scopes: tuple[str, ...] | None = None


@dataclass(kw_only=True)
class Comment:
    id: int
    issue: int
    author: Account
    body: str
    created: datetime
    editor: Account | None = None
    edited: datetime | None = None
    reactions: list[tuple[str, str]] = field(default_factory=list)


@dataclass(kw_only=True)
class Thread:
    """What issues and pull requests have in common. ``edits`` of the text: when, and by whom."""

    id: int
    number: int
    title: str
    body: str
    author: Account
    created: datetime
    state: str = "open"
    closed_by: Account | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[Account] = field(default_factory=list)
    edits: list[tuple[datetime, Account]] = field(default_factory=list)


@dataclass(kw_only=True)
class Issue(Thread):
    """Just that."""


@dataclass(kw_only=True)
class Pull(Thread):
    """``head_repository`` is an id. ``auto_merge``: the method, and ``reviews`` the last word of each reviewer. ``updated``:
    when anything was done to it last; None: since it was opened nothing was."""

    head: str
    base: str
    head_sha: str
    base_sha: str
    head_repository: int
    merged: bool = False
    merge_commit: str | None = None
    draft: bool = False
    maintainer_can_modify: bool = False
    reviewers: list[Account] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    auto_merge: str | None = None
    reviews: dict[str, str] = field(default_factory=dict)
    updated: datetime | None = None


@dataclass(kw_only=True)
class CheckRun:
    """``app`` is the slug of who made it."""

    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    title: str
    summary: str
    annotations: list[dict[str, object]]
    app: str = ""


@dataclass(kw_only=True)
class Status:
    """A commit status; the newest of a context counts."""

    context: str
    state: str
    creator: Account


@dataclass(kw_only=True)
class Alert:
    number: int
    package: str
    manifest: str
    ghsa: str
    vulnerable: str
    patched: str | None
    severity: str
    summary: str
    state: str = "open"
    ecosystem: str = "pip"


@dataclass(kw_only=True)
class Protection:
    """Of the default branch. ``strict``: a head has to hold its base."""

    checks: set[str] = field(default_factory=set)
    reviews: int = 0
    strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Release:
    tag: str
    body: str


@dataclass(kw_only=True)
class Repository:
    """``fork_of`` is an id. ``mergeable_known`` False: GitHub has not looked yet."""

    id: int
    owner: Account
    name: str
    git: GitStore
    default_branch: str = "main"
    private: bool = True
    has_drafts: bool = True
    has_issues: bool = True
    archived: bool = False
    disabled: bool = False
    fork_of: int | None = None
    allow_auto_merge: bool = True
    actions_may_open_pulls: bool = True
    merge_methods: set[str] = field(default_factory=lambda: {"merge", "squash", "rebase"})
    protection: Protection = field(default_factory=Protection)
    mergeable_known: bool = True
    permissions: dict[str, str] = field(default_factory=dict)
    teams: set[str] = field(default_factory=set)
    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    statuses: dict[str, dict[str, Status]] = field(default_factory=dict)
    alerts: dict[int, Alert] | None = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    releases: list[Release] = field(default_factory=list)
    last_number: int = 0

    @property
    def base_checks(self) -> list[CheckRun]:
        """Check runs but for those that heads of pull requests have."""
        return [one for one in self.checks.values() if one.name != "lockbot"]

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def open_pulls(self) -> list[Pull]:
        return [one for one in self.pulls.values() if one.state == "open"]

    def find_thread(self, number: int) -> Thread | None:
        return self.pulls.get(number) or self.issues.get(number)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    status: int

"""What the stand-in remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tests.github.gitstore import GitStore

READ, WRITE = "read", "write"
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
    value: str
    installation: int
    repositories: frozenset[int]
    permissions: dict[str, str]
    expires: datetime


@dataclass(kw_only=True)
class Comment:
    id: int
    issue: int
    author: Account
    body: str
    created: datetime
    reactions: list[tuple[str, str]] = field(default_factory=list)


@dataclass(kw_only=True)
class Pull:
    id: int
    number: int
    title: str
    body: str
    author: Account
    head: str
    base: str
    head_sha: str
    base_sha: str
    created: datetime
    state: str = "open"
    merged: bool = False
    draft: bool = False
    closed_by: Account | None = None
    labels: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class CheckRun:
    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    title: str
    summary: str
    annotations: list[dict[str, object]]


@dataclass(kw_only=True)
class Repository:
    id: int
    owner: Account
    name: str
    git: GitStore
    default_branch: str = "main"
    private: bool = True
    has_drafts: bool = True
    archived: bool = False
    disabled: bool = False
    permissions: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    last_number: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def list_texts(self, author: str) -> list[str]:
        """The Markdown that an account wrote here; check runs are always the App's."""
        pulls = [one.body for one in self.pulls.values() if one.author.login == author]
        comments = [one.body for one in self.comments.values() if one.author.login == author]
        return [*pulls, *comments, *(one.summary for one in self.checks.values())]

    def open_pulls(self) -> list[Pull]:
        return [one for one in self.pulls.values() if one.state == "open"]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    status: int

"""Issues, and the conversation on issues and pull requests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


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
    CONFUSED = "confused"
    EYES = "eyes"

    @property
    def is_last(self) -> bool:
        """What is given when all is done; eyes say that it is begun."""
        return self is not Reaction.EYES


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """``author`` is a login."""

    number: int
    title: str
    body: str
    is_open: bool
    author: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    id: int
    author: str
    body: str


class IssuePort(Protocol):
    """``number`` of labels, assignees and comments is an issue's or a pull request's; of the rest an issue's."""

    def list_own_issues(self) -> tuple[Issue, ...]:
        """Opened by the App; open and closed ones, newest first. Empty where issues are turned off."""
        ...

    def get_issue(self, number: int) -> Issue:
        """``ForgeNotFound`` for a pull request."""
        ...

    def open_issue(self, title: str, body: str, labels: tuple[str, ...] = ()) -> Issue:
        """``ForgeRejected`` where issues are turned off. Asked twice it opens two."""
        ...

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, is_open: bool | None = None
    ) -> None:
        """None leaves a thing as it is."""
        ...

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None: ...

    def add_assignees(self, number: int, logins: tuple[str, ...]) -> tuple[str, ...]:
        """Whom the forge did not take, as they were named; the others are assigned, once."""
        ...

    def list_editors(self, number: int) -> tuple[str, ...]:
        """Who wrote the text of an issue or a pull request, by its last edits: the newest first, each once. An account that is
        gone is "ghost"."""
        ...

    def list_comments(self, number: int) -> tuple[Comment, ...]: ...

    def comment(self, number: int, body: str) -> None: ...

    def edit_comment(self, comment: int, body: str) -> None: ...

    def react(self, comment: int, reaction: Reaction) -> None:
        """Reacting twice leaves one reaction."""
        ...

    def get_permission(self, login: str) -> Permission: ...

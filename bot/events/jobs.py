"""What workers do, as values that a queue keeps. What an older version stored is still read: a new field has a default."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from bot.orders import Order
from bot.ports.forge import RepositoryRef
from bot.ports.run import BranchName, Sha


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

"""The App itself, and a repository with all that can be done there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.ports.forge.alerts import AlertPort
from bot.ports.forge.checks import CheckPort
from bot.ports.forge.issues import IssuePort, Reaction
from bot.ports.forge.pull_requests import PullRequestPort
from bot.ports.forge.repositories import Repository, RepositoryPort, RepositoryRef
from bot.ports.forge.survey import SurveyPort
from bot.ports.run import BranchName, Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class AppIdentity:
    """``login`` is the account that the App acts as, such as ``lockbot[bot]``. ``is_shared``: others act under it as well (the
    workflows of a repository, the person whose token it is), so that its name alone proves nothing."""

    slug: str
    login: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPullRequest:
    """One of the App's own whose branch is still there. ``moment``: when it was closed, as the forge writes it."""

    number: int
    moment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenComment:
    """By a person, and not answered by the App, or edited since it was written, by the ``editor``: on any open pull
    request, or on what the App has opened, closed or not. ``owner`` is who has. ``reactions`` are the App's.
    """

    number: int
    comment: int
    author: str
    text: str
    written: datetime
    editor: str | None = None
    is_pull_request: bool = True
    is_open: bool = True
    owner: str = ""
    owner_is_bot: bool = True
    reactions: tuple[Reaction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHead:
    """The head of an open pull request. ``repository`` is where its branch is, None if that is gone or hidden; ``updated``
    when anything was done to the pull request last. ``is_checked``: there is the check run on it that was asked about.
    """

    number: int
    head: Sha
    branch: BranchName
    repository: str | None
    base: BranchName
    owner: str
    owner_is_bot: bool
    is_draft: bool
    updated: datetime
    is_checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What is to be seen of a repository from afar. ``base`` None: there is nothing to work on."""

    ref: RepositoryRef
    base: Sha | None
    closed: tuple[ClosedPullRequest, ...] = ()
    comments: tuple[OpenComment, ...] = ()
    heads: tuple[OpenHead, ...] = ()


class Forge(RepositoryPort, PullRequestPort, IssuePort, CheckPort, AlertPort, SurveyPort, Protocol):
    """One repository through one installation. Every method may raise a ``ForgeError``; ``find_`` gives None for what
    is not there, ``get_`` raises ``ForgeNotFound``. Writing methods are idempotent or say how they answer twice."""


class TokenKind(StrEnum):
    """What somebody may hand over in place of an App's own credentials. ``INSTALLATION``: a workflow's, or an App's."""

    INSTALLATION = "installation"
    FINE_GRAINED = "fine-grained"
    CLASSIC = "classic"
    UNKNOWN = "unknown"


class ForgeApp(Protocol):
    """The App itself."""

    def get_identity(self) -> AppIdentity: ...

    def list_installations(self) -> tuple[int, ...]:
        """Those that are not suspended."""
        ...

    def list_repositories(self, installation: int) -> tuple[Repository, ...]: ...

    def open_repository(self, ref: RepositoryRef) -> Forge: ...

    def find_file_of(self, installation: int, repository: str, path: str, ref: str | None) -> str | None:
        """A file of a repository (``owner/name``) that the installation may read, on a branch or tag (None: the default
        branch); None where there is none, or the App may not read it."""
        ...

    def look_over(
        self, installation: int, refs: Sequence[RepositoryRef], *, check: str | None = None
    ) -> tuple[Glance, ...]:
        """Many repositories at once, at the price of a few requests. Those that are gone are left out; of each the
        newest comments and pull requests are seen, not all.

        ``check``: heads of pull requests are looked at too, whether the App has made a check run of that name there. None
        are seen where the App may not make any.
        """
        ...

    def find_rest(self, installation: int) -> float | None:
        """Until when (seconds since the epoch) an installation whose budget of requests is low should rest, but for what
        people asked for; None: there is plenty. Known from the last answers, nobody is asked."""
        ...

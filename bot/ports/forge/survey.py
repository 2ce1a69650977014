"""What a job looks at before all else: one request, where a forge can do that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.ports.forge.issues import Issue
from bot.ports.forge.repositories import Repository
from bot.ports.run import BranchName, Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPullRequest:
    """An open one by the App, from a branch of the repository itself."""

    number: int
    branch: BranchName
    base: BranchName
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """``base`` is the default branch's head, None where the repository is empty. ``issue`` is the one that was asked for;
    None: it is not there (any more), or was not asked for. ``may_read_issues``: False where the App may not, as far as
    that showed.
    """

    repository: Repository
    base: Sha | None
    own: tuple[OwnPullRequest, ...] = ()
    issue: Issue | None = None
    may_read_issues: bool = True


class SurveyPort(Protocol):
    def survey(self, issue: int | None = None) -> Survey:
        """The repository, its default branch's head, the App's open pull requests (newest first), and an issue by its
        number. ``ForgeNotFound`` where the repository is gone."""
        ...

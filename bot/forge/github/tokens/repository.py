"""One repository on GitHub through a token that somebody handed over.

Commits that a bot's token makes by the git database GitHub signs; those of a person only where ``createCommitOnBranch`` made
them, which writes on a branch. They are made on a passing one, so that the branch itself moves by a lease, from one whole
state to the next, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from bot.forge.github.client import GitHubClient, TokenAccess
from bot.forge.github.repository import GitHubForge
from bot.ports.forge import (
    AppIdentity,
    BranchUpdate,
    Check,
    CheckReport,
    CloneSource,
    CommitUpdate,
    ForgeConflict,
    ForgeForbidden,
    ForgeRejected,
    Pushed,
    PushOutcome,
    RepositoryRef,
)
from bot.ports.run import BranchName, Sha

T = TypeVar("T")

_PASSING = "lockbot-writing"
#: The account that all workflows of a repository share: GitHub never lets it change a workflow.
WORKFLOWS = "github-actions[bot]"


@dataclass(slots=True)
class Lessons:
    """What was refused to the token, which nobody can ask beforehand. ``workflows``: a branch that changes one, ``checks``:
    check runs; ``unsigned``: branches whose commit could not be made so that GitHub signs it."""

    workflows: bool = False
    checks: bool = False
    unsigned: tuple[BranchName, ...] = ()


class TokenForge(GitHubForge):
    """Check runs that the token may not write are left: what they say is told to who runs lockbot."""

    def __init__(
        self,
        ref: RepositoryRef,
        client: GitHubClient,
        identify: Callable[[], AppIdentity],
        access: TokenAccess,
        lessons: Lessons,
    ) -> None:
        super().__init__(ref, client, client, identify)
        self._access = access
        self._lessons = lessons

    def get_clone_source(self) -> CloneSource:
        url = f"{self._access.web_url}/{self._ref.full_name}.git"
        return CloneSource(url=url, username="x-access-token", password=self._access.token)

    def may_write_workflows(self) -> bool:
        return not self._lessons.workflows and self._identify().login != WORKFLOWS

    def list_lacking(self) -> tuple[str, ...]:
        """Nobody tells."""
        return ()

    # --- check runs -------------------------------------------------------------------------------

    def list_checks(self, commit: Sha, name: str) -> tuple[Check, ...]:
        if self._lessons.checks or not self._is_bots:
            return ()
        try:
            return super().list_checks(commit, name)
        except ForgeForbidden:
            self._lessons.checks = True
            return ()

    def write_check(self, report: CheckReport) -> None:
        if self._lessons.checks or not self._is_bots:
            return
        try:
            super().write_check(report)
        except ForgeForbidden:
            self._lessons.checks = True

    @property
    def _is_bots(self) -> bool:
        """Check runs are for Apps alone."""
        return self._identify().login.endswith("[bot]")

    # --- commits ----------------------------------------------------------------------------------

    def push_branch(self, update: BranchUpdate, *, announce: Callable[[Sha], None] = lambda _: None) -> Pushed:
        return self._learn(lambda: super(TokenForge, self).push_branch(update, announce=announce), update)

    def push_commit(self, update: CommitUpdate) -> Sha:
        return self._learn(lambda: super(TokenForge, self).push_commit(update), update)

    def _learn(self, action: Callable[[], T], update: BranchUpdate | CommitUpdate) -> T:
        try:
            return action()
        except (ForgeForbidden, ForgeRejected):
            self._lessons.workflows |= any(one.path.startswith(".github/workflows/") for one in update.files)
            raise

    def write_commit(self, update: BranchUpdate) -> Pushed:
        if self._is_bots:
            return super().write_commit(update)
        tree = self._write_tree(update)
        if update.expected is not None and self._is_already(update.expected, update.base, tree):
            return Pushed(head=update.expected, outcome=PushOutcome.UNCHANGED)
        outcome = PushOutcome.CREATED if update.expected is None else PushOutcome.UPDATED
        signed = self._sign(update)
        if self._get_git_commit(signed).tree.sha == tree:
            return Pushed(head=signed, outcome=outcome)
        # That call knows no modes: what is to be run would no longer be.
        self._lessons.unsigned += (update.branch,)
        return super().write_commit(update)

    def list_passing(self) -> Mapping[BranchName, Sha]:
        """Branches that nobody but this program makes, for a moment: those that are there for longer a killed one has left."""
        return {} if self._is_bots else self.list_branches(f"{_PASSING}/")

    def delete_passing(self, left: Mapping[BranchName, Sha]) -> None:
        """As far as they are where they were."""
        for branch, head in left.items():
            with suppress(ForgeConflict, ForgeForbidden, ForgeRejected):
                self.delete_branch(branch, expected=head)

    def _sign(self, update: BranchUpdate) -> Sha:
        """The same change, made where GitHub signs it."""
        passing = BranchName(f"{_PASSING}/{update.branch.replace('/', '-')}")
        self._move_branch(passing, self.find_branch(passing), update.base)
        changes = CommitUpdate(
            repository=self._get_body().full_name,
            branch=passing,
            parent=update.base,
            message=update.message,
            files=update.files,
        )
        signed = self._commit_on_branch(changes)
        self.delete_branch(passing, expected=signed)
        return signed

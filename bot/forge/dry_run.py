"""A forge that reads the real one and only notes what it would have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.ports.forge import (
    AppIdentity,
    BranchUpdate,
    Check,
    CheckReport,
    CloneSource,
    Comment,
    CommitInfo,
    Forge,
    ForgeApp,
    Glance,
    NewPullRequest,
    Permission,
    PullRequest,
    PullRequestState,
    Pushed,
    PushOutcome,
    Reaction,
    Repository,
    RepositoryRef,
    TextLimits,
)
from bot.ports.run import BranchName, Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunForge:
    """``note`` gets one sentence for each change that was not made."""

    forge: Forge
    identity: AppIdentity
    note: Callable[[str], None]

    @property
    def ref(self) -> RepositoryRef:
        return self.forge.ref

    @property
    def limits(self) -> TextLimits:
        return self.forge.limits

    def get_repository(self) -> Repository:
        return self.forge.get_repository()

    def get_clone_source(self) -> CloneSource:
        return self.forge.get_clone_source()

    def find_branch(self, branch: BranchName) -> Sha | None:
        return self.forge.find_branch(branch)

    def get_commit(self, sha: Sha) -> CommitInfo:
        return self.forge.get_commit(sha)

    def find_file(self, path: str, commit: Sha) -> str | None:
        return self.forge.find_file(path, commit)

    def list_file_history(self, path: str, commit: Sha, *, limit: int) -> tuple[Sha, ...]:
        return self.forge.list_file_history(path, commit, limit=limit)

    def push_branch(self, update: BranchUpdate) -> Pushed:
        self.note(f"would commit {len(update.files)} files on {update.branch}, from {update.base}")
        outcome = PushOutcome.UPDATED if update.expected else PushOutcome.CREATED
        return Pushed(head=update.expected or update.base, outcome=outcome)

    def delete_branch(self, branch: BranchName, *, expected: Sha) -> None:
        self.note(f"would delete {branch} at {expected}")

    def list_pull_requests(self, state: PullRequestState, *, head: BranchName | None = None) -> tuple[PullRequest, ...]:
        return self.forge.list_pull_requests(state, head=head)

    def get_pull_request(self, number: int) -> PullRequest:
        return self.forge.get_pull_request(number)

    def open_pull_request(self, new: NewPullRequest) -> PullRequest:
        self.note(f"would open a pull request for {new.head}: {new.title}")
        return PullRequest(
            number=0,
            state=PullRequestState.OPEN,
            title=new.title,
            body=new.body,
            author=self.identity.login,
            head_branch=new.head,
            head=self.forge.find_branch(new.base) or Sha("0" * 40),
            base_branch=new.base,
        )

    def edit_pull_request(self, number: int, *, title: str, body: str) -> None:
        self.note(f"would edit #{number}: {title} ({len(body)} characters)")

    def close_pull_request(self, number: int) -> None:
        self.note(f"would close #{number}")

    def add_labels(self, number: int, labels: tuple[str, ...]) -> None:
        if labels:
            self.note(f"would label #{number}: {', '.join(labels)}")

    def list_comments(self, number: int) -> tuple[Comment, ...]:
        return self.forge.list_comments(number)

    def comment(self, number: int, body: str) -> None:
        self.note(f"would comment on #{number}: {body}")

    def react(self, comment: int, reaction: Reaction) -> None:
        self.note(f"would react to comment {comment} with {reaction}")

    def get_permission(self, login: str) -> Permission:
        return self.forge.get_permission(login)

    def list_checks(self, commit: Sha, name: str) -> tuple[Check, ...]:
        return self.forge.list_checks(commit, name)

    def write_check(self, report: CheckReport) -> None:
        self.note(f"would report on {report.commit}: {report.title}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunApp:
    app: ForgeApp
    note: Callable[[str], None]

    def get_identity(self) -> AppIdentity:
        return self.app.get_identity()

    def list_installations(self) -> tuple[int, ...]:
        return self.app.list_installations()

    def list_repositories(self, installation: int) -> tuple[Repository, ...]:
        return self.app.list_repositories(installation)

    def open_repository(self, ref: RepositoryRef) -> Forge:
        return DryRunForge(forge=self.app.open_repository(ref), identity=self.get_identity(), note=self.note)

    def look_over(self, installation: int, refs: Sequence[RepositoryRef]) -> tuple[Glance, ...]:
        return self.app.look_over(installation, refs)

    def find_rest(self, installation: int) -> float | None:
        return self.app.find_rest(installation)

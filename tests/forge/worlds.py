"""The same small world on each forge, so that one suite of promises can be asked of all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from bot.forge.github.grants import NEEDED
from bot.forge.memory import MemoryForge, MemoryForgeApp
from bot.ports.forge import (
    Alert,
    AlertState,
    Forge,
    ForgeApp,
    HeadCheckState,
    Permission,
    PullRequest,
    RepositoryRef,
    ReviewDecision,
)
from bot.ports.run import BranchName, FileMode, Sha
from tests.github import Hub
from tests.github.model import Protection, Repository

FIRST = {"pyproject.toml": '[project]\nname = "app"\n', "run.sh": "#!/bin/sh\n", "docs/read.me": "x\r\ny"}


class World(Protocol):
    @property
    def app(self) -> ForgeApp: ...

    @property
    def forge(self) -> Forge: ...

    def commit(self, branch: str, files: dict[str, str | None], *, login: str = "ada") -> Sha: ...

    def amend(self, branch: str, files: dict[str, str | None], *, login: str = "ada") -> Sha: ...

    def update_branch(self, number: int, *, login: str = "ada") -> Sha: ...

    def update_with_rebase(self, number: int, *, login: str = "ada") -> Sha: ...

    def close(self, number: int, *, login: str) -> None: ...

    def files(self, commit: Sha) -> dict[str, str]: ...

    def mode(self, commit: Sha, path: str) -> FileMode: ...

    def say(self, number: int, text: str, *, login: str) -> int: ...

    def edit_comment(self, comment: int, text: str, *, login: str) -> None: ...

    def edit_body(self, number: int, text: str, *, login: str) -> None:
        """At a later moment than the edit before."""
        ...

    def reactions(self, comment: int) -> list[str]: ...

    def let(self, login: str, permission: Permission) -> None: ...

    def forbid_workflows(self) -> None: ...

    def withhold(self, permission: str) -> None:
        """The account has not granted it."""
        ...

    def set_up(self, **traits: Any) -> None:
        """Of the repository: private, fork, has_issues, allows_auto_merge, merge_methods, has_drafts."""
        ...

    def open_pull(self, branch: str, files: dict[str, str | None], *, login: str) -> PullRequest: ...

    def open_from_fork(self, files: dict[str, str | None], *, login: str, lets_in: bool) -> PullRequest: ...

    def open_issue(self, title: str, *, login: str) -> int: ...

    def add_team(self, slug: str) -> None: ...

    def protect(self, *, checks: tuple[str, ...] = (), reviews: bool = False, strict: bool = False) -> None: ...

    def check(self, commit: Sha, name: str, state: HeadCheckState, *, app: str = "ci") -> None: ...

    def set_status(self, commit: Sha) -> None:
        """A commit status of the old kind, where the forge has them."""
        ...

    def review(self, number: int, decision: ReviewDecision, *, login: str) -> None: ...

    def raise_alert(self, package: str, state: AlertState = AlertState.OPEN, *, ecosystem: str = "pip") -> None: ...

    def turn_alerts_off(self) -> None: ...

    def annotations(self, check: int) -> int: ...


@dataclass
class MemoryWorld:
    app: MemoryForgeApp
    forge: MemoryForge

    @classmethod
    def make(cls) -> MemoryWorld:
        app = MemoryForgeApp()
        world = cls(app, app.add_repository(RepositoryRef(installation=7, id=42, owner="octo", name="app")))
        world.commit("main", dict(FIRST))
        return world

    def commit(self, branch: str, files: dict[str, str | None], *, login: str = "ada") -> Sha:
        return self.forge.commit(BranchName(branch), files, author=login)

    def amend(self, branch: str, files: dict[str, str | None], *, login: str = "ada") -> Sha:
        return self.forge.amend(BranchName(branch), files, by=login)

    def update_branch(self, number: int, *, login: str = "ada") -> Sha:
        one = self.forge.pull_requests[number]
        return self.forge.merge_base_into(one.head_branch, one.base_branch, by=login)

    def update_with_rebase(self, number: int, *, login: str = "ada") -> Sha:
        one = self.forge.pull_requests[number]
        return self.forge.rebase_onto(one.head_branch, one.base_branch, by=login)

    def close(self, number: int, *, login: str) -> None:
        self.forge.close(number, by=login)

    def files(self, commit: Sha) -> dict[str, str]:
        return {path: one.text for path, one in self.forge.commits[commit].files.items()}

    def mode(self, commit: Sha, path: str) -> FileMode:
        return self.forge.commits[commit].files[path].mode

    def say(self, number: int, text: str, *, login: str) -> int:
        return self.forge.add_comment(number, text, author=login).id

    def edit_comment(self, comment: int, text: str, *, login: str) -> None:
        self.forge.edit_comment(comment, text)
        self.forge.editors[comment] = login

    def edit_body(self, number: int, text: str, *, login: str) -> None:
        if number in self.forge.issues:
            self.forge.issues[number] = replace(self.forge.issues[number], body=text)
        else:
            self.forge.pull_requests[number] = replace(self.forge.pull_requests[number], body=text)
        self.forge.writers.setdefault(number, []).append(login)

    def reactions(self, comment: int) -> list[str]:
        return [str(one) for one in self.forge.reactions.get(comment, [])]

    def let(self, login: str, permission: Permission) -> None:
        self.forge.permissions[login] = permission

    def forbid_workflows(self) -> None:
        self.forge.writes_workflows = False

    def withhold(self, permission: str) -> None:
        self.forge.lacking = (*self.forge.lacking, f"{permission}: {NEEDED[permission]}")

    def set_up(self, **traits: Any) -> None:
        self.forge.has_drafts = traits.pop("has_drafts", True)
        self.forge.repository = replace(self.forge.repository, **traits)

    def open_pull(self, branch: str, files: dict[str, str | None], *, login: str) -> PullRequest:
        main = self.forge.branches[BranchName("main")]
        self.forge.branches.setdefault(BranchName(branch), main)
        self.commit(branch, files, login=login)
        return self.forge.open_for(BranchName(branch), BranchName("main"), author=login)

    def open_from_fork(self, files: dict[str, str | None], *, login: str, lets_in: bool) -> PullRequest:
        fork, main = f"{login}/app", BranchName("main")
        self.forge.commit_to_fork(fork, BranchName("topic"), files, author=login, start=self.forge.branches[main])
        return self.forge.open_for(BranchName("topic"), main, author=login, fork=fork, maintainer_can_modify=lets_in)

    def open_issue(self, title: str, *, login: str) -> int:
        return self.forge.add_issue(title, author=login).number

    def add_team(self, slug: str) -> None:
        self.forge.teams.add(slug)

    def protect(self, *, checks: tuple[str, ...] = (), reviews: bool = False, strict: bool = False) -> None:
        self.forge.required_checks, self.forge.reviews_required = frozenset(checks), reviews
        self.forge.strict = strict

    def check(self, commit: Sha, name: str, state: HeadCheckState, *, app: str = "ci") -> None:
        self.forge.set_check(commit, name, state, creator=app)

    def set_status(self, commit: Sha) -> None:
        self.forge.set_check(commit, "legacy", creator="ada")

    def review(self, number: int, decision: ReviewDecision, *, login: str) -> None:
        self.forge.review(number, decision)

    def raise_alert(self, package: str, state: AlertState = AlertState.OPEN, *, ecosystem: str = "pip") -> None:
        alerts = self.forge.alerts or []
        one = Alert(
            number=len(alerts) + 1,
            package=package,
            ecosystem=ecosystem,
            manifest="uv.lock",
            advisory="GHSA-xxxx-xxxx-xxxx",
            vulnerable="< 2.0",
            patched="2.0",
            severity="high",
            state=state,
            summary=f"{package} can be harmed",
        )
        self.forge.alerts = [*alerts, one]

    def turn_alerts_off(self) -> None:
        self.forge.alerts = None

    def annotations(self, check: int) -> int:
        return next(one.annotations for _, one in self.forge.checks if one.id == check)


@dataclass
class GitHubWorld:
    app: ForgeApp
    forge: Forge
    hub: Hub
    repository: Repository

    def commit(self, branch: str, files: dict[str, str | None], *, login: str = "ada") -> Sha:
        return Sha(self.hub.push(self.repository, files, branch=branch, login=login))

    def amend(self, branch: str, files: dict[str, str | None], *, login: str = "ada") -> Sha:
        return Sha(self.hub.amend(self.repository, branch, files, login=login))

    def update_branch(self, number: int, *, login: str = "ada") -> Sha:
        return Sha(self.hub.update_branch(self.repository, number, login=login))

    def update_with_rebase(self, number: int, *, login: str = "ada") -> Sha:
        return Sha(self.hub.update_with_rebase(self.repository, number, login=login))

    def close(self, number: int, *, login: str) -> None:
        self.hub.close(self.repository, number, login=login)

    def files(self, commit: Sha) -> dict[str, str]:
        return self.repository.git.files(commit)

    def mode(self, commit: Sha, path: str) -> FileMode:
        tree = self.repository.git.read_tree(commit, recursive=True)
        return next(FileMode(one.mode) for one in tree if one.path == path)

    def say(self, number: int, text: str, *, login: str) -> int:
        return self.hub.comment(self.repository, number, text, login=login).id

    def edit_comment(self, comment: int, text: str, *, login: str) -> None:
        self.hub.edit_comment(self.repository, comment, text, login=login)

    def edit_body(self, number: int, text: str, *, login: str) -> None:
        one, passed = self.repository.find_thread(number), timedelta(seconds=1)
        assert one is not None
        one.created, one.edits = one.created - passed, [(moment - passed, who) for moment, who in one.edits]
        self.hub.edit(self.repository, number, body=text, login=login)

    def reactions(self, comment: int) -> list[str]:
        return [content for _, content in self.repository.comments[comment].reactions]

    def let(self, login: str, permission: Permission) -> None:
        self.hub.add_collaborator(self.repository, login, str(permission))

    def forbid_workflows(self) -> None:
        """The account has not granted the permission."""
        for one in self.hub.installations.values():
            one.permissions.pop("workflows")

    def withhold(self, permission: str) -> None:
        for one in self.hub.installations.values():
            one.permissions.pop(permission)

    def set_up(self, **traits: Any) -> None:
        words = {"allows_auto_merge": "allow_auto_merge"}
        for name, value in traits.items():
            if name == "fork":
                self.repository.fork_of = self.repository.id if value else None
            elif name == "merge_methods":
                self.repository.merge_methods = {str(one) for one in value}
            else:
                setattr(self.repository, words.get(name, name), value)

    def open_pull(self, branch: str, files: dict[str, str | None], *, login: str) -> PullRequest:
        git = self.repository.git
        git.update_ref(f"refs/heads/{branch}", git.branch("main") or "")
        self.commit(branch, files, login=login)
        return self.forge.get_pull_request(self.hub.open_pull(self.repository, branch, login=login).number)

    def open_from_fork(self, files: dict[str, str | None], *, login: str, lets_in: bool) -> PullRequest:
        fork = self.hub.fork(self.repository, login)
        fork.git.update_ref("refs/heads/topic", fork.git.branch("main") or "")
        self.hub.push(fork, files, branch="topic", login=login)
        one = self.hub.open_pull(self.repository, "topic", login=login, fork=fork, maintainer_can_modify=lets_in)
        return self.forge.get_pull_request(one.number)

    def open_issue(self, title: str, *, login: str) -> int:
        return self.hub.open_issue(self.repository, title, login=login).number

    def add_team(self, slug: str) -> None:
        self.repository.teams.add(slug)

    def protect(self, *, checks: tuple[str, ...] = (), reviews: bool = False, strict: bool = False) -> None:
        self.repository.protection = Protection(checks=set(checks), reviews=int(reviews), strict=strict)

    def check(self, commit: Sha, name: str, state: HeadCheckState, *, app: str = "ci") -> None:
        ended = {
            HeadCheckState.PASSED: "success",
            HeadCheckState.FAILED: "failure",
            HeadCheckState.IGNORED: "skipped",
            HeadCheckState.PENDING: None,
        }
        self.hub.add_check(self.repository, commit, name, ended[state], app=app)

    def set_status(self, commit: Sha) -> None:
        self.hub.add_status(self.repository, commit, "legacy", "success", login="ada")

    def review(self, number: int, decision: ReviewDecision, *, login: str) -> None:
        self.hub.review(self.repository, number, decision.upper(), login=login)

    def raise_alert(self, package: str, state: AlertState = AlertState.OPEN, *, ecosystem: str = "pip") -> None:
        self.hub.raise_alert(self.repository, package, state=str(state), ecosystem=ecosystem)

    def turn_alerts_off(self) -> None:
        self.repository.alerts = None

    def annotations(self, check: int) -> int:
        return len(self.repository.checks[check].annotations)

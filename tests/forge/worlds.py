"""The same small world on each forge, so that one suite of promises can be asked of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.forge.memory import MemoryForge, MemoryForgeApp
from bot.ports.forge import Forge, ForgeApp, Permission, RepositoryRef
from bot.ports.run import BranchName, FileMode, Sha
from tests.github import Hub
from tests.github.model import Repository

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

    def reactions(self, comment: int) -> list[str]: ...

    def let(self, login: str, permission: Permission) -> None: ...

    def forbid_workflows(self) -> None: ...


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

    def reactions(self, comment: int) -> list[str]:
        return [str(one) for one in self.forge.reactions.get(comment, [])]

    def let(self, login: str, permission: Permission) -> None:
        self.forge.permissions[login] = permission

    def forbid_workflows(self) -> None:
        self.forge.writes_workflows = False


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

    def reactions(self, comment: int) -> list[str]:
        return [content for _, content in self.repository.comments[comment].reactions]

    def let(self, login: str, permission: Permission) -> None:
        self.hub.add_collaborator(self.repository, login, str(permission))

    def forbid_workflows(self) -> None:
        """The account has not granted the permission."""
        for one in self.hub.installations.values():
            one.permissions.pop("workflows")

"""The twin of the App."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.forge.memory.forge import MemoryForge
from bot.ports.forge import AppIdentity, ForgeNotFound, Glance, MergeMethod, Repository, RepositoryRef
from bot.ports.run import BranchName


@dataclass(slots=True, kw_only=True)
class MemoryForgeApp:
    """The App, installed once for every repository's owner. ``rests``: which installations rest until when."""

    identity: AppIdentity = field(default_factory=lambda: AppIdentity(slug="lockbot", login="lockbot[bot]"))
    forges: dict[int, MemoryForge] = field(default_factory=dict)
    rests: dict[int, float] = field(default_factory=dict)

    def add_repository(self, ref: RepositoryRef, *, default_branch: str = "main") -> MemoryForge:
        repository = Repository(
            ref=ref, default_branch=BranchName(default_branch), private=True, merge_methods=tuple(MergeMethod)
        )
        self.forges[ref.id] = MemoryForge(repository=repository, identity=self.identity)
        return self.forges[ref.id]

    def get_identity(self) -> AppIdentity:
        return self.identity

    def list_installations(self) -> tuple[int, ...]:
        return tuple(sorted({one.ref.installation for one in self.forges.values()}))

    def list_repositories(self, installation: int) -> tuple[Repository, ...]:
        return tuple(one.repository for one in self.forges.values() if one.ref.installation == installation)

    def open_repository(self, ref: RepositoryRef) -> MemoryForge:
        if ref.id not in self.forges:
            raise ForgeNotFound(f"no repository {ref.full_name}")
        return self.forges[ref.id]

    def find_file_of(self, installation: int, repository: str, path: str, ref: str | None) -> str | None:
        for one in self.forges.values():
            if one.ref.installation == installation and one.ref.full_name.lower() == repository.lower():
                commit = one.find_branch(BranchName(ref or one.repository.default_branch))
                return None if commit is None or one.gone else one.find_file(path, commit)
        return None

    def look_over(
        self, installation: int, refs: Sequence[RepositoryRef], *, check: str | None = None
    ) -> tuple[Glance, ...]:
        known = (self.forges.get(ref.id) for ref in refs if ref.installation == installation)
        return tuple(one.look_over(check) for one in known if one is not None and not one.gone)

    def find_rest(self, installation: int) -> float | None:
        return self.rests.get(installation)

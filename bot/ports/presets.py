"""Where presets of other repositories are read: the forge's, of one account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetFile:
    """A file that others build on; ``paths`` of which the first that exists counts, ``tag`` None: the default branch."""

    repository: str
    paths: tuple[str, ...]
    tag: str | None = None

    def is_foreign(self, account: str) -> bool:
        """Whether the repository belongs to somebody else."""
        return self.repository.partition("/")[0].lower() != account.lower()


class PresetSource(Protocol):
    @property
    def account(self) -> str:
        """Whose presets are read."""

    def find(self, file: PresetFile) -> str | None:
        """The text; ``None`` where there is no such file, or no such repository that the App may read."""

    def find_defaults(self) -> tuple[str, str] | None:
        """The account's own configuration (its name and its text), with which every repository of it begins."""

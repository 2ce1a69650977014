"""What followers need to know that stands neither in the repository nor in its locks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.ports.run import Sha


@dataclass(frozen=True, slots=True, kw_only=True)
class HookPackage:
    """The package whose versions the tags of a repository of hooks are.

    ``tag`` is their form, ``{}`` where the version stands; ``None``: as it is written now.
    """

    package: str
    tag: str | None = None


#: By the address of the repository (``bot.precommit.model.address_of``).
HookPackages = Mapping[str, HookPackage]


class Tags(Protocol):
    def find_commits(self, repository: str, tags: Sequence[str]) -> Mapping[str, Sha] | None:
        """The commits of those of the tags that a repository has; ``None`` where it can't be asked.

        ``repository`` is its address without a scheme, ``github.com/owner/name``.
        """


class NoTags:
    """Nobody can be asked."""

    def find_commits(self, repository: str, tags: Sequence[str]) -> Mapping[str, Sha] | None:
        del repository, tags
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTags:
    """The twin in memory: ``commits`` by repository and tag; a repository that is not among them can't be asked."""

    commits: Mapping[str, Mapping[str, str]]

    def find_commits(self, repository: str, tags: Sequence[str]) -> Mapping[str, Sha] | None:
        known = self.commits.get(repository)
        return None if known is None else {tag: Sha(known[tag]) for tag in tags if tag in known}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """``hook_packages`` is the table of hooks that lockbot knows."""

    tags: Tags = field(default_factory=NoTags)
    hook_packages: HookPackages = field(default_factory=dict)


NOTHING_AROUND = Surroundings()

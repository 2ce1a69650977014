"""What a kind of followers is: a module with ``find`` and ``is_brought``, entered in ``bot.follow.followers``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.detect.model import Listing
from bot.lockfile.model import Lock
from bot.repoconfig.model import RepoConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A repository at one moment, as far as a proposal changes it.

    ``locks`` by the path of the lockfile, or by the manifest's where a unit keeps none; ``texts`` of manifests and
    lockfiles by path. Both moments have the same locks; a file that is new has no text before.
    """

    locks: Mapping[str, Lock]
    texts: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """A file that follows a lock and could not be written anew; ``reason`` is a sentence for the pull request."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A version in a file that people write, as a reviewer is told of it; ``comment`` stands beside it."""

    path: str
    line: int
    before: str
    after: str
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What became of the files that follow: their new texts by path, what was rewritten in those that people write, and
    those that stay as they are."""

    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    rewritten: tuple[Rewritten, ...] = ()
    left: tuple[LeftAlone, ...] = ()


class Follower(Protocol):
    """Something in the repository, already read, that says what a lock says."""

    @property
    def path(self) -> str:
        """The file that it is about."""

    def refresh(self, before: Moment, after: Moment) -> Followed:
        """The new texts; empty where what it follows did not move. Writes no manifest and no lockfile.

        ``after.texts`` has what is written into the file already; what a follower writes goes on from there.
        """


class FollowerKind(Protocol):
    def find(self, listing: Listing, config: RepoConfig) -> tuple[Follower, ...]:
        """The followers of a repository; what can't be read follows nothing."""

    def is_brought(self, path: str, files: Collection[str], /) -> bool:
        """Whether a clone brings the file for this kind, by its path alone; ``files`` are all."""

"""What a kind of followers is: a module with ``find``, entered in ``bot.follow.followers``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.detect.model import Listing
from bot.lockfile.model import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A repository at one moment, as far as a proposal changes it.

    ``locks`` by the path of the lockfile, or by the manifest's where a unit keeps none; ``texts`` of manifests and
    lockfiles by path. Both moments have the same locks; a file that is new has no text before.
    """

    locks: Mapping[str, Lock]
    texts: Mapping[str, str] = field(repr=False)


class Follower(Protocol):
    """Something in the repository, already read, that says what a lock says."""

    def refresh(self, before: Moment, after: Moment) -> Mapping[str, str]:
        """The new texts by path; empty where what it follows did not move. Writes no manifest and no lockfile."""


class FollowerKind(Protocol):
    def find(self, listing: Listing) -> tuple[Follower, ...]:
        """The followers of a repository; what can't be read follows nothing."""

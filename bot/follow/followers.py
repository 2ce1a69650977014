"""The kinds of followers. A new one is a module that satisfies ``FollowerKind``, and a row here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from bot.detect.model import Listing
from bot.follow import exports
from bot.follow.hook_revisions import HookRevisions
from bot.follow.model import Followed, Follower, FollowerKind, LeftAlone, Moment, Rewritten
from bot.ports.surroundings import NOTHING_AROUND, Surroundings
from bot.repoconfig.model import RepoConfig
from bot.wall import KeepError, to_problem

FOLLOWERS: tuple[FollowerKind, ...] = (exports,)
#: Those that need to know something of the world beside the repository.
OUTWARD: tuple[Callable[[Surroundings], FollowerKind], ...] = (lambda around: HookRevisions(surroundings=around),)


def find_followers(
    listing: Listing, config: RepoConfig, keep: KeepError, around: Surroundings = NOTHING_AROUND
) -> tuple[Follower, ...]:
    """All that follows a lock in this repository. One that fails unexpectedly leaves its own file alone, no more."""
    return tuple(_Walled(follower=one, keep=keep) for kind in _kinds(around) for one in kind.find(listing, config))


def _kinds(around: Surroundings) -> tuple[FollowerKind, ...]:
    return (*FOLLOWERS, *(make(around) for make in OUTWARD))


def is_brought(path: str, files: Collection[str]) -> bool:
    """Whether a follower may read this file of a repository that has ``files``."""
    return any(kind.is_brought(path, files) for kind in _kinds(NOTHING_AROUND))


def refresh_all(followers: Iterable[Follower], before: Moment, after: Moment) -> Followed:
    """The new texts of everything that follows, by path, and what stays as it is.

    Several may write into one file: each sees what those before it have written.
    """
    texts: dict[str, str] = {}
    rewritten: list[Rewritten] = []
    left: dict[LeftAlone, None] = {}
    for follower in followers:
        done = follower.refresh(before, replace(after, texts={**after.texts, **texts}))
        texts |= done.texts
        rewritten += done.rewritten
        left |= dict.fromkeys(done.left)
    return Followed(texts=texts, rewritten=tuple(rewritten), left=tuple(left))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walled:
    follower: Follower
    keep: KeepError

    @property
    def path(self) -> str:
        return self.follower.path

    def refresh(self, before: Moment, after: Moment) -> Followed:
        try:
            return self.follower.refresh(before, after)
        except Exception as error:  # noqa: BLE001 - the wall
            problem = to_problem(error, self.path, self.keep)
            told = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
            return Followed(left=(LeftAlone(path=self.path, reason=told),))

"""The kinds of followers. A new one is a module that satisfies ``FollowerKind``, and a row here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.detect.model import Listing
from bot.follow import exports
from bot.follow.model import Followed, Follower, FollowerKind, LeftAlone, Moment
from bot.repoconfig.model import RepoConfig
from bot.wall import KeepError, to_problem

FOLLOWERS: tuple[FollowerKind, ...] = (exports,)


def find_followers(listing: Listing, config: RepoConfig, keep: KeepError) -> tuple[Follower, ...]:
    """All that follows a lock in this repository. One that fails unexpectedly leaves its own file alone, no more."""
    return tuple(_Walled(follower=one, keep=keep) for kind in FOLLOWERS for one in kind.find(listing, config))


def is_brought(path: str, files: Collection[str]) -> bool:
    """Whether a follower may read this file of a repository that has ``files``."""
    return any(kind.is_brought(path, files) for kind in FOLLOWERS)


def refresh_all(followers: Iterable[Follower], before: Moment, after: Moment) -> Followed:
    """The new texts of everything that follows, by path, and what stays as it is."""
    done = [follower.refresh(before, after) for follower in followers]
    return Followed(
        texts={path: text for one in done for path, text in one.texts.items()},
        left=tuple(dict.fromkeys(row for one in done for row in one.left)),
    )


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

"""The kinds of followers. A new one is a module that satisfies ``FollowerKind``, and a row here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.detect.model import Listing
from bot.follow.model import Follower, FollowerKind, Moment

FOLLOWERS: tuple[FollowerKind, ...] = ()


def find_followers(listing: Listing) -> tuple[Follower, ...]:
    """All that follows a lock in this repository."""
    return tuple(follower for kind in FOLLOWERS for follower in kind.find(listing))


def refresh_all(followers: Iterable[Follower], before: Moment, after: Moment) -> Mapping[str, str]:
    """The new texts of everything that follows, by path."""
    return {path: text for follower in followers for path, text in follower.refresh(before, after).items()}

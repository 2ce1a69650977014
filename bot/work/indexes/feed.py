"""What of a feed is new since it was read last. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.ports.indexes import Told

#: So many entries are remembered; feeds in use have a hundred.
_KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedNews:
    """``packages`` have new entries. ``has_gap``: there may have been others in between, that nobody saw. ``known`` is what is
    to be remembered."""

    packages: frozenset[str]
    has_gap: bool
    known: tuple[str, ...]


def compare(told: Told, known: Sequence[str]) -> FeedNews:
    """``known``: what was to be remembered of the feed the last time; nothing where it was never read.

    A feed that has none of what it had may have lost some in between, and one that is read for the first time too.
    """
    named = {_digest(entry): package for entry, package in told.entries[:_KEPT]}
    before = frozenset(known)
    new = frozenset(package for name, package in named.items() if name not in before)
    has_gap = bool(named) and not any(name in before for name in named)
    kept = [*named, *(one for one in known if one not in named)]
    return FeedNews(packages=new, has_gap=has_gap, known=tuple(kept[:_KEPT]))


def _digest(entry: str) -> str:
    return blake2b(entry.encode("utf-8", "replace"), digest_size=6).hexdigest()

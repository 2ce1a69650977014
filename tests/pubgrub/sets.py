"""Version sets written as comparisons and as intervals."""

from __future__ import annotations

from collections.abc import Iterable

from bot.pubgrub.cuts import after, before
from bot.pubgrub.version_set import EMPTY, VersionSet, between


def at_least(key: bytes) -> VersionSet:
    return between(before(key), None)


def greater_than(key: bytes) -> VersionSet:
    return between(after(key), None)


def at_most(key: bytes) -> VersionSet:
    return between(None, after(key))


def less_than(key: bytes) -> VersionSet:
    return between(None, before(key))


def from_intervals(intervals: Iterable[tuple[bytes | None, bytes | None]]) -> VersionSet:
    """The union of (opening cut, closing cut) pairs in any order; ``None`` is infinity, empty pairs are skipped."""
    result = EMPTY
    for low, high in intervals:
        result = result.union(between(low, high))
    return result

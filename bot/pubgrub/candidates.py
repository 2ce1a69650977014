"""The queue of packages that wait for a decision, ordered by rank.

Ranks are given by the caller when a package is (re-)ranked and stay as they were until its constraints change again:
a rank that the caller would compute differently by now is not looked at. Ties are broken by package id.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from bot.pubgrub.incompatibility import PackageId

Rank = tuple[int, ...]
"""Smallest is decided first."""


class RankedQueue:
    """Packages with a rank each. Superseded heap entries are recognised by their rank and skipped."""

    __slots__ = ("_heap", "ranks")

    def __init__(self) -> None:
        self.ranks: dict[PackageId, Rank] = {}
        self._heap: list[tuple[Rank, PackageId]] = []

    def __contains__(self, package: PackageId) -> bool:
        return package in self.ranks

    def push(self, package: PackageId, rank: Rank) -> None:
        """Add the package, or change its rank."""
        if self.ranks.get(package) == rank:
            return
        self.ranks[package] = rank
        heappush(self._heap, (rank, package))
        if len(self._heap) > 64 + 4 * len(self.ranks):
            self._heap = [(rank, package) for package, rank in self.ranks.items()]
            heapify(self._heap)

    def remove(self, package: PackageId) -> None:
        self.ranks.pop(package, None)

    def pop(self) -> PackageId | None:
        """Take out the package of smallest rank."""
        while self._heap:
            rank, package = heappop(self._heap)
            if self.ranks.get(package) == rank:
                del self.ranks[package]
                return package
        return None

    def copy(self) -> RankedQueue:
        clone = RankedQueue()
        clone.ranks = self.ranks.copy()
        clone._heap = self._heap.copy()
        return clone

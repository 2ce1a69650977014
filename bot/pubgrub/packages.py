"""The numbering of packages inside one state: the order in which they were first mentioned.

The number is the last tie-break between packages of equal rank, so that a search never depends on hashing.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from bot.pubgrub.incompatibility import PackageId

P = TypeVar("P")


class PackageTable(Generic[P]):
    """Hashable packages to consecutive ids and back."""

    __slots__ = ("ids", "names")

    def __init__(self) -> None:
        self.ids: dict[P, PackageId] = {}
        self.names: list[P] = []

    def intern(self, package: P) -> PackageId:
        """The id of ``package``, a new one if it was not known."""
        found = self.ids.get(package)
        if found is None:
            found = self.ids[package] = PackageId(len(self.names))
            self.names.append(package)
        return found

    def copy(self) -> PackageTable[P]:
        clone: PackageTable[P] = PackageTable()
        clone.ids = self.ids.copy()
        clone.names = self.names.copy()
        return clone

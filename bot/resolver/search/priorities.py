"""Which package is decided next (spec 4.3).

The priority belongs to a name, so that a package and its proxies are decided together; the order of discovery breaks
ties, first between names, then between the virtual packages of one name.
"""

from __future__ import annotations

from enum import IntEnum

from bot.pubgrub.candidates import Rank
from bot.resolver.search.package import Role, SolverPackage


class Urgency(IntEnum):
    """Later ones are decided first."""

    UNSPECIFIED = 0
    CONFLICT_LATE = 1
    CONFLICT_EARLY = 2
    SINGLETON = 3
    DIRECT_URL = 4
    FIXED = 5


class Priorities:
    """The urgencies and orders of discovery of one fork."""

    __slots__ = ("_names", "_order")

    def __init__(self) -> None:
        self._names: dict[str, tuple[Urgency, int]] = {}
        self._order: dict[SolverPackage, int] = {}

    def copy(self) -> Priorities:
        clone = Priorities()
        clone._names = self._names.copy()
        clone._order = self._order.copy()
        return clone

    def note(self, package: SolverPackage, *, pinned: bool, has_url: bool) -> None:
        """A dependency on the package was seen; its urgency may rise."""
        self._order.setdefault(package, len(self._order))
        urgency = Urgency.DIRECT_URL if has_url else Urgency.SINGLETON if pinned else Urgency.UNSPECIFIED
        known = self._names.get(package.name)
        if known is None:
            self._names[package.name] = (urgency, len(self._names))
        elif urgency > known[0]:
            self._names[package.name] = (urgency, known[1])

    def raise_for_conflicts(self, package: SolverPackage) -> None:
        """The package lost its versions to others too often: decide it early."""
        self._mark(package, Urgency.CONFLICT_EARLY, kept=(Urgency.CONFLICT_EARLY,))

    def lower_for_conflicts(self, package: SolverPackage) -> bool:
        """The package cost others their versions too often: decide it late. Whether that changed anything."""
        return self._mark(package, Urgency.CONFLICT_LATE, kept=(Urgency.CONFLICT_LATE, Urgency.CONFLICT_EARLY))

    def _mark(self, package: SolverPackage, urgency: Urgency, kept: tuple[Urgency, ...]) -> bool:
        if not package.name:
            return False
        known = self._names.get(package.name)
        if known is not None and known[0] in kept:
            return False
        self._names[package.name] = (urgency, len(self._names) if known is None else known[1])
        return True

    def rank(self, package: SolverPackage) -> Rank:
        """The solver's rank: smallest first."""
        if package.role in (Role.ROOT, Role.PYTHON):
            return (-Urgency.FIXED, 0, 0)
        urgency, order = self._names[package.name]
        return (-urgency, order, self._order[package])

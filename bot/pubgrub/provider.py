"""A provider of packages, an observer of the search, and a small driver that brings both together.

The resolver drives ``State`` itself; ``resolve`` serves scenarios, tests and whoever has all packages at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.pubgrub.candidates import Rank
from bot.pubgrub.derivation import DerivationTree, derivation_tree
from bot.pubgrub.incompatibility import IncompatibilityId
from bot.pubgrub.solver import NoSolution, State
from bot.pubgrub.version_set import VersionSet, singleton

P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A version that cannot be used, with the reason."""

    reason: str


class Provider(Protocol[P]):
    """What the driver needs to know about packages. Same question, same answer."""

    def rank(self, package: P, versions: VersionSet) -> Rank:
        """The place of the package in the order of decisions; the smallest is decided first."""
        ...

    def choose(self, package: P, versions: VersionSet) -> bytes | None:
        """The key of the version of ``versions`` to try next, or ``None`` if there is none."""
        ...

    def dependencies(self, package: P, key: bytes) -> Sequence[tuple[P, VersionSet]] | Unavailable:
        """What the version depends on, or why it cannot be used."""
        ...


class Observer(Protocol[P_contra]):
    """Is told what happens during a search, in order."""

    def decided(self, package: P_contra, key: bytes) -> None:
        """The version was selected for now."""
        ...

    def rejected(self, package: P_contra, key: bytes, incompatibility: IncompatibilityId) -> None:
        """The version was not selected, because its own dependencies rule it out here."""
        ...

    def conflicted(self, package: P_contra, incompatibility: IncompatibilityId) -> None:
        """Propagation met a conflict on the package and learned the incompatibility from it."""
        ...


class Silent(Generic[P]):
    """An observer that ignores everything."""

    def decided(self, package: P, key: bytes) -> None:
        del package, key

    def rejected(self, package: P, key: bytes, incompatibility: IncompatibilityId) -> None:
        del package, key, incompatibility

    def conflicted(self, package: P, incompatibility: IncompatibilityId) -> None:
        del package, incompatibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved(Generic[P]):
    """The selected keys, in order of decision, the root first."""

    keys: Mapping[P, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsolvable(Generic[P]):
    """There is no solution, and why."""

    why: DerivationTree[P, str]


def resolve(
    provider: Provider[P], root: P, root_key: bytes, observer: Observer[P] | None = None
) -> Solved[P] | Unsolvable[P]:
    """Search until solved or proven unsolvable, however long it takes."""
    search = _Search(provider, root, root_key, observer or Silent[P]())
    return search.run()


class _Search(Generic[P]):
    def __init__(self, provider: Provider[P], root: P, root_key: bytes, observer: Observer[P]) -> None:
        self._provider = provider
        self._observer = observer
        self._state: State[P, str] = State(root, root_key)
        self._expanded: set[tuple[P, bytes]] = set()

    def run(self) -> Solved[P] | Unsolvable[P]:
        package = self._state.root
        solution = self._state.partial_solution
        try:
            while True:
                for affected, incompatibility in self._state.unit_propagate(package):
                    self._observer.conflicted(affected, incompatibility)
                picked = solution.pick_highest_priority_package(self._provider.rank)
                if picked is None:
                    return Solved(keys=dict(solution.decisions()))
                package, versions = picked
                self._decide(package, versions)
        except NoSolution as failure:
            return Unsolvable(why=derivation_tree(self._state, failure.incompatibility))

    def _decide(self, package: P, versions: VersionSet) -> None:
        key = self._provider.choose(package, versions)
        if key is None:
            self._state.add_no_versions(package, versions)
        elif (package, key) in self._expanded:
            # Its dependencies are known and do not rule it out, or propagation would have excluded it.
            self._state.partial_solution.add_decision(package, key)
            self._observer.decided(package, key)
        else:
            self._expand(package, key)

    def _expand(self, package: P, key: bytes) -> None:
        found = self._provider.dependencies(package, key)
        if isinstance(found, Unavailable):
            self._state.add_unavailable(package, singleton(key), found.reason)
            return
        self._expanded.add((package, key))
        conflict = self._state.add_incompatibilities_from_dependencies(package, key, singleton(key), found)
        if conflict is None:
            self._observer.decided(package, key)
        else:
            self._observer.rejected(package, key, conflict)


class InMemoryProvider(Generic[P]):
    """A provider over a complete table; the newest version is tried first, scarce packages are decided first.

    ``ranked_by_scarcity`` off makes every package rank alike, so that the first one mentioned is decided first.
    """

    def __init__(
        self,
        universe: Mapping[P, Mapping[bytes, Sequence[tuple[P, VersionSet]] | Unavailable]],
        *,
        ranked_by_scarcity: bool = True,
    ) -> None:
        self._universe = universe
        self._keys = {package: sorted(versions) for package, versions in universe.items()}
        self._ranked_by_scarcity = ranked_by_scarcity

    def rank(self, package: P, versions: VersionSet) -> Rank:
        if not self._ranked_by_scarcity:
            return ()
        return (sum(versions.contains(key) for key in self._keys.get(package, ())),)

    def choose(self, package: P, versions: VersionSet) -> bytes | None:
        return next((key for key in reversed(self._keys.get(package, [])) if versions.contains(key)), None)

    def dependencies(self, package: P, key: bytes) -> Sequence[tuple[P, VersionSet]] | Unavailable:
        return self._universe[package][key]

"""The search of ``bot.pubgrub`` over a complete table of packages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.pubgrub.candidates import Rank
from bot.pubgrub.derivation import DerivationTree, derivation_tree
from bot.pubgrub.search import Conflicts, packages_to_decide
from bot.pubgrub.solver import NoSolution, State
from bot.pubgrub.version_set import VersionSet, singleton


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A version that cannot be used, with the reason."""

    reason: str


Found = Sequence[tuple[str, VersionSet]] | Unavailable
Table = Mapping[str, Mapping[bytes, Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """The selected keys, in order of decision, the root first."""

    keys: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsolvable:
    """There is no solution, and why."""

    why: DerivationTree[str, str]


class TableSearch:
    """One search: the newest version is tried first, scarce packages are decided first.

    ``by_scarcity`` off makes every package rank alike, so that the first one mentioned is decided first.
    """

    def __init__(self, table: Table, state: State[str, str], *, by_scarcity: bool = True) -> None:
        self.table = table
        self.state = state
        self.by_scarcity = by_scarcity
        self.expanded: set[tuple[str, bytes]] = set()

    def run(self) -> Solved | Unsolvable:
        try:
            for package, versions in self.packages(self.state.root):
                self.decide(package, versions)
        except NoSolution as failure:
            return Unsolvable(why=derivation_tree(self.state, failure.incompatibility))
        return Solved(keys=dict(self.state.partial_solution.decisions()))

    def packages(self, changed: str) -> Iterator[tuple[str, VersionSet]]:
        return packages_to_decide(self.state, changed, self.propagated, self.rank)

    def propagated(self, conflicts: Conflicts[str]) -> None:
        pass

    def rank(self, package: str, versions: VersionSet) -> Rank:
        if not self.by_scarcity:
            return ()
        return (sum(versions.contains(key) for key in self.table.get(package, ())),)

    def decide(self, package: str, versions: VersionSet) -> None:
        key = max((key for key in self.table.get(package, ()) if versions.contains(key)), default=None)
        if key is None:
            self.state.add_no_versions(package, versions)
        elif (package, key) in self.expanded:
            # Its dependencies are known and do not rule it out, or propagation would have excluded it.
            self.state.partial_solution.add_decision(package, key)
        else:
            self.expand(package, key)

    def expand(self, package: str, key: bytes) -> None:
        found = self.table[package][key]
        if isinstance(found, Unavailable):
            self.state.add_unavailable(package, singleton(key), found.reason)
            return
        self.expanded.add((package, key))
        self.state.add_incompatibilities_from_dependencies(package, key, singleton(key), found)


def solve(table: Table, root_key: bytes, *, by_scarcity: bool = True) -> Solved | Unsolvable:
    """Search until solved or proven unsolvable; the root is ``root``."""
    return TableSearch(table, State("root", root_key), by_scarcity=by_scarcity).run()

"""The PubGrub solver as a state that is told facts and asked to propagate, step by step.

Follows the description of the algorithm in https://github.com/dart-lang/pub/blob/master/doc/solver.md, with the
choices that decide which solution is found: newest incompatibilities are looked at first, dependencies that several
versions of a package share are merged, and until something goes wrong for the first time a version is decided without
a look at its dependencies.

``bot.pubgrub.search`` propagates and picks a package, the resolver chooses a version and adds what it learned, until no
package is left. There is no limit of effort here and no I/O; nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from bot.pubgrub.incompatibility import (
    DerivedFrom,
    FromDependency,
    Incompatibility,
    IncompatibilityId,
    PackageId,
    custom,
    from_dependency,
    merge_dependents,
    no_versions,
    not_root,
    prior_cause,
)
from bot.pubgrub.packages import PackageTable
from bot.pubgrub.partial_solution import PartialSolution
from bot.pubgrub.term import Relation, exact
from bot.pubgrub.version_set import VersionSet

P = TypeVar("P")
M = TypeVar("M")

_NOTHING = -1


class NoSolution(Exception):
    """The root cannot be selected; ``incompatibility`` is the root of the proof."""

    def __init__(self, incompatibility: IncompatibilityId) -> None:
        super().__init__(f"no solution: incompatibility {incompatibility} forbids the root")
        self.incompatibility = incompatibility


class Dependency(NamedTuple, Generic[P]):
    """A known dependency; ``dependency_versions`` is the empty set if nothing can meet it."""

    dependent: P
    dependent_versions: VersionSet
    dependency: P
    dependency_versions: VersionSet


class State(Generic[P, M]):
    """One search. ``clone`` gives an independent copy; incompatibility ids of the original stay valid in it."""

    __slots__ = ("_by_package", "_merged", "_packages", "_root", "_root_key", "_store", "partial_solution")

    def __init__(self, root: P, root_key: bytes) -> None:
        self._packages: PackageTable[P] = PackageTable()
        self.partial_solution: PartialSolution[P] = PartialSolution(self._packages)
        self._store: list[Incompatibility[M]] = []
        self._by_package: list[list[IncompatibilityId]] = []
        self._merged: dict[tuple[PackageId, PackageId, VersionSet], IncompatibilityId] = {}
        self._root = self._intern(root)
        self._root_key = root_key
        self._merge(self._add(not_root(self._root, root_key)))

    def clone(self) -> State[P, M]:
        """An independent copy; immutable incompatibilities are shared, the books over them are copied."""
        twin: State[P, M] = State.__new__(State)
        twin._packages = self._packages.copy()
        twin.partial_solution = self.partial_solution.copy(twin._packages)
        twin._store = self._store.copy()
        twin._by_package = [ids.copy() for ids in self._by_package]
        twin._merged = self._merged.copy()
        twin._root = self._root
        twin._root_key = self._root_key
        return twin

    # What is known ----------------------------------------------------------------------------------------------

    @property
    def root(self) -> P:
        return self._packages.names[self._root]

    @property
    def packages(self) -> Sequence[P]:
        """Every package mentioned so far; positions are the package ids in terms and causes."""
        return self._packages.names

    @property
    def incompatibilities(self) -> Sequence[Incompatibility[M]]:
        """Every incompatibility ever made; positions are incompatibility ids."""
        return self._store

    def conflict_packages(self, incompatibility: IncompatibilityId) -> list[P]:
        """The packages that have a term in the incompatibility."""
        return [self._packages.names[package] for package, _ in self._store[incompatibility].terms]

    def dependencies(self, package: P) -> Iterator[Dependency[P]]:
        """The current (merged) dependencies in which ``package`` takes part, as dependent or as dependency."""
        found = self._packages.ids.get(package)
        names = self._packages.names
        for incompatibility in () if found is None else self._by_package[found]:
            cause = self._store[incompatibility].cause
            if isinstance(cause, FromDependency):
                yield Dependency(
                    names[cause.package], cause.versions, names[cause.dependency], cause.dependency_versions
                )

    # What the resolver tells ------------------------------------------------------------------------------------

    def add_no_versions(self, package: P, versions: VersionSet) -> None:
        """No usable version of the package lies in ``versions``."""
        self._merge(self._add(no_versions(self._intern(package), versions)))

    def add_unavailable(self, package: P, versions: VersionSet, reason: M) -> None:
        """``versions`` cannot be used, for ``reason``."""
        self._merge(self._add(custom(self._intern(package), versions, reason)))

    def add_dependency(self, package: P, versions: VersionSet, dependency: P, dependency_versions: VersionSet) -> None:
        """Each of ``versions`` depends on ``dependency_versions``.

        A virtual package is tied to its base by the same set on both sides: then a conflict with the base rejects the
        whole set instead of one version of the virtual package after another.
        """
        dependent = self._intern(package)
        self._merge(self._add(from_dependency(dependent, versions, self._intern(dependency), dependency_versions)))

    def add_incompatibilities_from_dependencies(
        self, package: P, key: bytes, versions: VersionSet, dependencies: Iterable[tuple[P, VersionSet]]
    ) -> IncompatibilityId | None:
        """Record the dependencies of all ``versions``, then decide ``key`` (one of them) unless they rule it out.

        Returns the first new incompatibility that already holds, in which case nothing is decided: propagate from the
        package. Before the first backtracking no such check is made and the version is always decided.
        """
        dependent = self._intern(package)
        new = [
            self._add(from_dependency(dependent, versions, self._intern(dependency), wanted))
            for dependency, wanted in dependencies
        ]
        for incompatibility in new:
            self._merge(incompatibility)
        solution = self.partial_solution
        if solution.has_backtracked:
            decided = exact(key)
            for incompatibility in new:
                if solution.relation_if(self._store[incompatibility].terms, dependent, decided):
                    return incompatibility
        solution.decide(dependent, key)
        return None

    def backtrack_package(self, package: P) -> int | None:
        """Undo the decision on the package and all later ones; their number, or ``None`` if it was not decided."""
        found = self._packages.ids.get(package)
        return None if found is None else self.partial_solution.backtrack_package(found)

    # Propagation ------------------------------------------------------------------------------------------------

    def unit_propagate(self, package: P) -> list[tuple[P, IncompatibilityId]]:
        """Derive all that follows since ``package`` changed, learning from every conflict on the way.

        Returns, for each step of each conflict's analysis, the package of the satisfier and the incompatibility
        learned, the last one of each conflict twice when it was learned. Raises ``NoSolution``.
        """
        conflicts: list[tuple[P, IncompatibilityId]] = []
        changed = [self._packages.ids[package]]
        waiting = set(changed)
        while changed:
            current = changed.pop()
            waiting.discard(current)
            conflict = self._propagate_through(current, changed, waiting)
            if conflict != _NOTHING:
                freed = self._resolve_conflict(IncompatibilityId(conflict), conflicts)
                changed[:] = [freed]
                waiting = {freed}
        return conflicts

    def _propagate_through(self, current: PackageId, changed: list[PackageId], waiting: set[PackageId]) -> int:
        """Look at the package's incompatibilities, newest first; the id of one that holds, or -1."""
        solution = self.partial_solution
        known_terms = solution.terms
        contradicted = solution.contradicted
        store = self._store
        satisfied, impossible = Relation.SATISFIED, Relation.CONTRADICTED
        for incompatibility in reversed(self._by_package[current]):
            if contradicted[incompatibility]:
                continue
            open_package = _NOTHING
            for package, term in store[incompatibility].terms:
                known = known_terms[package]
                if known is not None:
                    # The memo is read in place: this line runs more often than any other.
                    relation = term.relations.get(known)
                    if relation is None:
                        relation = term.relation(known)
                    if relation is satisfied:
                        continue
                    if relation is impossible:
                        solution.mark_contradicted(incompatibility)
                        break
                if open_package != _NOTHING:
                    break
                open_package = package
            else:
                if open_package == _NOTHING:
                    return incompatibility
                self._derive(PackageId(open_package), incompatibility)
                if open_package not in waiting:
                    waiting.add(PackageId(open_package))
                    changed.append(PackageId(open_package))
        return _NOTHING

    def _derive(self, package: PackageId, cause: IncompatibilityId) -> None:
        """All other terms of ``cause`` hold, so the package's must not."""
        term = self._store[cause].term(package)
        assert term is not None
        self.partial_solution.derive(package, term.negated, cause)
        self.partial_solution.mark_contradicted(cause)

    def _resolve_conflict(self, conflict: IncompatibilityId, conflicts: list[tuple[P, IncompatibilityId]]) -> PackageId:
        """Find the root cause of ``conflict``, backtrack to where it says something new, and derive that.

        Returns the package derived.
        """
        solution = self.partial_solution
        names = self._packages.names
        cause = conflict
        while not self._is_terminal(cause):
            package, previous_level, satisfier_cause = solution.satisfier_search(self._store[cause].terms, self._store)
            if satisfier_cause is None:
                solution.backtrack(previous_level)
                if cause != conflict:
                    self._merge(cause)
                conflicts.append((names[package], cause))
                self._derive(package, cause)
                return package
            cause = self._add_prior_cause(cause, satisfier_cause, package)
            conflicts.append((names[package], cause))
        raise NoSolution(cause)

    def _add_prior_cause(
        self, first: IncompatibilityId, second: IncompatibilityId, package: PackageId
    ) -> IncompatibilityId:
        store = self._store
        return self._add(prior_cause(store[first].terms, store[second].terms, package, DerivedFrom(first, second)))

    def _is_terminal(self, incompatibility: IncompatibilityId) -> bool:
        """Whether it forbids the root by itself."""
        match self._store[incompatibility].terms:
            case ():
                return True
            case ((package, term),):
                return package == self._root and term.contains(self._root_key)
            case _:
                return False

    # Books ------------------------------------------------------------------------------------------------------

    def _intern(self, package: P) -> PackageId:
        found = self._packages.intern(package)
        if found == len(self._by_package):
            self._by_package.append([])
            self.partial_solution.grow()
        return found

    def _add(self, incompatibility: Incompatibility[M]) -> IncompatibilityId:
        """Keep the incompatibility without using it yet."""
        self._store.append(incompatibility)
        self.partial_solution.contradicted.append(0)
        return IncompatibilityId(len(self._store) - 1)

    def _merge(self, incompatibility: IncompatibilityId) -> None:
        """Use the incompatibility from now on, in one with dependencies that differ only in the dependent's versions."""
        cause = self._store[incompatibility].cause
        if isinstance(cause, FromDependency) and cause.package != cause.dependency:
            incompatibility = self._merge_dependency(incompatibility, cause)
        for package, _ in self._store[incompatibility].terms:
            self._by_package[package].append(incompatibility)

    def _merge_dependency(self, new: IncompatibilityId, cause: FromDependency) -> IncompatibilityId:
        slot = cause.package, cause.dependency, cause.dependency_versions
        past = self._merged.get(slot)
        if past is not None:
            past_cause = self._store[past].cause
            assert isinstance(past_cause, FromDependency)
            new = self._add(merge_dependents(cause, past_cause))
            for package, _ in self._store[new].terms:
                self._by_package[package].remove(past)
        self._merged[slot] = new
        return new

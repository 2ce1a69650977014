"""The partial solution: what has been decided and derived so far, by package and in order of time.

Every assignment has a *global index* (its moment) and a *decision level* (the number of decisions made by then). All
derivations of a package are kept with the intersection accumulated up to each, which makes finding the satisfier of a
term a binary search and backtracking a truncation. A trail of touched packages makes the cost of backtracking
proportional to what is undone.

Which packages wait for a decision is part of the state: a package is ranked again only if its constraints changed
since it was last ranked, or if backtracking gave it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from bot.pubgrub.candidates import Rank, RankedQueue
from bot.pubgrub.incompatibility import Incompatibility, IncompatibilityId, PackageId, Terms
from bot.pubgrub.packages import PackageTable
from bot.pubgrub.term import Relation, Term, exact
from bot.pubgrub.version_set import VersionSet

P = TypeVar("P")

_UNDECIDED = -1


class Derivation(NamedTuple):
    """A term derived from ``cause``; ``accumulated`` includes all earlier terms of the package."""

    global_index: int
    level: int
    cause: IncompatibilityId
    accumulated: Term


class Satisfier(NamedTuple):
    """The assignment by which a term came to hold; ``cause`` is ``None`` for a decision."""

    global_index: int
    level: int
    cause: IncompatibilityId | None


class Assignment:
    """All that is known of one package. ``decided_at`` is the global index of its decision, or -1."""

    __slots__ = ("decided_at", "derivations", "first_level", "last_level")

    def __init__(self, first_level: int, derivations: list[Derivation]) -> None:
        self.first_level = first_level
        self.last_level = first_level
        self.derivations = derivations
        self.decided_at = _UNDECIDED

    def copy(self) -> Assignment:
        clone = Assignment(self.first_level, self.derivations.copy())
        clone.last_level = self.last_level
        clone.decided_at = self.decided_at
        return clone

    def satisfier(self, goal: Term) -> Satisfier:
        """The first assignment after which ``goal`` holds; the caller knows that it holds now."""
        derivations = self.derivations
        low, high = 0, len(derivations)
        while low < high:
            middle = (low + high) // 2
            if goal.relation(derivations[middle].accumulated) is Relation.SATISFIED:
                high = middle
            else:
                low = middle + 1
        if low < len(derivations):
            found = derivations[low]
            return Satisfier(found.global_index, found.level, found.cause)
        if self.decided_at == _UNDECIDED:
            raise AssertionError("a term without satisfier was said to hold: is the order of versions total?")
        return Satisfier(self.decided_at, self.last_level, None)


class PartialSolution(Generic[P]):
    """Decisions and derivations of one state.

    Methods that take a package object are for the resolver; those that take a ``PackageId`` serve the solver.
    """

    __slots__ = (
        "_assignments",
        "_decided",
        "_keys",
        "_level_starts",
        "_next_index",
        "_outdated",
        "_packages",
        "_picked",
        "_queue",
        "_trail",
        "contradicted",
        "contradicted_trail",
        "has_backtracked",
        "terms",
    )

    def __init__(self, packages: PackageTable[P]) -> None:
        self._packages = packages
        self._assignments: list[Assignment | None] = []
        self.terms: list[Term | None] = []
        """By package id: the intersection of all its terms, or ``None``."""
        self.contradicted = bytearray()
        """By incompatibility id: 1 if known to be contradicted, which lasts until its level is undone."""
        self.contradicted_trail: list[IncompatibilityId] = []
        self.has_backtracked = False
        self._next_index = 0
        self._decided: list[PackageId] = []
        self._keys: list[bytes] = []
        self._trail: list[PackageId] = []
        self._level_starts: list[tuple[int, int]] = []
        self._queue = RankedQueue()
        self._outdated: set[PackageId] = set()
        self._picked: set[PackageId] = set()

    def copy(self, packages: PackageTable[P]) -> PartialSolution[P]:
        """An independent copy over ``packages``, a copy of the same numbering."""
        clone: PartialSolution[P] = PartialSolution(packages)
        clone._assignments = [one and one.copy() for one in self._assignments]
        clone.terms = self.terms.copy()
        clone.contradicted = self.contradicted[:]
        clone.contradicted_trail = self.contradicted_trail.copy()
        clone.has_backtracked = self.has_backtracked
        clone._next_index = self._next_index
        clone._decided = self._decided.copy()
        clone._keys = self._keys.copy()
        clone._trail = self._trail.copy()
        clone._level_starts = self._level_starts.copy()
        clone._queue = self._queue.copy()
        clone._outdated = self._outdated.copy()
        clone._picked = self._picked.copy()
        return clone

    def grow(self) -> None:
        """Make room for the next package id."""
        self._assignments.append(None)
        self.terms.append(None)

    # What the resolver asks -------------------------------------------------------------------------------------

    def term_intersection_for_package(self, package: P) -> Term | None:
        """All that holds for the package, the decision included; ``None`` if nothing is known."""
        found = self._packages.ids.get(package)
        return None if found is None else self.terms[found]

    def decisions(self) -> Iterator[tuple[P, bytes]]:
        """The decided packages with their keys, in order of decision."""
        names = self._packages.names
        return ((names[package], key) for package, key in zip(self._decided, self._keys, strict=True))

    def prioritized_packages(self) -> Iterator[tuple[P, VersionSet]]:
        """Packages that need a decision and whose constraints changed at the current level."""
        start = self._level_starts[-1][0] if self._level_starts else 0
        for package in dict.fromkeys(self._trail[start:]):
            versions = self._wanted(package)
            if versions is not None:
                yield self._packages.names[package], versions

    def missing_packages(self) -> list[P]:
        """Packages that must be selected and are not yet; empty when a search has ended."""
        return [self._packages.names[package] for package in self._live_ids() if self._wanted(package) is not None]

    def pick_highest_priority_package(self, rank: Callable[[P, VersionSet], Rank]) -> tuple[P, VersionSet] | None:
        """Take the package to decide next out of the queue, or ``None`` if every package is decided.

        ``rank`` is asked only for packages whose constraints changed; the smallest rank wins, then the package that
        was mentioned first.
        """
        names = self._packages.names
        for changed in self._outdated:
            versions = self._wanted(changed)
            if versions is not None:
                self._queue.push(changed, rank(names[changed], versions))
                self._picked.discard(changed)
        self._outdated.clear()
        while (package := self._queue.pop()) is not None:
            versions = self._wanted(package)
            if versions is not None:
                self._picked.add(package)
                return names[package], versions
        return None

    def add_decision(self, package: P, key: bytes) -> None:
        """Decide ``key``, which the package's term must contain, without looking at dependencies."""
        self.decide(self._packages.ids[package], key)

    # What the solver does ---------------------------------------------------------------------------------------

    def decide(self, package: PackageId, key: bytes) -> None:
        assignment = self._assignments[package]
        if assignment is None or assignment.decided_at != _UNDECIDED:
            raise ValueError(f"{self._packages.names[package]!r} is not waiting for a decision")
        self._level_starts.append((len(self._trail), len(self.contradicted_trail)))
        self._decided.append(package)
        self._keys.append(key)
        assignment.last_level = len(self._decided)
        assignment.decided_at = self._next_index
        self._next_index += 1
        self.terms[package] = exact(key)
        self._trail.append(package)
        self._picked.discard(package)

    def derive(self, package: PackageId, term: Term, cause: IncompatibilityId) -> None:
        """Record that ``term`` must hold because of ``cause``."""
        level = len(self._decided)
        assignment = self._assignments[package]
        if assignment is None:
            self._assignments[package] = Assignment(level, [Derivation(self._next_index, level, cause, term)])
        elif assignment.decided_at != _UNDECIDED:
            raise AssertionError("a decided package cannot be constrained further")
        else:
            held = self.terms[package]
            assert held is not None
            term = held.intersection(term)
            assignment.last_level = level
            assignment.derivations.append(Derivation(self._next_index, level, cause, term))
        self._next_index += 1
        self.terms[package] = term
        self._trail.append(package)
        if term.is_positive:
            self._outdated.add(package)

    def mark_contradicted(self, incompatibility: IncompatibilityId) -> None:
        if not self.contradicted[incompatibility]:
            self.contradicted[incompatibility] = 1
            self.contradicted_trail.append(incompatibility)

    def relation_if(self, terms: Terms, package: PackageId, assumed: Term) -> bool:
        """Whether all ``terms`` would hold if ``assumed`` were all that is known of ``package``."""
        for one, term in terms:
            known = assumed if one == package else self.terms[one]
            if known is None or term.relation(known) is not Relation.SATISFIED:
                return False
        return True

    def satisfier_search(
        self, terms: Terms, store: Sequence[Incompatibility[Any]]
    ) -> tuple[PackageId, int, IncompatibilityId | None]:
        """The package of the satisfier, the level of the previous satisfier, and the satisfier's cause.

        The cause is ``None`` if the two are at different levels: then backtracking to that level frees the package.
        """
        satisfiers = {package: self._get(package).satisfier(term) for package, term in terms}
        package = max(satisfiers, key=satisfiers.__getitem__)
        satisfier = satisfiers[package]
        satisfiers[package] = self._get(package).satisfier(self._earlier_goal(package, terms, satisfier, store))
        previous_level = max(1, max(satisfiers.values()).level)
        if previous_level < satisfier.level:
            return package, previous_level, None
        if satisfier.cause is None:
            raise AssertionError("a decision cannot share the level of the satisfier before it")
        return package, previous_level, satisfier.cause

    def _earlier_goal(
        self, package: PackageId, terms: Terms, satisfier: Satisfier, store: Sequence[Incompatibility[Any]]
    ) -> Term:
        """What the assignments before ``satisfier`` had to establish so that it completes the package's term."""
        if satisfier.cause is None:
            contributed = self.terms[package]
        else:
            cause_term = store[satisfier.cause].term(package)
            contributed = cause_term and cause_term.negated
        assert contributed is not None
        completed = next(term for one, term in terms if one == package)
        return contributed.intersection(completed.negated).negated

    def backtrack(self, level: int) -> None:
        """Undo everything above ``level``."""
        self.has_backtracked = True
        if level < len(self._decided):
            trail_start, contradicted_start = self._level_starts[level]
            for incompatibility in self.contradicted_trail[contradicted_start:]:
                self.contradicted[incompatibility] = 0
            touched = set(self._trail[trail_start:])
            del self.contradicted_trail[contradicted_start:]
            del self._trail[trail_start:]
            del self._level_starts[level:], self._decided[level:], self._keys[level:]
            for package in touched:
                self._undo(package, level)
        self._requeue_picked()

    def backtrack_package(self, package: PackageId) -> int | None:
        """Undo the decision on the package and everything after it; the number of decisions undone, if any was."""
        assignment = self._assignments[package]
        if assignment is None or assignment.decided_at == _UNDECIDED:
            return None
        level = assignment.last_level - 1
        undone = len(self._decided) - level
        self.backtrack(level)
        return undone

    def _undo(self, package: PackageId, level: int) -> None:
        assignment = self._get(package)
        if assignment.first_level > level:
            # Its place in the queue is left alone: it counts for nothing until the package is wanted and ranked again.
            self._assignments[package] = None
            self.terms[package] = None
            return
        derivations = assignment.derivations
        while derivations[-1].level > level:
            derivations.pop()
        last = derivations[-1]
        assignment.last_level = last.level
        assignment.decided_at = _UNDECIDED
        self.terms[package] = last.accumulated
        self._queue.remove(package)
        if last.accumulated.is_positive:
            self._outdated.add(package)

    def _requeue_picked(self) -> None:
        for package in self._picked:
            if self._wanted(package) is not None and package not in self._queue:
                self._outdated.add(package)

    def _live_ids(self) -> Iterator[PackageId]:
        return (PackageId(package) for package, assignment in enumerate(self._assignments) if assignment is not None)

    def _get(self, package: PackageId) -> Assignment:
        assignment = self._assignments[package]
        assert assignment is not None
        return assignment

    def _wanted(self, package: PackageId) -> VersionSet | None:
        """The versions to choose from, if the package must be decided."""
        assignment = self._assignments[package]
        term = self.terms[package]
        if assignment is None or term is None or assignment.decided_at != _UNDECIDED or not term.is_positive:
            return None
        return term.versions

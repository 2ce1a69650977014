"""The state of one fork while it is being solved, and what it learns from conflicts (spec 4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.errors import ResolutionError
from bot.lockfile.model import RequirementSource
from bot.pubgrub.incompatibility import IncompatibilityId
from bot.pubgrub.solver import State
from bot.pubgrub.version_set import VersionSet, gap_around, singleton
from bot.resolver.model.environment import Environment
from bot.resolver.model.index import Index
from bot.resolver.model.needs import Facts
from bot.resolver.model.versions import PyVersion
from bot.resolver.offers.releases import Release
from bot.resolver.search.dependencies import SolverDependency
from bot.resolver.search.package import SolverPackage
from bot.resolver.search.policy import ManifestPolicy
from bot.resolver.search.priorities import Priorities
from bot.values import value

_CONFLICT_THRESHOLD = 5


@value(kw_only=False)
class Reason:
    """Why versions of a package are out, as a predicate: "was yanked", "has no usable wheels"."""

    text: str


@value(kw_only=False, frozen=False)
class Pin:
    """What was chosen for a name at a version: a registry release, or a source by URL. Facts are read when needed."""

    version: PyVersion
    release: Release | None
    source: RequirementSource | None
    facts: Facts | None = None


@value(kw_only=False)
class Propagate:
    """The next step: draw conclusions from what was decided last."""


@value(kw_only=False)
class Select:
    """The next step: decide this package, at the version that a split chose if there is one."""

    package: SolverPackage
    version: PyVersion | None = None


class ConflictTracker:
    """How often packages stood in each other's way."""

    __slots__ = ("_affected", "_culprit", "early", "late")

    def __init__(self) -> None:
        self._affected: dict[SolverPackage, int] = {}
        self._culprit: dict[SolverPackage, int] = {}
        self.early: list[SolverPackage] = []
        self.late: list[SolverPackage] = []

    def copy(self) -> ConflictTracker:
        clone = ConflictTracker()
        clone._affected = self._affected.copy()
        clone._culprit = self._culprit.copy()
        clone.early = self.early.copy()
        clone.late = self.late.copy()
        return clone

    def record(self, deciding: SolverPackage, affected: SolverPackage, packages: Iterable[SolverPackage]) -> None:
        """A conflict between ``affected`` and others, met while ``deciding`` was decided.

        A package and its own proxies copy each other's obligations, which says nothing.
        """
        culprits = [one for one in packages if one is not affected and one.name != affected.name]
        for one in culprits:
            if _count(self._culprit, one) == _CONFLICT_THRESHOLD:
                self.late.append(one)
        if culprits and _count(self._affected, deciding) == _CONFLICT_THRESHOLD:
            self.early.append(deciding)


def _count(counts: dict[SolverPackage, int], package: SolverPackage) -> int:
    counts[package] = counts.get(package, 0) + 1
    return counts[package]


class ForkState:
    """One fork. ``clone`` before narrowing it when siblings start from the same point."""

    __slots__ = (
        "added",
        "awaited",
        "environment",
        "indexes",
        "known_keys",
        "next",
        "pins",
        "pre_visited",
        "priorities",
        "resume",
        "selected",
        "solver",
        "tracker",
        "tried",
        "urls",
        "versions",
    )

    def __init__(self, solver: State[SolverPackage, Reason], environment: Environment) -> None:
        self.solver = solver
        self.environment = environment
        self.next: SolverPackage = solver.root
        self.resume: Propagate | Select = Propagate()
        self.pins: dict[tuple[str, bytes], Pin] = {}
        self.urls: dict[str, RequirementSource] = {}
        self.indexes: dict[str, Index] = {}
        self.priorities = Priorities()
        self.added: dict[SolverPackage, set[bytes]] = {}
        self.pre_visited: dict[SolverPackage, VersionSet] = {}
        #: Packages whose page has not come yet and what was wanted of them; ``None`` before anything was waited for.
        self.awaited: dict[SolverPackage, VersionSet] | None = None
        self.selected: dict[SolverPackage, tuple[VersionSet, PyVersion]] = {}
        self.known_keys: dict[str, Sequence[bytes]] = {}
        self.tracker = ConflictTracker()
        self.tried: dict[str, set[bytes]] = {}
        #: The version behind each decided key of a name.
        self.versions: dict[tuple[str, bytes], PyVersion] = {}

    def clone(self) -> ForkState:
        twin = ForkState.__new__(ForkState)
        twin.solver = self.solver.clone()
        twin.environment = self.environment
        twin.next = self.next
        twin.resume = self.resume
        twin.pins = self.pins.copy()
        twin.urls = self.urls.copy()
        twin.indexes = self.indexes.copy()
        twin.priorities = self.priorities.copy()
        twin.added = {package: keys.copy() for package, keys in self.added.items()}
        twin.pre_visited = self.pre_visited.copy()
        twin.awaited = None if self.awaited is None else self.awaited.copy()
        twin.selected = self.selected.copy()
        twin.known_keys = self.known_keys.copy()
        twin.tracker = self.tracker.copy()
        twin.tried = {name: keys.copy() for name, keys in self.tried.items()}
        twin.versions = self.versions.copy()
        return twin

    def enter(self, environment: Environment) -> None:
        """Narrow the fork; candidates chosen under the wider one no longer count."""
        self.selected.clear()
        self.environment = environment.settled()

    def adopt_sources(self, dependencies: Iterable[SolverDependency], policy: ManifestPolicy) -> None:
        """Take over URLs and explicit indexes that the dependencies bring, and note how urgent they are."""
        for dependency in dependencies:
            package = dependency.package
            self.adopt_source(package.name, dependency.url, policy)
            has_url = package.name in self.urls
            pinned = dependency.range.pinned
            self.priorities.note(package, pinned=pinned, has_url=has_url)
            if package.base is not None:
                self.priorities.note(package.base, pinned=pinned, has_url=has_url)

    def adopt_source(self, name: str, url: RequirementSource | None, policy: ManifestPolicy) -> None:
        """Take over the URL or explicit index of one dependency; raises where it contradicts an earlier one."""
        for source in policy.urls_for(name, url, self.environment):
            known = self.urls.setdefault(name, source)
            if known != source:
                raise ResolutionError(
                    f"{name} is required from two sources in the same environment ({source_text(known)} and "
                    f"{source_text(source)}); separate them with markers or a conflict"
                )
        for index in policy.indexes_for(name, self.environment):
            before = self.indexes.setdefault(name, index)
            if before != index:
                raise ResolutionError(
                    f"{name} is required from two indexes in the same environment ({before.url} and {index.url}); "
                    "separate them with markers or a conflict"
                )

    def add_dependencies(
        self, package: SolverPackage, version: PyVersion, versions: VersionSet, dependencies: Sequence[SolverDependency]
    ) -> None:
        """Tell the solver what ``versions`` depend on and decide ``version``, unless the dependencies rule it out."""
        solver = self.solver
        for dependency in dependencies:
            base = dependency.package.base
            if base is not None:
                wanted = dependency.range.versions
                solver.add_dependency(dependency.package, wanted, base, wanted)
        edges = [(dependency.package, dependency.range.versions) for dependency in dependencies]
        conflict = solver.add_incompatibilities_from_dependencies(package, version.key, versions, edges)
        if conflict is not None:
            self.record_conflict(package, conflict)

    def record_conflict(self, affected: SolverPackage, incompatibility: IncompatibilityId) -> None:
        self.tracker.record(self.next, affected, self.solver.conflict_packages(incompatibility))

    def reprioritize(self) -> None:
        """Act on packages that met too many conflicts: those affected come first, culprits go back and come later."""
        for package in self.tracker.early:
            self.priorities.raise_for_conflicts(package)
        self.tracker.early.clear()
        for package in self.tracker.late:
            if self.priorities.lower_for_conflicts(package):
                self.solver.backtrack_package(package)
        self.tracker.late.clear()

    def remember(self, package: SolverPackage, version: PyVersion) -> None:
        self.versions[package.name, version.key] = version


def widen(version: PyVersion, known: Sequence[bytes] | None) -> VersionSet:
    """The gap around a version in which the index lists no other; the version alone where that is not known."""
    return gap_around(version.key, known) if known else singleton(version.key)


def source_text(source: RequirementSource) -> str:
    """Where a source points to, for people."""
    return str(getattr(source, "url", None) or getattr(source, "path", source))

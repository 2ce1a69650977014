"""The search over all environments at once: a stack of forks, each solved by PubGrub (spec 1, 4).

A fork runs until it is solved, contradicts itself (then there is no solution at all) or falls apart; parts go on the
stack and the last one is taken first. What a solved fork chose is preferred by those that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from bot.pubgrub.search import Conflicts, packages_to_decide
from bot.pubgrub.solver import NoSolution, State
from bot.pubgrub.version_set import VersionSet
from bot.resolver.model.effort import Effort
from bot.resolver.model.environment import Environment
from bot.resolver.model.python_range import parse_python_range
from bot.resolver.model.request import ForkStrategy, LockRequest, ResolutionMode
from bot.resolver.model.specifiers import python_versions
from bot.resolver.model.universal_marker import fork_marker
from bot.resolver.model.versions import PyVersion
from bot.resolver.search.choices import Chosen, NeedsNewerPython, NothingLeft, RuledOut, Split
from bot.resolver.search.dependencies import SolverDependency
from bot.resolver.search.fork_state import ForkState, Propagate, Reason, Select, widen
from bot.resolver.search.forking import DependencyFork, lowest_first, prioritized
from bot.resolver.search.package import PackageFactory, Role, SolverPackage
from bot.resolver.search.policy import ManifestPolicy
from bot.resolver.search.preferences import Preference, Preferences
from bot.resolver.search.provider import ROOT_VERSION, PackageProvider
from bot.values import value


class Contradiction(Exception):
    """A fork has no solution; ``fork`` holds the proof at ``incompatibility``."""

    def __init__(self, fork: ForkState, proof: NoSolution) -> None:
        super().__init__("no solution")
        self.fork = fork
        self.incompatibility = proof.incompatibility


@value(kw_only=False, frozen=False)
class Pending:
    """A fork waiting for its turn. Siblings share the state they split from; ``prepare`` makes it their own."""

    state: ForkState
    shared: list[int]
    prepare: Callable[[ForkState], None]

    def take(self) -> ForkState:
        """The state of this fork: a copy while siblings still wait for the original."""
        self.shared[0] -= 1
        state = self.state if not self.shared[0] else self.state.clone()
        self.prepare(state)
        return state


class UniversalSolver:
    """The search of one run: its forks, one after the other, until none is left."""

    def __init__(
        self,
        request: LockRequest,
        factory: PackageFactory,
        provider: PackageProvider,
        policy: ManifestPolicy,
        preferences: Preferences,
        effort: Effort,
    ) -> None:
        self._factory = factory
        self._provider = provider
        self._policy = policy
        self._preferences = preferences
        self._effort = effort
        self._strategy: ForkStrategy = request.options.fork_strategy
        self._resolution: ResolutionMode = request.options.resolution

    def solve(self, environments: Sequence[Environment]) -> Iterator[ForkState]:
        """Yield the state of each solved fork, in order of completion; raises ``Contradiction``, ``GaveUpError``."""
        stack = self._initial(environments)
        while stack:
            fork = stack.pop().take()
            parts = self._run(fork)
            if parts:
                self._effort.fork(len(parts))
                stack.extend(parts)
                continue
            self._prefer(fork)
            yield fork

    def _initial(self, environments: Sequence[Environment]) -> list[Pending]:
        """The forks to begin with, given in order of preference."""
        first = ForkState(State(self._factory.root, ROOT_VERSION.key), environments[0])
        entries = in_turn(environments, self._strategy, self._resolution)
        shared = [len(entries)]
        return [Pending(first, shared, _enter(environment)) for environment in entries]

    def _prefer(self, fork: ForkState) -> None:
        """Let the forks that follow stay with what this one chose, unless direct requirements are treated apart."""
        if self._resolution is ResolutionMode.LOWEST_DIRECT:
            return
        marker = fork_marker(fork.environment)
        for package, key in fork.solver.partial_solution.decisions():
            if package.role is not Role.NODE or not package.marker.is_true:
                continue
            pin = fork.pins[package.name, key]
            index = pin.release.index.url if pin.release is not None else None
            self._preferences.add(package.name, Preference(version=pin.version, marker=marker, index=index))

    # One fork ---------------------------------------------------------------------------------------------------

    def _run(self, fork: ForkState) -> list[Pending]:
        """Run until the fork is solved (nothing is returned) or falls apart (into what is returned)."""
        try:
            for package, version in self._packages_to_decide(fork):
                fork.next = package
                self._effort.decide()
                parts = self._decide(fork, package, version)
                if parts:
                    return parts
        except NoSolution as proof:
            raise Contradiction(fork, proof) from None
        return []

    def _packages_to_decide(self, fork: ForkState) -> Iterator[tuple[SolverPackage, PyVersion | None]]:
        """The package that a split left undecided, perhaps with its version, then those of the search."""
        resume, fork.resume = fork.resume, Propagate()
        if isinstance(resume, Select):
            yield resume.package, resume.version
        ranks = fork.priorities
        search = packages_to_decide(
            fork.solver, fork.next, partial(self._propagated, fork), lambda package, _: ranks.rank(package)
        )
        for package, _ in search:
            yield package, None

    def _propagated(self, fork: ForkState, conflicts: Conflicts[SolverPackage]) -> None:
        for affected, incompatibility in conflicts:
            fork.record_conflict(affected, incompatibility)
        self._provider.prefetch_candidates(fork)
        fork.reprioritize()

    def _decide(self, fork: ForkState, package: SolverPackage, version: PyVersion | None) -> list[Pending]:
        if version is None:
            chosen = self._choose(fork, package)
            if not isinstance(chosen, PyVersion):
                return chosen
            version = chosen
        fork.remember(package, version)
        added = fork.added.setdefault(package, set())
        if version.key in added:
            fork.solver.partial_solution.add_decision(package, version.key)
            return []
        if package.is_proxy:
            added.add(version.key)
            self._add_proxy(fork, package, version)
            return []
        return self._add_dependencies(fork, package, version)

    def _choose(self, fork: ForkState, package: SolverPackage) -> PyVersion | list[Pending]:
        """The version to decide; a list of forks (perhaps none) where there is nothing to decide yet."""
        term = fork.solver.partial_solution.term_intersection_for_package(package)
        assert term is not None
        wanted = term.versions
        remembered = fork.selected.get(package)
        cacheable = package.name not in fork.urls and package.name not in fork.indexes
        if cacheable and remembered is not None and remembered[0] is wanted:
            return remembered[1]
        choice = self._provider.choose(fork, package, wanted)
        match choice:
            case Chosen(version):
                if cacheable:
                    fork.selected[package] = (wanted, version)
                if package.name not in fork.urls:
                    self._provider.prefetch_more(fork, package, version, wanted)
                return version
            case Split(parts):
                return self._split_at(fork, package, parts)
            case RuledOut():
                self._reject(fork, package, choice)
            case NothingLeft(reason):
                self._exhaust(fork, package, wanted, reason)
        return []

    def _exhaust(self, fork: ForkState, package: SolverPackage, wanted: VersionSet, reason: Reason | None) -> None:
        if reason is not None and package.role is Role.NODE:
            fork.solver.add_unavailable(package, wanted, reason)
        else:
            fork.solver.add_no_versions(package, wanted)

    def _reject(self, fork: ForkState, package: SolverPackage, choice: RuledOut) -> None:
        versions = widen(choice.version, self._provider.known_keys(fork, package))
        if choice.python is None:
            fork.solver.add_unavailable(package, versions, choice.reason)
            return
        # What Python rules out is a dependency on Python, which explains itself; deciding it meets the contradiction.
        fork.remember(package, choice.version)
        fork.solver.add_dependency(package, versions, self._factory.python, python_versions(choice.python))
        fork.solver.partial_solution.add_decision(package, choice.version.key)

    def _add_proxy(self, fork: ForkState, package: SolverPackage, version: PyVersion) -> None:
        edges = self._provider.proxy_dependencies(package, version)
        for node, _ in edges:
            fork.priorities.note(node, pinned=True, has_url=node.name in fork.urls)
        versions = widen(version, self._provider.known_keys(fork, package))
        conflict = fork.solver.add_incompatibilities_from_dependencies(package, version.key, versions, edges)
        if conflict is not None:
            fork.record_conflict(package, conflict)

    def _add_dependencies(self, fork: ForkState, package: SolverPackage, version: PyVersion) -> list[Pending]:
        known = self._provider.known_keys(fork, package)
        parts = self._provider.parts(fork, package, version)
        match parts:
            case Reason():
                fork.solver.add_unavailable(package, widen(version, known), parts)
                return []
            case NeedsNewerPython(asked):
                return self._meet_python(fork, package, version, asked)
        fork.added[package].add(version.key)
        if len(parts) < 2:
            self._adopt(fork, package, version, parts[0].dependencies if parts else [])
            return []
        ordered = prioritized(parts, self._strategy, self._resolution)
        for part in ordered:
            self._provider.prefetch_dependencies(fork, part.dependencies)
        shared = [len(ordered)]
        return [Pending(fork, shared, self._entering(package, version, part)) for part in ordered]

    def _meet_python(self, fork: ForkState, package: SolverPackage, version: PyVersion, asked: str) -> list[Pending]:
        """Metadata that asks for a newer Python than the index said: split there, or rule the version out."""
        if self._strategy is ForkStrategy.REQUIRES_PYTHON and fork.environment.point is None:
            parts = fork.environment.split_at_python(parse_python_range(asked).lower)
            if parts:
                return self._split_at(fork, package, tuple((part, None) for part in parts))
        versions = widen(version, self._provider.known_keys(fork, package))
        fork.solver.add_unavailable(package, versions, Reason(f"needs Python {asked}"))
        return []

    def _adopt(
        self, fork: ForkState, package: SolverPackage, version: PyVersion, dependencies: Sequence[SolverDependency]
    ) -> None:
        fork.adopt_sources(dependencies, self._policy)
        self._provider.prefetch_dependencies(fork, dependencies)
        versions = widen(version, self._provider.known_keys(fork, package))
        fork.add_dependencies(package, version, versions, dependencies)

    # Splitting --------------------------------------------------------------------------------------------------

    def _split_at(
        self, fork: ForkState, package: SolverPackage, parts: Sequence[tuple[Environment, PyVersion | None]]
    ) -> list[Pending]:
        shared = [len(parts)]
        return [Pending(fork, shared, _resume(environment, Select(package, version))) for environment, version in parts]

    def _entering(
        self, package: SolverPackage, version: PyVersion, part: DependencyFork
    ) -> Callable[[ForkState], None]:
        def enter(state: ForkState) -> None:
            state.enter(part.environment)
            self._adopt(state, package, version, part.dependencies)

        return enter


def in_turn(
    environments: Sequence[Environment], strategy: ForkStrategy, resolution: ResolutionMode
) -> list[Environment]:
    """The forks to begin with, given in order of preference, as they go on the stack: the last is solved first."""
    entries = [environment.settled() for environment in reversed(environments)]
    entries.sort(key=lambda environment: environment.lower_python, reverse=lowest_first(strategy, resolution))
    return entries


def _enter(environment: Environment) -> Callable[[ForkState], None]:
    return lambda state: state.enter(environment)


def _resume(environment: Environment, select: Select) -> Callable[[ForkState], None]:
    def resume(state: ForkState) -> None:
        state.enter(environment)
        state.resume = select

    return resume

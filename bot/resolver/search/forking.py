"""Splitting a fork where the dependencies of one package disagree (spec 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.resolver.model.environment import Environment, Rule
from bot.resolver.model.request import ForkStrategy, ResolutionMode
from bot.resolver.search.dependencies import SolverDependency
from bot.values import field, value


@value(kw_only=False, frozen=False)
class DependencyFork:
    """Dependencies of a package version inside one environment."""

    environment: Environment
    dependencies: list[SolverDependency] = field(default_factory=list)
    items: set[ConflictItem] = field(default_factory=set)

    def add(self, dependency: SolverDependency) -> None:
        if dependency.package.conflict is not None:
            self.items.add(dependency.package.conflict)
        self.dependencies.append(dependency)

    def within(self, environment: Environment) -> DependencyFork:
        """A copy for a narrower environment, without what does not apply there."""
        kept, items = [], set(self.items)
        for dependency in self.dependencies:
            if environment.admits(dependency.package.marker):
                kept.append(dependency)
            elif dependency.package.conflict is not None:
                items.discard(dependency.package.conflict)
        return DependencyFork(environment, kept, items)

    def filtered(self, rules: Iterable[Rule]) -> DependencyFork | None:
        """A copy with conflict items ruled in or out; ``None`` where that is impossible."""
        environment = self.environment.filtered(rules)
        if environment is None:
            return None
        kept, items = [], set(self.items)
        for dependency in self.dependencies:
            item = dependency.package.conflict
            if item is None or environment.admits_item(item) or _is_inner_project(dependency, item):
                kept.append(dependency)
            else:
                items.discard(item)
        return DependencyFork(environment, kept, items)

    @property
    def bounded(self) -> int:
        """How many dependencies have an upper bound."""
        return sum(dependency.range.has_upper_bound for dependency in self.dependencies)


def _is_inner_project(dependency: SolverDependency, item: ConflictItem) -> bool:
    """A project that something else requires stays, else its own extras could not be solved."""
    return item.kind is ConflictKind.PROJECT and dependency.parent is not None


def split_dependencies(
    dependencies: Sequence[SolverDependency],
    environment: Environment,
    conflicts: Sequence[Sequence[ConflictItem]],
) -> list[DependencyFork]:
    """The forks that these dependencies need; one fork means that nothing is split."""
    by_name: dict[str, list[SolverDependency]] = {}
    for dependency in dependencies:
        by_name.setdefault(dependency.package.name, []).append(dependency)
    forks = [DependencyFork(environment)]
    for name in sorted(by_name):
        forks = _split_name(by_name[name], forks, environment)
    for position in range(len(conflicts)):
        forks = [part for fork in forks for part in _split_conflict(fork, position, conflicts)]
    return forks


def _split_name(
    dependencies: list[SolverDependency], forks: list[DependencyFork], environment: Environment
) -> list[DependencyFork]:
    first = dependencies[0].package.marker
    if all(one.package.marker is first for one in dependencies) and not environment.raises_python(first):
        for dependency in dependencies:
            for fork in forks:
                if fork.environment.admits(first):
                    fork.add(dependency)
        return forks
    for dependency in dependencies:
        forks = _split_dependency(dependency, forks, environment)
    return forks


def _split_dependency(
    dependency: SolverDependency, forks: list[DependencyFork], environment: Environment
) -> list[DependencyFork]:
    marker = dependency.package.marker
    if not environment.admits(marker):
        return forks
    if marker.is_true:
        for fork in forks:
            fork.add(dependency)
        return forks
    python = environment.python.marker()
    remaining = marker
    parts: list[DependencyFork] = []
    for fork in forks:
        if not fork.environment.admits(remaining):
            parts.append(fork)
            continue
        negated = ~remaining
        sides = [] if fork.environment.marker.is_disjoint(negated) else [negated]
        for side in (*sides, remaining):
            part = fork.within(fork.environment.narrowed(side))
            if part.environment.admits(marker):
                part.add(dependency)
            if part.environment.admits(python):
                parts.append(part)
        remaining &= ~fork.environment.marker
    return parts


def _split_conflict(
    fork: DependencyFork, position: int, conflicts: Sequence[Sequence[ConflictItem]]
) -> Iterator[DependencyFork]:
    items = conflicts[position]
    if not any(item in fork.items for item in items):
        yield fork
        return
    environment = fork.environment
    possible = [item for item in items if environment.admits_item(item)]
    if len(possible) < 2 and not _is_live_elsewhere(possible, position, conflicts, environment):
        excluded = [Rule(item, included=False) for item in items if not environment.admits_item(item)]
        part = fork.filtered(excluded)
        if part is not None:
            yield part
        return
    for chosen in (None, *items):
        part = fork.filtered(Rule(item, included=item == chosen) for item in items)
        if part is not None:
            yield part


def _is_live_elsewhere(
    possible: list[ConflictItem],
    position: int,
    conflicts: Sequence[Sequence[ConflictItem]],
    environment: Environment,
) -> bool:
    """Whether an item left over here still excludes a possible item of another set."""
    return any(
        item in others and any(other != item and environment.admits_item(other) for other in others)
        for item in possible
        for at, others in enumerate(conflicts)
        if at != position
    )


def prioritized(
    forks: list[DependencyFork], strategy: ForkStrategy, resolution: ResolutionMode
) -> list[DependencyFork]:
    """The forks in the order in which they go on the stack: the last is solved first."""
    by_bounds = sorted(forks, key=lambda fork: fork.bounded)
    return sorted(by_bounds, key=lambda fork: fork.environment.lower_python, reverse=lowest_first(strategy, resolution))


def lowest_first(strategy: ForkStrategy, resolution: ResolutionMode) -> bool:
    """Whether forks for older Pythons are solved first, so that newer ones can reuse their versions."""
    return strategy is ForkStrategy.FEWEST or resolution is ResolutionMode.LOWEST

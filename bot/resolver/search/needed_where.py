"""In which environments a package is needed, as far as a fork's search has got."""

from __future__ import annotations

from collections import deque

from bot.markers import FALSE, TRUE, Marker
from bot.pubgrub.solver import State
from bot.resolver.search.fork_state import ForkState, Reason
from bot.resolver.search.package import SolverPackage


def needed_where(package: SolverPackage, solver: State[SolverPackage, Reason]) -> Marker:
    """The union over all chains of dependants of the conjunction of their markers; FALSE where the root is not reached.

    All known dependencies count, also those of versions that are not selected.
    """
    if package is solver.root:
        return TRUE
    ancestors = _ancestors(package, solver)
    if solver.root not in ancestors:
        return FALSE
    reached: dict[SolverPackage, Marker] = {solver.root: TRUE}
    queue = deque([solver.root])
    while queue:
        current = queue.popleft()
        for dependency in solver.dependencies(current):
            child = dependency.dependency
            if dependency.dependent is not current or child not in ancestors:
                continue
            known = reached.get(child, FALSE)
            combined = known | (child.marker & reached[current])
            if combined is not known:
                reached[child] = combined
                queue.append(child)
    return reached.get(package, FALSE)


def _ancestors(package: SolverPackage, solver: State[SolverPackage, Reason]) -> set[SolverPackage]:
    ancestors = {package}
    stack = [package]
    while stack:
        current = stack.pop()
        for dependency in solver.dependencies(current):
            if dependency.dependency is current and dependency.dependent not in ancestors:
                ancestors.add(dependency.dependent)
                stack.append(dependency.dependent)
    return ancestors


def chain_above(name: str, fork: ForkState) -> tuple[str, ...]:
    """Who requires a package by the decisions so far, from the project's own requirement down; versions where chosen."""
    decided = {package.name: key for package, key in fork.solver.partial_solution.decisions() if package.name}
    below: dict[str, str | None] = {name: None}
    queue = deque([name])
    while queue:
        current = queue.popleft()
        above = _dependants(current, fork, decided)
        if "" in above:
            return _path(current, below, fork, decided)
        for one in above:
            if one not in below:
                below[one] = current
                queue.append(one)
    return ()


def _dependants(name: str, fork: ForkState, decided: dict[str, bytes]) -> list[str]:
    """Names of packages whose chosen version requires ``name``; the root has none."""
    found: dict[str, None] = {}
    for package in fork.solver.packages:
        if package.name != name:
            continue
        for dependency in fork.solver.dependencies(package):
            dependent = dependency.dependent
            if dependency.dependency is not package or dependent.name == name:
                continue
            chosen = decided.get(dependent.name)
            if not dependent.name or (chosen is not None and dependency.dependent_versions.contains(chosen)):
                found.setdefault(dependent.name)
    return list(found)


def _path(top: str, below: dict[str, str | None], fork: ForkState, decided: dict[str, bytes]) -> tuple[str, ...]:
    path: list[str] = []
    current: str | None = top
    while current is not None and below[current] is not None:
        version = fork.versions.get((current, decided.get(current, b"")))
        path.append(current if version is None or current in fork.urls else f"{current} {version.text}")
        current = below[current]
    return tuple(path)

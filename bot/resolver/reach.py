"""In which environments a package is needed, as far as a fork's search has got."""

from __future__ import annotations

from collections import deque

from bot.markers import FALSE, TRUE, Marker
from bot.pubgrub.solver import State
from bot.resolver.fork_state import Reason
from bot.resolver.package import SolverPackage


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

"""The one loop of a search: propagate, tell what was learned, pick the package to decide, and again.

Deciding is the caller's, in the body of its ``for``: it chooses a version of the package and tells the state what it
learned of it, or leaves the loop. So a resolver may go away to split its environments and come back with a copy of the
state, and a test may decide from a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from bot.pubgrub.candidates import Rank
from bot.pubgrub.incompatibility import IncompatibilityId
from bot.pubgrub.solver import State
from bot.pubgrub.version_set import VersionSet

P = TypeVar("P")
M = TypeVar("M")

Conflicts = Sequence[tuple[P, IncompatibilityId]]
"""What ``State.unit_propagate`` learned from, in order."""


def packages_to_decide(
    state: State[P, M],
    changed: P,
    propagated: Callable[[Conflicts[P]], None],
    rank: Callable[[P, VersionSet], Rank],
) -> Iterator[tuple[P, VersionSet]]:
    """Each package to decide with the versions to choose from, until all are decided; raises ``NoSolution``.

    ``changed`` is the package that the state was last told something about: the root of a new state. ``propagated``
    is called between propagation and the pick; it may backtrack packages. After the last package the decisions of
    the state are the solution.
    """
    solution = state.partial_solution
    while True:
        propagated(state.unit_propagate(changed))
        picked = solution.pick_highest_priority_package(rank)
        if picked is None:
            return
        yield picked
        changed = picked[0]

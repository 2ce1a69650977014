"""What a base branch changed since the commits that pull requests are built on, at the price of one comparison a run.

Branches that keep their commit are each built on a base of their own. What moved up to the base of an earlier run is
remembered, and only what came since is asked for: their sum may hold what was changed and changed back, never too little.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from bot.ports.forge import ForgeNotFound, ForgeRejected
from bot.ports.run import Sha
from bot.work.publishing.target import Target

_MOST = 5000


@dataclass(slots=True)
class KnownMoves:
    """By repository and commit: the base up to which it is known, and the paths; what was used longest ago goes first."""

    _moves: OrderedDict[tuple[int, Sha], tuple[Sha, frozenset[str]]] = field(default_factory=OrderedDict, repr=False)

    def find(self, target: Target, since: Sha) -> frozenset[str] | None:
        """None where nobody can tell."""
        if since == target.base:
            return frozenset()
        # Taken out first: a base that was set back leads in a circle.
        known = self._moves.pop((target.forge.ref.id, since), None)
        found = self._extend(target, *known) if known is not None else None
        if found is None:
            found = _compare(target, since)
        if found is not None:
            self._moves[target.forge.ref.id, since] = (target.base, found)
            while len(self._moves) > _MOST:
                self._moves.popitem(last=False)
        return found

    def _extend(self, target: Target, until: Sha, paths: frozenset[str]) -> frozenset[str] | None:
        more = self.find(target, until)
        return None if more is None else paths | more


def _compare(target: Target, since: Sha) -> frozenset[str] | None:
    try:
        found = target.forge.compare(since, target.base)
    except (ForgeNotFound, ForgeRejected):
        return None
    if not found.first_in_second or found.files is None:
        return None
    return frozenset(one.path for one in found.files)

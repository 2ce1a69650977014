"""What is asked about again, however new it is what is kept of it."""

from __future__ import annotations

import re

from bot.patterns import pattern
from bot.values import value

_PARTING = pattern(r"[-_.]+", re.ASCII)


@value
class Refresh:
    """Everything, or the pages of these ``packages`` (names as people write them)."""

    everything: bool = False
    packages: frozenset[str] = frozenset()

    def covers(self, name: str) -> bool:
        """Whether the page of a package, by its normalized name, is asked about; ``""`` is a page for all packages."""
        if self.everything or not self.packages:
            return self.everything
        return not name or name in {_PARTING.sub("-", one).lower() for one in self.packages}

"""Limits on a search, so that a hopeless or hostile one ends (and says that it gave up, not that it is impossible)."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import GaveUpError
from bot.values import value


@value
class EffortLimits:
    """``decisions`` and ``forks`` are counts over the whole run, ``seconds`` of the given clock."""

    decisions: int = 2_000_000
    forks: int = 2_000
    seconds: float = 600.0


@value
class Advice:
    """What looking for a way out of a contradiction may spend, in all: as much as the search that found it, and this.

    ``loads`` counts pages and metadata that the search had not read; a source distribution counts by its size.
    """

    decisions: int = 4_000
    forks: int = 100
    loads: int = 60
    seconds: float = 1.0


class Effort:
    """Counts what a run spends."""

    __slots__ = ("_clock", "_limits", "began", "decisions", "forks")

    def __init__(self, limits: EffortLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self.began = clock()
        self.decisions = 0
        self.forks = 0

    def decide(self) -> None:
        self.decisions += 1
        if self.decisions > self._limits.decisions:
            raise GaveUpError(
                f"gave up after {self._limits.decisions} decisions without finding a solution or a contradiction"
            )
        # A hard search spends a second on a few decisions, so the clock is asked at each of them.
        if self._clock() > self.began + self._limits.seconds:
            raise GaveUpError(
                f"gave up after {self._limits.seconds:.0f} seconds without finding a solution or a contradiction"
            )

    def fork(self, count: int) -> None:
        self.forks += count
        if self.forks > self._limits.forks:
            raise GaveUpError(
                f"gave up after {self._limits.forks} forks: the requirements split into too many environments"
            )

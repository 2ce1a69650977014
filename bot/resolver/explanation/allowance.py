"""Solves that only serve a message: they may cost no more than the solve that it speaks of (spec 8).

What they spend is counted, so the same input is told the same advice on a slow machine as on a quick one; the clock
only ends what a slow network draws out. Half of what is left is each one's share, so that a hopeless first change does
not use up what the second would need.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from math import ceil

from bot.errors import GaveUpError
from bot.resolver.model.effort import Advice, Effort, EffortLimits
from bot.resolver.model.forwarding import ForwardingIndex
from bot.resolver.model.index import CoreMetadata, Index, IndexPort, ReleaseFile

#: So many bytes of a source distribution cost as much as a page.
_BYTES_OF_A_LOAD = 100_000
#: What a source distribution of unknown size costs.
_UNKNOWN = 10

_TOO_LONG = "gave up: a change of the project that would give a lock takes too long to find"


class Allowance:
    """What all attempts for one message may spend together; ``share`` gives the next one its part."""

    def __init__(self, advice: Advice, spent: Effort, names: Set[str], clock: Callable[[], float]) -> None:
        """``spent`` is what the refused search cost, ``names`` are the packages whose pages it read."""
        began = clock()
        self._ends = began + max(advice.seconds, began - spent.began)
        self._decisions = max(advice.decisions, spent.decisions)
        self._forks = max(advice.forks, spent.forks)
        self._loads = max(advice.loads, spent.decisions)
        self._names = names
        self._clock = clock

    def share(self, index: IndexPort) -> Share:
        """The next attempt's part; the index is asked through it."""
        limits = EffortLimits(
            decisions=ceil(self._decisions / 2), forks=self._forks, seconds=max(0.0, self._ends - self._clock())
        )
        return Share(
            Effort(limits, self._clock), CountedIndex(index, self._names, ceil(self._loads / 2), self._in_time)
        )

    def settle(self, share: Share) -> None:
        """Take off what an attempt used."""
        self._decisions -= share.effort.decisions
        self._loads -= share.index.loads

    def is_left(self) -> bool:
        return self._decisions > 0 and self._loads > 0 and self._in_time()

    def _in_time(self) -> bool:
        return self._clock() < self._ends


class Share:
    """One attempt's part."""

    __slots__ = ("effort", "index")

    def __init__(self, effort: Effort, index: CountedIndex) -> None:
        self.effort = effort
        self.index = index


class CountedIndex(ForwardingIndex):
    """An index that gives so much metadata that is new, then raises ``GaveUpError``.

    Pages are paid for with the metadata of their versions: when a page comes depends on the network, which metadata is
    read only on what is asked.
    """

    def __init__(self, index: IndexPort, known: Set[str], limit: int, in_time: Callable[[], bool]) -> None:
        """Pages of ``known`` names have been read before and cost nothing."""
        self.port = index
        self._seen = set(known)
        self._limit = limit
        self._in_time = in_time
        self.loads = 0

    def await_page(self, index: Index, name: str, meanwhile: Callable[[], None]) -> None:
        self._hurry()
        super().await_page(index, name, meanwhile)

    def await_metadata(self, file: ReleaseFile, meanwhile: Callable[[], None]) -> None:
        self._count(file)
        super().await_metadata(file, meanwhile)

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        self._count(file)
        return super().get_metadata(file)

    def _count(self, file: ReleaseFile) -> None:
        if file.filename in self._seen:
            return
        cost = _cost(file) + (file.name not in self._seen)
        if self.loads + cost > self._limit:
            raise GaveUpError(_TOO_LONG)
        self._hurry()
        self.loads += cost
        self._seen |= {file.filename, file.name}

    def _hurry(self) -> None:
        if not self._in_time():
            raise GaveUpError(_TOO_LONG)


def _cost(file: ReleaseFile) -> int:
    if file.wheel is not None:
        return 1
    return _UNKNOWN if file.size is None else 1 + file.size // _BYTES_OF_A_LOAD

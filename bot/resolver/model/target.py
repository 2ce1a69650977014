"""One environment to solve for, in place of many: the values of its markers, and which wheels it can use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum

from bot.markers.point import Point
from bot.resolver.model.index import WheelTags
from bot.values import field, value


class Mismatch(IntEnum):
    """What keeps a wheel from being used; the greater, the closer it comes."""

    UNREADABLE = 0
    PYTHON = 1
    ABI = 2
    PLATFORM = 3


class WheelRanks:
    """Which wheels an environment can use, and which of them it likes best. Compared by identity.

    Made of single tags ``(python, abi, platform)``, the best first.
    """

    __slots__ = ("_ranks",)

    def __init__(self, tags: Iterable[tuple[str, str, str]]) -> None:
        ordered = tuple(dict.fromkeys(tags))
        self._ranks: dict[str, dict[str, dict[str, int]]] = {}
        for rank, (python, abi, platform) in enumerate(reversed(ordered)):
            self._ranks.setdefault(python, {}).setdefault(abi, {})[platform] = rank

    def rank(self, tags: WheelTags) -> int | Mismatch:
        """How well a wheel fits (more is better), or what keeps it from fitting."""
        best: int | None = None
        closest = Mismatch.UNREADABLE
        for found in self._found(tags):
            if isinstance(found, Mismatch):
                closest = max(closest, found)
            elif best is None or found > best:
                best = found
        return closest if best is None else best

    def admits(self, tags: WheelTags) -> bool:
        return not isinstance(self.rank(tags), Mismatch)

    def _found(self, tags: WheelTags) -> Iterator[int | Mismatch]:
        for python in tags.python:
            abis = self._ranks.get(python)
            if abis is None:
                yield Mismatch.PYTHON
                continue
            for abi in tags.abi:
                platforms = abis.get(abi)
                if platforms is None:
                    yield Mismatch.ABI
                    continue
                for platform in tags.platform:
                    yield platforms.get(platform, Mismatch.PLATFORM)


@value
class Target:
    """``point`` are the values of its markers, ``wheels`` the wheels that it can use."""

    point: Point
    wheels: WheelRanks = field(repr=False)

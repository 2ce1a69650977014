"""How much is spent on a commit: less where anybody may have written it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import IndexFailure
from bot.lockfile.model import GitRequirement, PathRequirement, UrlRequirement
from bot.resolver.model.effort import EffortLimits
from bot.resolver.model.forwarding import ForwardingIndex
from bot.resolver.model.index import Archive, CoreMetadata, GitTree, Index, IndexPort, Page, ReleaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """``search`` bounds one lock, ``seconds`` all of a commit, ``units`` how many of its locks are looked at."""

    search: EffortLimits
    seconds: float
    units: int


#: A lock of 220 packages takes half a second and some 400 decisions; what takes a hundred times that is no everyday case.
FOR_WRITERS = Patience(search=EffortLimits(decisions=200_000, forks=500, seconds=45.0), seconds=90.0, units=2_000)
FOR_STRANGERS = Patience(search=EffortLimits(decisions=20_000, forks=100, seconds=10.0), seconds=25.0, units=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourglass:
    """``clock`` counts seconds, and begins when it is made."""

    patience: Patience
    clock: Callable[[], float]
    began: float

    @property
    def left(self) -> float:
        return max(0.0, self.began + self.patience.seconds - self.clock())

    def limits(self) -> EffortLimits:
        """What the next search may spend."""
        search = self.patience.search
        return EffortLimits(
            decisions=search.decisions, forks=search.forks, seconds=min(search.seconds, max(0.001, self.left))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HurriedIndex(ForwardingIndex):
    """Answers until the time is up, and then with a sentence."""

    port: IndexPort
    hourglass: Hourglass

    def get_page(self, index: Index, name: str) -> Page | None:
        self._check()
        return self.port.get_page(index, name)

    def get_metadata(self, file: ReleaseFile) -> CoreMetadata:
        self._check()
        return self.port.get_metadata(file)

    def get_archive(self, source: UrlRequirement | PathRequirement, name: str) -> Archive:
        self._check()
        return self.port.get_archive(source, name)

    def get_git(self, source: GitRequirement, locked_commit: str | None) -> GitTree:
        self._check()
        return self.port.get_git(source, locked_commit)

    def _check(self) -> None:
        if not self.hourglass.left:
            raise IndexFailure(f"reading took longer than the {self.hourglass.patience.seconds:.0f} seconds of a check")

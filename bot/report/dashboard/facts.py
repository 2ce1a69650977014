"""What a dashboard tells, as values. Texts in them are foreign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bot.ports.advisories import SecurityRow
from bot.ports.run import BranchName, DetectedFile, DetectedPackage, HeldBack, LeftAlone, OtherBot, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRow:
    """A pull request that is open. ``mover``: who has moved its branch, so that lockbot leaves it alone; empty: nobody."""

    number: int
    branch: BranchName
    title: str
    mover: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A proposal that is not opened yet; ``why`` is a clause."""

    branch: BranchName
    title: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRow:
    """A proposal whose pull request, ``number``, a person has closed."""

    branch: BranchName
    title: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredRow:
    """``what`` of the package is ignored, in our words. ``by`` is a login, ``number`` the pull request where it was said."""

    package: str
    what: str
    by: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """How far everything was behind on a day."""

    day: date
    libyears: float
    major: int
    minor: int
    patch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """``paused``: the login of who paused the repository. ``unread``: files in a form that lockbot does not read.
    ``drift`` is ascending, the last one is now. ``is_public``: everybody can read what is written. ``broken``: why the
    configuration can't be used; ``fallback`` is the commit whose configuration stays in force then, None: nothing does."""

    is_public: bool = True
    broken: tuple[Problem, ...] = ()
    fallback: str | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    other_bots: tuple[OtherBot, ...] = ()
    vulnerable: tuple[SecurityRow, ...] = ()
    open: tuple[OpenRow, ...] = ()
    waiting: tuple[WaitingRow, ...] = ()
    closed: tuple[ClosedRow, ...] = ()
    ignored: tuple[IgnoredRow, ...] = ()
    paused: str | None = None
    held_back: tuple[HeldBack, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    unread: tuple[str, ...] = ()
    detected: tuple[DetectedFile, ...] = ()
    drift: tuple[DriftRow, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell: no file of ours was found, and nothing is wrong."""
        return not (self.detected or self.needs_people or self.ignored or self.held_back or self.paused is not None)

    @property
    def needs_people(self) -> bool:
        """Whether there is something that somebody may want to do."""
        affected = [one for one in self.vulnerable if not one.is_accepted]
        return bool(self.broken or self.problems or affected or self.open or self.waiting or self.closed)


def list_packages(detected: tuple[DetectedFile, ...]) -> Iterator[DetectedPackage]:
    """What of the files counts: each package at each version once, tools that are only named left out."""
    found: dict[tuple[str, str], DetectedPackage] = {}
    for one in (one for file in detected for one in file.packages if not one.is_pin and one.locked):
        known = found.setdefault((one.package, one.locked), one)
        if known.newest is None:
            found[one.package, one.locked] = one
    yield from found.values()

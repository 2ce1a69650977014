"""Which packages of a unit could move, and how far each may go in which group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.manifest.edit import specifier_of
from bot.manifest.model import Declaration
from bot.manifest.ranges import Changed, Kept, RangeStrategy, Refused, SpecifierChange, change_specifier
from bot.plan.available import Newest
from bot.plan.loosening import Loosened, Specifiers, next_major, range_from
from bot.plan.policy import Group, Rejected, is_same_major
from bot.plan.worlds.holdings import Holdings

#: What each requirement has to admit, ascending: its goal last, before it what other forks are locked to.
Targets: TypeAlias = Mapping[Declaration, tuple[Version, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One requirement of a package. ``kept``: why its text stays, as a clause; ``None`` where it may be rewritten.

    ``variants`` are the versions of other labels than the one that it pins.
    """

    declaration: Declaration
    strategy: RangeStrategy
    kept: str | None = None
    variants: tuple[Version, ...] = ()

    @property
    def specifier(self) -> SpecifierSet:
        return self.declaration.requirement.specifier

    @property
    def label(self) -> str | None:
        """The label of a pinned local version."""
        pinned = (Version(part.version) for part in self.specifier if part.operator == "==" and "+" in part.version)
        return next((version.local for version in pinned), None)

    def own(self, version: Version) -> Version:
        """The version in the variant that the requirement pins."""
        return Version(f"{version.public}+{self.label}") if self.label else version

    def admits(self, version: Version) -> bool:
        return self.specifier.contains(self.own(version), prereleases=True)

    def change(self, version: Version) -> SpecifierChange:
        """What it becomes for the version."""
        if self.kept is not None:
            return Kept() if self.admits(version) else Refused(self.kept)
        return change_specifier(specifier_of(self.declaration.text), self.own(version), self.strategy)

    def follow(self, versions: Sequence[Version]) -> SpecifierChange:
        """What it becomes to admit the last of these; a range opens where it would shut out one of the others."""
        change = self.change(versions[-1])
        if self.is_pin or self.fits(change, versions):
            return change
        wide = change_specifier(specifier_of(self.declaration.text), self.own(versions[-1]), RangeStrategy.WIDEN)
        return wide if self.kept is None and self.fits(wide, versions) else change

    def fits(self, change: SpecifierChange, versions: Sequence[Version]) -> bool:
        """Whether what it becomes admits all of these."""
        if isinstance(change, Refused):
            return False
        written = SpecifierSet(change.text) if isinstance(change, Changed) else self.specifier
        return all(written.contains(one, prereleases=True) for one in versions)

    @property
    def is_pin(self) -> bool:
        return any(part.operator == "==" for part in self.specifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The requirements of one package that hold the same versions, ascending in ``current`` (several where forks differ).

    A package has several of them where requirements are in worlds of their own; ``locked`` is what the whole lock has of
    it, and ``series`` what keeps them apart. ``groups`` holds the newest version that each group may take it to.
    ``is_declined``: a person did not want the step inside its major.
    """

    name: str
    rows: tuple[Row, ...]
    current: tuple[Version, ...]
    locked: tuple[Version, ...]
    newest: Newest
    series: SpecifierSet
    groups: Mapping[Group, Version]
    is_declined: bool = False

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        return tuple(row.declaration for row in self.rows)

    @property
    def is_everywhere(self) -> bool:
        """Whether its requirements have a say in all that the lock has of the package."""
        return self.current == self.locked

    # --- how far it may go ---

    @property
    def latest(self) -> Version:
        """The newest version there is."""
        return self.newest.overall or self.newest.in_major or self.current[-1]

    @property
    def may_cross(self) -> bool:
        """Whether the configuration lets it over its major."""
        return self.newest.overall is None or self.newest.overall in self.groups.values()

    @property
    def free_range(self) -> SpecifierSet:
        """Wherever the configuration lets it go, but never back."""
        below = None if self.may_cross else next_major(self.current[-1])
        return self._range_from(self.current[0], below) & self._shared_up_to(self.latest)

    @property
    def range_inside(self) -> SpecifierSet:
        """Inside its major, but never back."""
        below = next_major(self.current[-1])
        return self._range_from(self.current[0], below) & self._shared_up_to(self.latest)

    @property
    def next_majors(self) -> SpecifierSet:
        """Everything over its major."""
        return self._range_from(Version(next_major(self.current[-1]) or str(self.latest)))

    def range_in(self, group: Group) -> SpecifierSet:
        """Where the group may take it: never back, and over the major only if the group's version lies there."""
        return self._range_from(self.current[0], self._end_in(group)) & self._shared_up_to(self.groups[group])

    def range_at_best(self, group: Group) -> SpecifierSet:
        """The same, from the group's version on."""
        return self._range_from(self.groups[group], self._end_in(group)) & self._shared_up_to(self.groups[group])

    def within_step(self, group: Group) -> Candidate:
        """The same for a group that ends with one of several majors: what lies beyond is for other groups."""
        end = next_major(self.groups[group]) if group.step is not None else None
        if end is None:
            return self
        newest = replace(self.newest, overall=self.groups[group])
        return replace(self, series=self.series & SpecifierSet(f"<{end}"), newest=newest)

    def crosses_in(self, group: Group) -> bool:
        return not is_same_major(self.groups[group], self.current[-1])

    def _end_in(self, group: Group) -> str | None:
        return None if self.crosses_in(group) else next_major(self.current[-1])

    def _range_from(self, floor: Version, below: str | None = None) -> SpecifierSet:
        return (
            range_from(floor, (row.specifier for row in self.rows), below) & self.series & _without(self.newest.shunned)
        )

    def _shared_up_to(self, version: Version) -> SpecifierSet:
        """Requirements that are served by several indexes stay together."""
        return SpecifierSet(f"<={version.public}" if self.newest.is_shared else "")

    def loosened(self, specifier: SpecifierSet) -> Loosened:
        """Its rewritten requirements with this one in place of theirs."""
        return {(self.name, row.specifier): specifier & _without(row.variants) for row in self.rows if row.kept is None}

    # --- what its requirements say ---

    def admits(self, version: Version) -> bool:
        """Whether every requirement admits the version as it stands."""
        return all(row.admits(version) for row in self.rows)

    def can_be_required(self, version: Version) -> bool:
        """Whether its requirements admit the version, or can be made to."""
        return not any(isinstance(row.change(version), Refused) for row in self.rows)

    def excludes(self, version: Version) -> bool:
        """Whether a requirement names the version as one not to take."""
        parts = (part for row in self.rows for part in row.specifier if part.operator == "!=")
        return not all(part.contains(version, prereleases=True) for part in parts)

    def not_rewritten(self, version: Version) -> str:
        """Why a version that can't be required is out of reach, as a clause."""
        refused = [row for row in self.rows if isinstance(row.change(version), Refused)]
        kept = sorted({_told(row) for row in refused if row.kept is not None})
        if kept:
            return "; ".join(kept)
        spoken = sorted({str(row.specifier) or "any version" for row in self.rows})
        return f"its requirement ({', '.join(spoken)}) does not admit it and is not rewritten"

    # --- what a lock gives it ---

    def tops_in(self, holdings: Holdings) -> Mapping[Declaration, Version]:
        """The highest version that each requirement has a say in."""
        return {row: found[-1] for row in self.declarations if (found := holdings.at(row))}

    def is_admitted_in(self, holdings: Holdings) -> bool:
        """Whether its requirements as they stand admit what a lock has of it."""
        tops = self.tops_in(holdings)
        return all(row.admits(tops[row.declaration]) for row in self.rows if row.declaration in tops)

    def highest_in(self, holdings: Holdings) -> Version:
        return max(self.tops_in(holdings).values(), default=self.current[-1])

    def targets_in(self, holdings: Holdings) -> Targets:
        """What to write each specifier for."""
        return {row.declaration: _target(row, found) for row in self.rows if (found := holdings.at(row.declaration))}

    def goals_in(self, holdings: Holdings) -> Mapping[Declaration, Version]:
        """The version to write each specifier for."""
        return {row: target[-1] for row, target in self.targets_in(holdings).items()}

    def goal_in(self, holdings: Holdings) -> Version:
        """The lowest of them: what the package as a whole has got to."""
        return min(self.goals_in(holdings).values(), default=self.current[-1])

    def moves_in(self, holdings: Holdings) -> Targets:
        """The targets that lie above what is locked."""
        top = Version(self.current[-1].public)
        return {row: target for row, target in self.targets_in(holdings).items() if Version(target[-1].public) > top}

    def changed_texts(self, targets: Targets) -> Mapping[Declaration, str] | None:
        """The new specifiers for the targets; ``None`` where one of the requirements can't admit its own."""
        pairs = [(row, row.follow(targets[row.declaration])) for row in self.rows if row.declaration in targets]
        if any(isinstance(change, Refused) for _, change in pairs):
            return None
        return {row.declaration: change.text for row, change in pairs if isinstance(change, Changed)}


def _target(row: Row, found: tuple[Version, ...]) -> tuple[Version, ...]:
    """All of them, unless the specifier for the highest would shut out what another fork is locked to."""
    change = row.follow(found)
    return found if isinstance(change, Refused) or row.fits(change, found) else found[:1]


def _without(versions: Iterable[Version]) -> SpecifierSet:
    return SpecifierSet(",".join(f"!={version}" for version in versions))


def _told(row: Row) -> str:
    place = f"{row.declaration.path}:{row.declaration.line}"
    return f"{row.declaration.text} ({place}) does not admit it: {row.kept}"


def bounds_in(candidates: Iterable[Candidate], group: Group) -> Specifiers:
    """What holds for each package as a whole in the group: where it is in several worlds, only what holds in all."""
    by_name: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_name.setdefault(candidate.name, []).append(candidate)
    return {name: _bound(found, group) for name, found in by_name.items()}


def _bound(found: Sequence[Candidate], group: Group) -> SpecifierSet:
    first = found[0]
    if first.is_everywhere and len(found) == 1:
        return first.range_in(group)
    crosses = any(one.crosses_in(group) for one in found)
    return range_from(first.locked[0], (), None if crosses else next_major(first.locked[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedOff:
    """A newer version that the configuration, or what the requirements themselves say, keeps from being proposed.

    ``until``: when it, or an older one that is kept too, is old enough.
    """

    name: str
    declarations: tuple[Declaration, ...]
    current: tuple[Version, ...]
    version: Version
    rejected: Rejected
    until: datetime | None = None

    def is_reached_in(self, holdings: Holdings) -> bool:
        tops = (holdings.at(row)[-1] for row in self.declarations if holdings.at(row))
        return Version(max(tops, default=self.current[-1]).public) >= Version(self.version.public)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """``movable``, sorted by name: what has something newer; one without groups only must not be taken along.

    ``turned_off``: what the configuration keeps from being proposed; ``withheld``: what the requirements themselves do.
    """

    movable: tuple[Candidate, ...] = ()
    turned_off: tuple[TurnedOff, ...] = ()
    withheld: tuple[TurnedOff, ...] = ()

"""Which packages of a unit could move, and how far each may go in which group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.errors import IndexFailure
from bot.lockfile.model import RegistryRequirement
from bot.manifest.edit import specifier_of
from bot.manifest.model import Declaration
from bot.manifest.ranges import Changed, Kept, RangeStrategy, Refused, SpecifierChange, change_specifier
from bot.plan.available import Newest, find_newest, request_pages
from bot.plan.loosening import next_major, range_from, registry_sources
from bot.plan.policy import Decision, Group, Rejected, choose_strategy, decide_group, keep_declarations, update_kind
from bot.plan.unit import LockedVersions, Unit, declarations_by_name
from bot.repoconfig.model import RepoConfig
from bot.resolver.model.index import IndexPort
from bot.resolver.model.request import LockRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One declared package. ``current`` are its locked versions, ascending (several where forks differ).

    ``is_fixed``: its specifiers are never rewritten (it may still move inside them). ``groups`` holds the newest
    version that each group may take it to. ``is_declined``: a person did not want the step inside its major.
    """

    name: str
    declarations: tuple[Declaration, ...]
    strategies: tuple[RangeStrategy, ...]
    current: tuple[Version, ...]
    newest: Newest
    is_fixed: bool
    groups: Mapping[Group, Version]
    is_declined: bool = False

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
        return range_from(self.current[0], self.specifiers, below)

    @property
    def range_inside(self) -> SpecifierSet:
        """Inside its major, but never back."""
        return range_from(self.current[0], self.specifiers, next_major(self.current[-1]))

    @property
    def next_majors(self) -> SpecifierSet:
        """Everything over its major."""
        return range_from(Version(next_major(self.current[-1])), self.specifiers)

    def range_in(self, group: Group) -> SpecifierSet:
        """Where the group may take it: never back, and over the major only if the group's version lies there."""
        return self._range_from(self.current[0], group)

    def range_at_best(self, group: Group) -> SpecifierSet:
        """The same, from the group's version on."""
        return self._range_from(self.groups[group], group)

    def _range_from(self, floor: Version, group: Group) -> SpecifierSet:
        wanted, top = self.groups[group], self.current[-1]
        stays = (wanted.epoch, wanted.major) == (top.epoch, top.major)
        return range_from(floor, self.specifiers, next_major(top) if stays else None)

    # --- what its requirements say ---

    @property
    def specifiers(self) -> tuple[SpecifierSet, ...]:
        return tuple(declaration.requirement.specifier for declaration in self.declarations)

    def admits(self, version: Version) -> bool:
        """Whether every requirement admits the version as it stands."""
        return all(specifier.contains(version, prereleases=True) for specifier in self.specifiers)

    def changes(self, version: Version) -> tuple[SpecifierChange, ...]:
        """What each requirement becomes for the version, in the order of ``declarations``."""
        if self.is_fixed:
            kept = Kept() if self.admits(version) else Refused("its requirement is not rewritten")
            return tuple(kept for _ in self.declarations)
        pairs = zip(self.declarations, self.strategies, strict=True)
        return tuple(change_specifier(specifier_of(row.text), version, strategy) for row, strategy in pairs)

    def changed_texts(self, version: Version) -> Mapping[Declaration, str] | None:
        """The new specifiers for a version; ``None`` where one of the requirements can't admit it."""
        changes = self.changes(version)
        if any(isinstance(change, Refused) for change in changes):
            return None
        pairs = zip(self.declarations, changes, strict=True)
        return {row: change.text for row, change in pairs if isinstance(change, Changed)}

    def can_be_required(self, version: Version) -> bool:
        """Whether its requirements admit the version, or can be made to."""
        return self.changed_texts(version) is not None

    def excludes(self, version: Version) -> bool:
        """Whether a requirement names the version as one not to take."""
        parts = (part for specifier in self.specifiers for part in specifier if part.operator == "!=")
        return not all(part.contains(version, prereleases=True) for part in parts)

    def not_rewritten(self) -> str:
        """Why a version that can't be required is out of reach, as a clause."""
        spoken = sorted({str(specifier) or "any version" for specifier in self.specifiers})
        return f"its requirement ({', '.join(spoken)}) does not admit it and is not rewritten"

    # --- what a lock gives it ---

    def highest_in(self, versions: LockedVersions) -> Version:
        return versions.get(self.name, self.current)[-1]

    def goal_in(self, versions: LockedVersions) -> Version:
        """The version to write specifiers for: the highest, unless they would shut out what another fork is locked to."""
        found = versions.get(self.name, self.current)
        texts = self.changed_texts(found[-1])
        if texts is None or len(found) == 1:
            return found[-1]
        written = [SpecifierSet(texts.get(row, specifier_of(row.text))) for row in self.declarations]
        fits = all(one.contains(version, prereleases=True) for one in written for version in found)
        return found[-1] if fits else found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedOff:
    """A newer version that the configuration keeps from being proposed."""

    name: str
    current: tuple[Version, ...]
    version: Version
    rejected: Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """``movable``, sorted by name: what has something newer; one without groups only must not be taken along."""

    movable: tuple[Candidate, ...] = ()
    turned_off: tuple[TurnedOff, ...] = ()


def find_candidates(
    unit: Unit, request: LockRequest, locked: LockedVersions, index: IndexPort, config: RepoConfig
) -> Candidates:
    """Every declared package that has something newer; raises ``IndexFailure``."""
    sources = registry_sources(request)
    declared = declarations_by_name(row for row in unit.declarations if row.requirement.url is None)
    eligible = {name: rows for name, rows in declared.items() if name in sources and name in locked}
    request_pages(request, index, {name: sources[name] for name in eligible})
    movable: list[Candidate] = []
    turned_off: list[TurnedOff] = []
    for name, rows in eligible.items():
        newest = _newest(request, index, name, sources[name], locked[name][-1], config)
        decisions = _decisions(name, rows, locked[name][-1], newest, config)
        turned_off += _turned_off(name, locked[name], decisions)
        candidate = _candidate(unit, name, rows, locked[name], newest, decisions, config)
        if keep_declarations(config, rows) and (candidate.groups or not candidate.may_cross):
            movable.append(candidate)
    return Candidates(movable=tuple(movable), turned_off=tuple(turned_off))


def _newest(
    request: LockRequest,
    index: IndexPort,
    name: str,
    sources: Sequence[RegistryRequirement],
    current: Version,
    config: RepoConfig,
) -> Newest:
    """Who has a package ignored is not told that its index is down."""
    try:
        return find_newest(request, index, name, sources, current)
    except IndexFailure:
        if name in config.ignore_deps:
            return Newest(in_major=None, overall=None)
        raise


def _decisions(
    name: str, rows: Sequence[Declaration], current: Version, newest: Newest, config: RepoConfig
) -> Mapping[Version, Decision]:
    """What the configuration says of the step inside the major, and of the major step."""
    steps = [version for version in (newest.in_major, newest.overall) if version is not None]
    return {version: decide_group(config, name, rows, update_kind(current, version)) for version in steps}


def _turned_off(name: str, current: tuple[Version, ...], decisions: Mapping[Version, Decision]) -> Sequence[TurnedOff]:
    """The longest step that is rejected: the shorter one is told with it."""
    rejected = [(version, one) for version, one in decisions.items() if isinstance(one, Rejected)]
    return [TurnedOff(name=name, current=current, version=version, rejected=one) for version, one in rejected[-1:]]


def _candidate(
    unit: Unit,
    name: str,
    rows: Sequence[Declaration],
    current: tuple[Version, ...],
    newest: Newest,
    decisions: Mapping[Version, Decision],
    config: RepoConfig,
) -> Candidate:
    strategies = tuple(choose_strategy(config, row, is_library=row.path in unit.libraries) for row in rows)
    return Candidate(
        name=name,
        declarations=tuple(rows),
        strategies=strategies,
        current=current,
        newest=newest,
        is_fixed=_is_fixed(rows, strategies, config),
        # Where one group holds both steps, it takes the longer one.
        groups={one: version for version, one in decisions.items() if isinstance(one, Group)},
    )


def _is_fixed(rows: Sequence[Declaration], strategies: Sequence[RangeStrategy], config: RepoConfig) -> bool:
    """Requirements that contradict each other on purpose (one for each marker), compare text or are frozen stay."""
    if len(keep_declarations(config, rows)) < len(rows) or RangeStrategy.IN_RANGE_ONLY in strategies:
        return True
    if any("===" in row.text for row in rows):
        return True
    places: dict[tuple[str, str, str | None], set[str]] = {}
    for row in rows:
        places.setdefault((row.path, row.table, row.group), set()).add(str(row.requirement.specifier))
    return any(len(specifiers) > 1 for specifiers in places.values())

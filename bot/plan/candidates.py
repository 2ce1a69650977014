"""Which packages of a unit could move, and how far each may go in which group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.manifest.edit import specifier_of
from bot.manifest.model import Declaration
from bot.manifest.ranges import Changed, Kept, RangeStrategy, Refused, SpecifierChange, change_specifier
from bot.plan.available import Newest, find_newest, request_pages
from bot.plan.loosening import registry_specifiers
from bot.plan.policy import Group, Rejected, choose_strategy, decide_group, keep_declarations, update_type
from bot.plan.unit import Unit, declarations_by_name
from bot.repoconfig.model import RepoConfig
from bot.resolver.model.index import IndexPort
from bot.resolver.model.request import LockRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One declared package. ``current`` are its locked versions, ascending (several where forks differ).

    ``is_fixed``: its specifiers are never rewritten (it may still move inside them). ``groups`` holds the newest
    version that each group may take it to.
    """

    name: str
    declarations: tuple[Declaration, ...]
    strategies: tuple[RangeStrategy, ...]
    current: tuple[Version, ...]
    newest: Newest
    is_fixed: bool
    groups: Mapping[Group, Version]

    @property
    def latest(self) -> Version:
        """The newest version there is."""
        return self.newest.overall or self.newest.in_major or self.current[-1]

    @property
    def may_cross(self) -> bool:
        """Whether the configuration lets it over its major."""
        return self.newest.overall is None or self.newest.overall in self.groups.values()

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


def find_candidates(
    unit: Unit,
    request: LockRequest,
    locked: Mapping[str, tuple[Version, ...]],
    index: IndexPort,
    config: RepoConfig,
) -> tuple[Candidate, ...]:
    """Every declared package that has something newer, sorted by name; without groups: it only must not be taken along."""
    sources = registry_specifiers(request)
    declared = declarations_by_name(row for row in unit.declarations if row.requirement.url is None)
    eligible = {name: rows for name, rows in declared.items() if name in sources and name in locked}
    request_pages(request, index, {name: sources[name] for name in eligible})
    found = []
    for name, rows in eligible.items():
        kept = keep_declarations(config, rows)
        if not kept:
            continue
        newest = find_newest(request, index, name, sources[name], locked[name][-1])
        candidate = _candidate(unit, name, rows, locked[name], newest, config)
        if candidate.groups or not candidate.may_cross:
            found.append(candidate)
    return tuple(found)


def _candidate(
    unit: Unit,
    name: str,
    rows: Sequence[Declaration],
    current: tuple[Version, ...],
    newest: Newest,
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
        groups=_groups(name, rows, current[-1], newest, config),
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


def _groups(
    name: str, rows: Sequence[Declaration], current: Version, newest: Newest, config: RepoConfig
) -> Mapping[Group, Version]:
    """The group of the step inside the major and that of the major step; one group takes the longer step."""
    found: dict[Group, Version] = {}
    for version in (newest.in_major, newest.overall):
        if version is None:
            continue
        decision = decide_group(config, name, rows, update_type(current, version))
        if not isinstance(decision, Rejected):
            found[decision] = version
    return found


def changed_texts(candidate: Candidate, version: Version) -> Mapping[Declaration, str] | None:
    """The new specifiers for a version; ``None`` where one of the requirements can't admit it."""
    changes = candidate.changes(version)
    if any(isinstance(change, Refused) for change in changes):
        return None
    pairs = zip(candidate.declarations, changes, strict=True)
    return {row: change.text for row, change in pairs if isinstance(change, Changed)}

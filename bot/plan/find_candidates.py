"""Looks for what could move: every declared package in every world of its lock, with what index and configuration say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import and_

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.errors import IndexFailure
from bot.lockfile.model import RegistryRequirement
from bot.manifest.model import Declaration, DepType
from bot.manifest.ranges import RangeStrategy, find_floor
from bot.plan.available import Newest, find_newest, find_published, find_variants, request_pages
from bot.plan.candidates import Candidate, Candidates, Row, TurnedOff
from bot.plan.index.permitted import PermittedIndex
from bot.plan.loosening import registry_sources
from bot.plan.policy import (
    Decision,
    Group,
    Rejected,
    choose_strategy,
    decide_group,
    keep_declarations,
    lifts_bounds,
    update_kind,
)
from bot.plan.standings import Standings
from bot.plan.unit import Unit, declarations_by_name
from bot.plan.worlds.holdings import Holdings
from bot.plan.worlds.series import Series, find_series
from bot.repoconfig.model import RepoConfig
from bot.resolver.model.index import IndexPort
from bot.resolver.model.request import LockRequest

_DECIDED = frozenset({DepType.CONSTRAINT, DepType.OVERRIDE, DepType.BUILD_CONSTRAINT, DepType.CONSTRAINTS})
_FOLLOWING = frozenset({RangeStrategy.BUMP, RangeStrategy.PIN})


@dataclass(frozen=True, slots=True)
class Look:
    """The index with everything, and without what the configuration hides (None: nothing)."""

    index: IndexPort
    permitted: PermittedIndex | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What all packages of a unit are judged by."""

    request: LockRequest
    holdings: Holdings
    look: Look
    config: RepoConfig
    standings: Standings

    @property
    def unit(self) -> Unit:
        return self.standings.unit

    @property
    def index(self) -> IndexPort:
        """With what may be taken."""
        return self.look.permitted or self.look.index


@dataclass(frozen=True, slots=True, kw_only=True)
class _Package:
    name: str
    sources: Sequence[RegistryRequirement]
    locked: tuple[Version, ...]


def find_candidates(
    request: LockRequest, holdings: Holdings, look: Look, config: RepoConfig, standings: Standings
) -> Candidates:
    """Every declared package that has something newer; raises ``IndexFailure``."""
    task = _Task(request=request, holdings=holdings, look=look, config=config, standings=standings)
    sources, locked = registry_sources(request), holdings.versions
    declared = declarations_by_name(row for row in standings.unit.declarations if row.requirement.url is None)
    eligible = {name: rows for name, rows in declared.items() if name in sources and name in locked}
    request_pages(request, look.index, {name: sources[name] for name in eligible})
    found = [
        _judge(task, _Package(name=name, sources=sources[name], locked=locked[name]), world)
        for name, rows in eligible.items()
        for world in find_series(rows, holdings)
    ]
    return Candidates(
        movable=tuple(row for one in found for row in one.movable),
        turned_off=tuple(row for one in found for row in one.turned_off),
        withheld=tuple(row for one in found for row in one.withheld),
    )


def _judge(task: _Task, package: _Package, world: Series) -> Candidates:
    current = _current(task, world)
    rows = tuple(_row(task, package, world, row, current) for row in world.rows)
    kept = [row.specifier for row in rows if row.kept is not None and keep_declarations(task.config, [row.declaration])]
    newest = _newest(task, package, world, current, reduce(and_, kept, world.bounds))
    decisions = _decisions(task, package.name, world.rows, current, newest)
    candidate = Candidate(
        name=package.name,
        rows=rows,
        current=current,
        locked=package.locked if current == world.current else current,
        newest=newest,
        series=world.bounds,
        # Where one group holds both steps, it takes the longer one.
        groups={one: version for version, one in decisions.items() if isinstance(one, Group)},
    )
    is_movable = keep_declarations(task.config, world.rows) and (candidate.groups or not candidate.may_cross)
    return Candidates(
        movable=(candidate,) if is_movable else (),
        turned_off=(*_turned_off(candidate, decisions), *_hidden(task, package, world, candidate)),
        withheld=tuple(_withheld(task, package, world, candidate))
        if keep_declarations(task.config, world.rows)
        else (),
    )


def _current(task: _Task, world: Series) -> tuple[Version, ...]:
    """What is locked; without a lock, where a strategy makes requirements follow, what they state."""
    if task.unit.lock_path is not None or not all(_follows(task, row) for row in world.rows):
        return world.current
    return (min(_stated(row, world.current[0]) for row in world.rows),)


def _follows(task: _Task, row: Declaration) -> bool:
    return _strategy(task, row) in _FOLLOWING and not any(part.operator == "==" for part in row.requirement.specifier)


def _stated(row: Declaration, found: Version) -> Version:
    """The version that a requirement begins with; for one that states none, the beginning of the major."""
    floor = find_floor(row.requirement.specifier)
    return Version(f"{found.epoch}!{found.major}") if floor is None else min(floor, found)


def _newest(
    task: _Task, package: _Package, world: Series, current: tuple[Version, ...], within: SpecifierSet
) -> Newest:
    """Who has a package ignored is not told that its index is down."""
    return _newest_in(task, task.index, package, world, current, within)


def _newest_in(
    task: _Task,
    index: IndexPort,
    package: _Package,
    world: Series,
    current: tuple[Version, ...],
    within: SpecifierSet,
) -> Newest:
    stated = {row.requirement.specifier for row in world.rows}
    sources = [one for one in package.sources if one.specifier in stated] or package.sources
    try:
        return find_newest(task.request, index, package.name, sources, current, within)
    except IndexFailure:
        if package.name in task.config.ignore_deps:
            return Newest(in_major=None, overall=None)
        raise


def _decisions(
    task: _Task, name: str, rows: Sequence[Declaration], current: tuple[Version, ...], newest: Newest
) -> Mapping[Version, Decision]:
    """What the configuration says of the step inside the major, and of the major step."""
    decisions: dict[Version, Decision] = {}
    for version in (newest.in_major, newest.overall):
        if version is not None:
            decisions.update(_decided(task, name, rows, current, version, newest.majors))
    return decisions


def _decided(
    task: _Task,
    name: str,
    rows: Sequence[Declaration],
    current: tuple[Version, ...],
    version: Version,
    majors: Sequence[Version],
) -> Iterator[tuple[Version, Decision]]:
    """The step to a version, and before it those to the majors on the way where each is a proposal of its own."""
    kind, standing = update_kind(current[-1], version), replace(task.standings.of(name), current=current[-1])
    decide = partial(decide_group, task.config, name, rows, kind, standing)
    decision = decide(version.major)
    group = decision.group if isinstance(decision, Rejected) else decision
    if group.step is not None:
        yield from ((one, decide(one.major)) for one in majors if one != version)
    yield version, decision


def _turned_off(candidate: Candidate, decisions: Mapping[Version, Decision]) -> Iterator[TurnedOff]:
    """The longest step that is rejected: the shorter one is told with it."""
    rejected = [(version, one) for version, one in decisions.items() if isinstance(one, Rejected)]
    for version, one in rejected[-1:]:
        yield _refused(candidate, version, one)


def _withheld(task: _Task, package: _Package, world: Series, candidate: Candidate) -> Iterator[TurnedOff]:
    """What is newer, and shut out by a label, by a series, or by requirements that are not rewritten."""
    foreign, top = candidate.newest.foreign, candidate.current[-1]
    if foreign is not None and top.local:
        yield _off(task, candidate, foreign, f"there is no {foreign.public} with the label +{top.local}")
    kept = [row for row in candidate.rows if row.kept is not None]
    if world.kept or not (kept or world.behind):
        return
    anywhere = _newest(task, package, world, candidate.current, SpecifierSet())
    beyond = anywhere.overall or anywhere.in_major
    if beyond is None or Version(beyond.public) <= Version(candidate.latest.public):
        return
    if candidate.can_be_required(beyond):
        yield _off(task, candidate, beyond, f"its requirement keeps its distance from {world.behind}")
    else:
        yield _off(task, candidate, beyond, candidate.not_rewritten(beyond))


def _hidden(task: _Task, package: _Package, world: Series, candidate: Candidate) -> Iterator[TurnedOff]:
    """The newest of what is newer, where the configuration hides it from the solver."""
    permitted = task.look.permitted
    if permitted is None or not keep_declarations(task.config, world.rows):
        return
    found = _newest_in(task, task.look.index, package, world, candidate.current, world.bounds)
    newest = found.overall or found.in_major
    if newest is None or Version(newest.public) <= Version(candidate.latest.public):
        return
    published = find_published(task.request, task.look.index, package.name, package.sources, newest)
    why = permitted.why(package.name, newest, published[newest].uploaded if newest in published else None)
    if why is not None:
        until = permitted.find_ripening(package.name, candidate.latest)
        yield replace(_off(task, candidate, newest, why.reason), until=until)


def _off(task: _Task, candidate: Candidate, version: Version, reason: str) -> TurnedOff:
    kind = update_kind(candidate.current[-1], version)
    standing = replace(task.standings.of(candidate.name), current=candidate.current[-1])
    decision = decide_group(task.config, candidate.name, candidate.declarations, kind, standing, version.major)
    group = decision.group if isinstance(decision, Rejected) else decision
    return _refused(candidate, Version(version.public), Rejected(reason=reason, group=group))


def _refused(candidate: Candidate, version: Version, rejected: Rejected) -> TurnedOff:
    return TurnedOff(
        name=candidate.name,
        declarations=candidate.declarations,
        current=candidate.current,
        version=version,
        rejected=rejected,
    )


# --- requirements ---------------------------------------------------------------------------------


def _row(task: _Task, package: _Package, world: Series, declaration: Declaration, current: tuple[Version, ...]) -> Row:
    row = Row(declaration=declaration, strategy=_strategy(task, declaration), kept=_kept(task, world, declaration))
    if row.label is None:
        return row
    variants = find_variants(task.request, task.index, package.name, package.sources, current[0])
    # To shut out a version without a label is to shut out those with one as well.
    beside = {one.public for one in variants if one.local == row.label}
    others = tuple(one for one in variants if one.local != row.label and (one.local or one.public not in beside))
    return Row(declaration=declaration, strategy=row.strategy, kept=row.kept, variants=others)


def _strategy(task: _Task, row: Declaration) -> RangeStrategy:
    return choose_strategy(task.config, row, is_library=row.path in task.unit.libraries)


def _kept(task: _Task, world: Series, row: Declaration) -> str | None:
    if not keep_declarations(task.config, (row,)):
        return "the configuration leaves it alone"
    if _strategy(task, row) is RangeStrategy.IN_RANGE_ONLY:
        return "rangeStrategy in-range-only never rewrites it"
    if "===" in row.text:
        return "it is compared as text"
    if row in world.kept:
        return f"it is told apart by it from {world.kept[row]}"
    if row.table in _DECIDED and not is_exact_pin(row.requirement.specifier) and not lifts_bounds(task.config, row):
        return f"bounds in {row.table} are lifted only where a package rule with matchDepTypes sets a rangeStrategy"
    return None


def is_exact_pin(specifier: SpecifierSet) -> bool:
    parts = list(specifier)
    return len(parts) == 1 and parts[0].operator == "==" and not parts[0].version.endswith(".*")

"""How far a tool may go, and in which group: the newest version that everything which stays as it is admits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_
from typing import TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.manifest.ranges import RangeStrategy
from bot.plan.available import Newest
from bot.plan.policy import Group, Rejected, decide_group, stated_strategy, update_kind
from bot.plan.toolchain.places import Found
from bot.ports.run import Declined, HeldBack, UpdateKind
from bot.repoconfig.model import RepoConfig
from bot.toolchain.forms import admits, base_version, parse_specifier, renew
from bot.toolchain.model import Form, Place, Role, Tool

#: The newest versions above some that are in use, within bounds.
FindNewest: TypeAlias = Callable[[Sequence[Version], SpecifierSet], Newest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A requirement on the version that stays as it is, where it stands, and why it stays."""

    specifier: SpecifierSet
    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A version that the tool may be moved to, and the group that this is proposed in."""

    group: Group
    version: Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """What is known of one tool. ``places`` may be edited, as far as they say so; ``bounds`` stay.

    ``strategies``: how ranges are rewritten, by path. ``held_back``: what the bounds or the configuration keep away.
    """

    tool: Tool
    places: tuple[Place, ...] = ()
    bounds: tuple[Bound, ...] = ()
    steps: tuple[Step, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    strategies: dict[str, RangeStrategy] = field(default_factory=dict)

    @property
    def within(self) -> SpecifierSet:
        return within(self.bounds)

    @property
    def newest(self) -> Version | None:
        """The newest version that was heard of, whether it can be had or not."""
        heard = (*(one.version for one in self.steps), *(Version(one.latest) for one in self.held_back))
        return max(heard, default=None)

    def strategy_of(self, place: Place) -> RangeStrategy:
        return self.strategies.get(place.path, RangeStrategy.REPLACE)


def within(bounds: Sequence[Bound]) -> SpecifierSet:
    """All bounds in one."""
    return reduce(and_, (one.specifier for one in bounds), SpecifierSet())


def decide(
    tool: Tool,
    found: Found,
    config: RepoConfig,
    declined: Sequence[Declined],
    others: Sequence[Bound],
    find_newest: FindNewest,
) -> Toolchain:
    """``others`` are bounds from elsewhere (constraints on the package). Raises ``IndexFailure``."""
    places = found.of(tool)
    paths = {one.path for one in places}
    shut = {
        path for path in paths if isinstance(decide_group(config, tool, [_File(path=path)], UpdateKind.MINOR), Rejected)
    }
    off = [one for one in places if one.path in shut]
    free = [one for one in places if one.path not in shut]
    strategies = {path: _strategy(config, tool, path) for path in paths}
    bounds = (*others, *(bound for one in places if (bound := _bound(one, strategies, one.path in shut)) is not None))
    base = Toolchain(tool=tool, places=tuple(free), bounds=bounds, strategies=strategies)
    current = _current(places)
    if current is None:
        return base
    asked = find_newest((current,), within(bounds))
    steps = list(_steps(base, asked, config, declined))
    told = [*_rejected(base, asked, config, off), *_shut_out(base, current, asked, find_newest)]
    return replace(base, steps=tuple(steps), held_back=tuple(told))


def _strategy(config: RepoConfig, tool: Tool, path: str) -> RangeStrategy:
    stated = stated_strategy(config, tool, _File(path=path))
    return RangeStrategy.REPLACE if stated is RangeStrategy.AUTO else stated


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: str
    table: None = None


def _bound(place: Place, strategies: dict[str, RangeStrategy], is_off: bool) -> Bound | None:
    """A range stays where the configuration says so, or where somebody says beside it why it ends where it does."""
    specifier = parse_specifier(place.text)
    if place.role is not Role.BOUND or specifier is None:
        return None
    where = f"{place.shown} ({place.path}:{place.line})"
    if place.tool is Tool.PYTHON:
        return Bound(specifier=specifier, place=where, reason="it says what the project is for")
    if is_off or strategies[place.path] is RangeStrategy.IN_RANGE_ONLY:
        return Bound(specifier=specifier, place=where, reason="the configuration leaves it alone")
    if place.comment and not is_pin(specifier):
        return Bound(specifier=specifier, place=where, reason=f"a comment stands beside it: {place.comment}")
    return None


def is_pin(specifier: SpecifierSet) -> bool:
    parts = list(specifier)
    return len(parts) == 1 and parts[0].operator in ("==", "===") and not parts[0].version.endswith(".*")


def _current(places: Sequence[Place]) -> Version | None:
    """The lowest version that is used; a pre-release only where it is the highest, as its family is asked for then."""
    used = [one for one in places if one.role in (Role.PIN, Role.BOUND)]
    named = [one for one in used if one.form is Form.VERSION and one.role is Role.PIN] or used
    versions = sorted(base for one in named if (base := base_version(one)) is not None)
    if not versions:
        return None
    return versions[-1] if versions[-1].is_prerelease else versions[0]


def _steps(base: Toolchain, asked: Newest, config: RepoConfig, declined: Sequence[Declined]) -> Iterator[Step]:
    for version, moving in _reachable(base, asked):
        kind = update_kind(_lowest(moving, version), version)
        group = decide_group(config, base.tool, moving, kind)
        if isinstance(group, Group) and not _is_declined(base.tool, version, kind, declined):
            yield Step(group=group, version=version)


def _reachable(base: Toolchain, asked: Newest) -> Iterator[tuple[Version, Sequence[Place]]]:
    """The versions that some place would move to; of a place that is newer already nothing is asked."""
    for version in dict.fromkeys(one for one in (asked.in_major, asked.overall) if one is not None):
        moving = [one for one in base.places if _would_move(one, version)]
        if moving:
            yield version, moving


def _would_move(place: Place, version: Version) -> bool:
    return place.kept is None and place.role in (Role.PIN, Role.BOUND) and isinstance(renew(place, version), str)


def _lowest(places: Sequence[Place], otherwise: Version) -> Version:
    return min((base for one in places if (base := base_version(one)) is not None), default=otherwise)


def _is_declined(tool: Tool, version: Version, kind: UpdateKind, declined: Sequence[Declined]) -> bool:
    is_major = kind is UpdateKind.MAJOR
    for one in declined:
        if (one.package, one.is_major) == (tool.value, is_major):
            limit = Version(one.version)
            if version <= limit or (is_major and version.major <= limit.major):
                return True
    return False


# --- what is kept away ----------------------------------------------------------------------------


def _rejected(base: Toolchain, asked: Newest, config: RepoConfig, off: Sequence[Place]) -> Iterator[HeldBack]:
    """What the configuration turns off, where all of it is."""
    version = asked.overall or asked.in_major
    if version is None or any(True for _ in _reachable(base, asked)):
        return
    stale = [one for one in off if _would_move(one, version)]
    if stale:
        decision = decide_group(config, base.tool, stale, UpdateKind.MINOR)
        reason = decision.reason if isinstance(decision, Rejected) else "the configuration leaves it alone"
        yield _row(base.tool, _lowest(stale, version), version, reason)


def _shut_out(base: Toolchain, current: Version, asked: Newest, find_newest: FindNewest) -> Iterator[HeldBack]:
    """What is newer than the bounds admit."""
    if not base.bounds or base.tool is Tool.PYTHON:
        return
    anywhere = find_newest((current,), SpecifierSet())
    newest = anywhere.overall or anywhere.in_major
    reached = asked.overall or asked.in_major or current
    if newest is None or newest <= reached:
        return
    stays = [one for one in base.bounds if not one.specifier.contains(newest, prereleases=True)]
    if stays and any(isinstance(renew(one, newest), str) or not admits(one, newest) for one in base.places):
        told = "; ".join(f"{one.place} does not admit it, and stays: {one.reason}" for one in stays)
        yield _row(base.tool, current, newest, told)


def _row(tool: Tool, current: Version, latest: Version, reason: str) -> HeldBack:
    return HeldBack(package=tool.value, current=str(current), latest=str(latest), reason=reason)

"""What the configuration says about one update: whether it may be proposed, in which group, written how. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from packaging.version import Version

from bot.manifest.model import Declaration, DepType
from bot.manifest.ranges import RangeStrategy
from bot.plan.worlds.holdings import name_of
from bot.ports.run import UpdateKind
from bot.repoconfig.globs import matches_name, matches_path
from bot.repoconfig.model import PackageRule, RepoConfig

NON_MAJOR = "non-major"
LOCK_MAINTENANCE = "lock-maintenance"
#: The packages that are one tool: they move together, with everything else that names its version.
TOOLCHAIN = frozenset({"uv", "uv-build"})
_YEARS = range(1980, 2200)
_IGNORED = "ignoreDeps names it"
_TURNED_OFF = "a package rule turns it off"
_PUBLISHED = frozenset({DepType.DEPENDENCIES, DepType.OPTIONAL, DepType.BUILD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Updates that are proposed together. ``key`` ends the branch name; ``name`` is what people read.

    ``single``: the package of a group that was made for one update. ``is_major``: it holds majors alone. Groups with one
    key are the same group.
    """

    key: str
    name: str = field(compare=False)
    single: str | None = field(default=None, compare=False)
    is_major: bool = field(default=False, compare=False)
    labels: tuple[str, ...] = field(default=(), compare=False)


def apart_group(group: Group, package: str) -> Group:
    """For an update that would take something back in its own group."""
    return Group(key=f"{group.key}-{package}", name=package, single=package, labels=group.labels)


class Located(Protocol):
    """What a package rule looks at: a requirement, or another place that names a version (``table`` is ``None`` then)."""

    @property
    def path(self) -> str: ...

    @property
    def table(self) -> DepType | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Why an update is not to be proposed, as a clause, and the group that it would be in."""

    reason: str
    group: Group


Decision: TypeAlias = Group | Rejected


def update_kind(current: Version, new: Version) -> UpdateKind:
    """How far a package moves, by the first release number that differs; the next year is no major."""
    if not is_same_major(current, new):
        return UpdateKind.MAJOR
    return UpdateKind.MINOR if (current.major, current.minor) != (new.major, new.minor) else UpdateKind.PATCH


def is_same_major(one: Version, other: Version) -> bool:
    """Versions that count by years (CalVer) are all of one major."""
    if one.epoch != other.epoch:
        return False
    return one.major == other.major or (is_calendar(one) and is_calendar(other))


def is_calendar(version: Version) -> bool:
    """Whether the first number is a year."""
    return version.major in _YEARS


def may_break(current: Version, new: Version) -> bool:
    """Whether a step inside a major is one that people make before 1.0 when something breaks."""
    return is_same_major(current, new) and current.major == 0 and current.minor != new.minor


def keep_declarations(config: RepoConfig, declarations: Iterable[Declaration]) -> tuple[Declaration, ...]:
    """The requirements that may be updated at all: not ignored by name or path."""
    return tuple(
        declaration
        for declaration in declarations
        if name_of(declaration) not in config.ignore_deps and not is_ignored_path(config, declaration.path)
    )


def is_ignored_path(config: RepoConfig, path: str) -> bool:
    return bool(config.ignore_paths) and matches_path(path, config.ignore_paths)


def find_ignoring_pattern(config: RepoConfig, path: str) -> str | None:
    """The first pattern of ``ignorePaths`` that covers a path."""
    return next((one for one in config.ignore_paths if not one.startswith("!") and matches_path(path, (one,))), None)


def decide_group(config: RepoConfig, name: str, declarations: Sequence[Located], kind: UpdateKind) -> Decision:
    """In which group an update of this kind is proposed."""
    rules = [rule for rule in config.package_rules if any(_matches(rule, name, row, kind) for row in declarations)]
    labels = next((rule.labels for rule in reversed(rules) if rule.labels is not None), config.labels)
    named = next((rule.group_name for rule in reversed(rules) if rule.group_name is not None), None)
    group = _group(config, name, kind, named, labels)
    if name in config.ignore_deps:
        return Rejected(reason=_IGNORED, group=group)
    if next((rule.enabled for rule in reversed(rules) if rule.enabled is not None), True) is False:
        return Rejected(reason=_TURNED_OFF, group=group)
    return group


def decide_indirect(config: RepoConfig, name: str, kind: UpdateKind) -> Rejected | None:
    """Whether an update of a package that no requirement names is forbidden: by rules that name it, not by those for all."""
    group = Group(key=LOCK_MAINTENANCE, name=name)
    if name in config.ignore_deps:
        return Rejected(reason=_IGNORED, group=group)
    rules = [rule for rule in config.package_rules if _names(rule, name, kind)]
    is_off = next((rule.enabled for rule in reversed(rules) if rule.enabled is not None), True) is False
    return Rejected(reason=_TURNED_OFF, group=group) if is_off else None


def _names(rule: PackageRule, name: str, kind: UpdateKind) -> bool:
    """Whether a rule names a package by more than a pattern for everything, whatever file or table requires it."""
    if (
        rule.match_file_names
        or rule.match_dep_types
        or (rule.match_update_types and kind not in rule.match_update_types)
    ):
        return False
    said = [one for one in rule.match_package_names if one.strip("*")]
    return any(not one.startswith("!") for one in said) and matches_name(name, said)


def maintenance_group(config: RepoConfig) -> Group:
    return Group(key=LOCK_MAINTENANCE, name="lock file maintenance", labels=config.labels)


def choose_strategy(config: RepoConfig, declaration: Declaration, *, is_library: bool) -> RangeStrategy:
    """The range strategy of one requirement; never ``auto``.

    Under ``auto`` what a library publishes is only widened; everything else (applications, groups, constraints)
    follows when the new version lies outside. The bounds of uv's own build backend follow everywhere.
    """
    name = name_of(declaration)
    chosen = stated_strategy(config, name, declaration)
    if chosen is not RangeStrategy.AUTO:
        return chosen
    # Who builds with uv writes the bounds that uv itself writes, and nobody's resolution meets them.
    is_toolchain = name in TOOLCHAIN and declaration.table is DepType.BUILD
    is_widened = is_library and declaration.table in _PUBLISHED and not is_toolchain
    return RangeStrategy.WIDEN if is_widened else RangeStrategy.REPLACE


def stated_strategy(config: RepoConfig, name: str, place: Located) -> RangeStrategy:
    """What the configuration says of a place, ``auto`` where it leaves it to lockbot."""
    chosen = config.range_strategy
    for rule in config.package_rules:
        if rule.range_strategy is not None and _matches(rule, name, place, None):
            chosen = rule.range_strategy
    return chosen


def lifts_bounds(config: RepoConfig, declaration: Declaration) -> bool:
    """Whether a rule for its table lets a bound that somebody decided on (a constraint, an override) be rewritten."""
    return any(
        declaration.table in rule.match_dep_types
        and rule.range_strategy not in {None, RangeStrategy.IN_RANGE_ONLY}
        and _matches(rule, name_of(declaration), declaration, None)
        for rule in config.package_rules
    )


def _matches(rule: PackageRule, name: str, declaration: Located, kind: UpdateKind | None) -> bool:
    """Whether all lists of a rule match; a rule for some kinds does not match where the kind is not known."""
    return (
        (not rule.match_package_names or matches_name(name, rule.match_package_names))
        and (not rule.match_update_types or kind in rule.match_update_types)
        and (not rule.match_file_names or matches_path(declaration.path, rule.match_file_names))
        and (not rule.match_dep_types or declaration.table in rule.match_dep_types)
    )


def _group(config: RepoConfig, name: str, kind: UpdateKind, named: str | None, labels: tuple[str, ...]) -> Group:
    is_major = kind is UpdateKind.MAJOR and config.separate_major_minor
    is_patch = kind is UpdateKind.PATCH and config.separate_minor_patch
    if named is not None:
        prefix = "major-" if is_major else "patch-" if is_patch else ""
        name = _spoken(named, is_major=is_major)
        return Group(key=prefix + slug(named), name=name, is_major=is_major, labels=labels)
    name = "uv" if name in TOOLCHAIN else name
    if name in ("uv", "python") and not is_major:
        return Group(key=name, name=name, labels=labels)
    if is_major:
        return Group(key=f"major-{name}", name=name, single=name, is_major=True, labels=labels)
    if is_patch:
        return Group(key="patch", name="patch dependencies", labels=labels)
    if config.separate_major_minor:
        return Group(key=NON_MAJOR, name="non-major dependencies", labels=labels)
    return Group(key="all", name="all dependencies", labels=labels)


def _spoken(named: str, *, is_major: bool) -> str:
    """The name of a group's majors; a name that speaks of majors itself says enough."""
    is_said = any(word in ("major", "majors") for word in re.findall(r"[a-z]+", named.lower()))
    return f"major {named}" if is_major and not is_said else named


def slug(text: str) -> str:
    """The text as the end of a branch name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "group"

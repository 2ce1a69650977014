"""What the configuration says about one update: whether it may be proposed, in which group, written how. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol, TypeAlias

from packaging.version import Version

from bot.manifest.model import Declaration, DepType
from bot.manifest.ranges import RangeStrategy
from bot.plan.worlds.holdings import name_of
from bot.ports.handling import Handling, joined
from bot.ports.run import UpdateKind
from bot.repoconfig.globs import matches_path, matches_text
from bot.repoconfig.matching import (
    PROJECTS,
    Choice,
    Subject,
    Wording,
    choose_maintenance,
    find_rules,
    manager_of,
)
from bot.repoconfig.model import PackageRule, RepoConfig, UpdateType

NON_MAJOR = "non-major"
LOCK_MAINTENANCE = "lock-maintenance"
#: The packages that are one tool: they move together, with everything else that names its version.
TOOLCHAIN = frozenset({"uv", "uv-build"})
_YEARS = range(1980, 2200)
_IGNORED = "ignoreDeps names it"
_TURNED_OFF = "a package rule turns it off"
_PUBLISHED = frozenset({DepType.DEPENDENCIES, DepType.OPTIONAL, DepType.BUILD})
_TYPES = {
    UpdateKind.MAJOR: UpdateType.MAJOR,
    UpdateKind.MINOR: UpdateType.MINOR,
    UpdateKind.PATCH: UpdateType.PATCH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What rules may ask of what a lock holds of a package: its version, how long that has been out, whose it is."""

    current: Version | None = None
    age: timedelta | None = None
    manager: str = PROJECTS


UNKNOWN = Standing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Updates that are proposed together. ``key`` ends the branch name; ``name`` is what people read.

    ``single``: the package of a group that was made for one update. ``is_major``: it holds majors alone; ``step`` the
    major that it ends with, where each is a group. ``schedule`` None: that of the repository. ``is_security``: it leaves
    vulnerabilities, and waits for no schedule but its own. Groups with one key are the same group.
    """

    key: str
    name: str = field(compare=False)
    single: str | None = field(default=None, compare=False)
    is_major: bool = field(default=False, compare=False)
    step: int | None = field(default=None, compare=False)
    labels: tuple[str, ...] = field(default=(), compare=False)
    schedule: tuple[str, ...] | None = field(default=None, compare=False)
    wording: Wording = field(default=Wording(), compare=False)
    draft: bool = field(default=False, compare=False)
    is_security: bool = field(default=False, compare=False)
    handling: Handling = field(default_factory=Handling, compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)


def join_groups(one: Group, other: Group) -> Group:
    """The group as what is said of both parts of it has it."""
    return replace(
        one,
        labels=tuple(dict.fromkeys((*one.labels, *other.labels))),
        draft=one.draft or other.draft,
        handling=joined(one.handling, other.handling),
        notes=tuple(dict.fromkeys((*one.notes, *other.notes))),
    )


def apart_group(group: Group, package: str) -> Group:
    """For an update that would take something back in its own group."""
    return replace(group, key=f"{group.key}-{package}", name=package, single=package, is_major=False)


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
    if config.include_paths and not matches_path(path, config.include_paths):
        return True
    return bool(config.ignore_paths) and matches_path(path, config.ignore_paths)


def find_ignoring_pattern(config: RepoConfig, path: str) -> str | None:
    """The first pattern of ``ignorePaths`` that covers a path."""
    return next((one for one in config.ignore_paths if not one.startswith("!") and matches_path(path, (one,))), None)


def decide_group(
    config: RepoConfig,
    name: str,
    declarations: Sequence[Located],
    kind: UpdateKind,
    standing: Standing = UNKNOWN,
    major: int | None = None,
) -> Decision:
    """In which group an update of this kind is proposed; ``major`` is the one that it leads to."""
    choice = choose(config, name, declarations, kind, standing)
    group = _group(config, name, kind, choice, major)
    if name in config.ignore_deps:
        return Rejected(reason=_IGNORED, group=group)
    return group if choice.is_enabled else Rejected(reason=choice.reason_for_off or _TURNED_OFF, group=group)


def choose(
    config: RepoConfig,
    name: str,
    declarations: Sequence[Located],
    kind: UpdateKind | None,
    standing: Standing = UNKNOWN,
) -> Choice:
    """The options of an update; without declarations those of an indirect package."""
    rows = [_subject(name, kind, standing, row) for row in declarations]
    return Choice(config, find_rules(config, rows or [_subject(name, kind, standing)]))


def _subject(name: str, kind: UpdateKind | None, standing: Standing, row: Located | None = None) -> Subject:
    return Subject(
        name=name,
        manager=standing.manager if row is None else manager_of(row.path),
        path=None if row is None else row.path,
        table=None if row is None else row.table,
        kind=_TYPES.get(kind) if kind is not None else None,
        current=standing.current,
        age=standing.age,
    )


def decide_indirect(config: RepoConfig, name: str, kind: UpdateKind, standing: Standing = UNKNOWN) -> Rejected | None:
    """Whether an update of a package that no requirement names is forbidden: by rules that name it, not by those for all."""
    group = Group(key=LOCK_MAINTENANCE, name=name)
    if name in config.ignore_deps:
        return Rejected(reason=_IGNORED, group=group)
    rules = tuple(rule for rule in choose(config, name, (), kind, standing).rules if _names(rule))
    named = Choice(config, rules)
    return None if named.is_enabled else Rejected(reason=named.reason_for_off or _TURNED_OFF, group=group)


def _names(rule: PackageRule) -> bool:
    """Whether a rule names packages by more than a pattern for everything."""
    return any(one.strip("*") and not one.startswith("!") for one in (*rule.match_package_names, *rule.match_dep_names))


def maintenance_group(config: RepoConfig) -> Group | None:
    """None: locks are not refreshed as a whole."""
    choice = choose_maintenance(config)
    if not choice.is_enabled:
        return None
    return with_choice(Group(key=LOCK_MAINTENANCE, name="lock file maintenance"), choice)


def with_choice(group: Group, choice: Choice) -> Group:
    """With what the options say of its pull request."""
    return replace(
        group,
        labels=choice.labels,
        schedule=choice.own_schedule,
        wording=choice.wording,
        draft=choice.is_draft,
        handling=choice.handling,
        notes=choice.notes,
    )


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
    return choose(config, name, (place,), None).range_strategy


def lifts_bounds(config: RepoConfig, declaration: Declaration) -> bool:
    """Whether a rule for its table lets a bound that somebody decided on (a constraint, an override) be rewritten."""
    return any(
        _names_table(rule, declaration.table) and rule.range_strategy not in {None, RangeStrategy.IN_RANGE_ONLY}
        for rule in choose(config, name_of(declaration), (declaration,), None).rules
    )


def _names_table(rule: PackageRule, table: str) -> bool:
    said = [one for one in rule.match_dep_types if one.strip("*") and not one.startswith("!")]
    return bool(said) and matches_text(table, said)


def _group(config: RepoConfig, name: str, kind: UpdateKind, choice: Choice, major: int | None) -> Group:
    is_major = kind is UpdateKind.MAJOR and choice.separates_major
    is_patch = kind is UpdateKind.PATCH and choice.separates_patch
    step = major if is_major and choice.separates_majors else None
    group = with_choice(Group(key="", name="", step=step), choice)
    if choice.group_name is not None:
        prefix = f"major-{step}-" if step is not None else "major-" if is_major else "patch-" if is_patch else ""
        spoken = _spoken(choice.group_name, is_major=is_major)
        return replace(group, key=prefix + slug(choice.group_slug or choice.group_name), name=spoken, is_major=is_major)
    name = "uv" if name in TOOLCHAIN else name
    if name in ("uv", "python") and not is_major:
        return replace(group, key=name, name=name)
    if is_major:
        key = f"major-{name}" if step is None else f"major-{name}-{step}"
        return replace(group, key=key, name=name, single=name, is_major=True)
    if is_patch:
        return _scheduled(replace(group, key="patch", name="patch dependencies"), config)
    if choice.separates_major:
        return _scheduled(replace(group, key=NON_MAJOR, name="non-major dependencies"), config)
    return _scheduled(replace(group, key="all", name="all dependencies"), config)


def _scheduled(group: Group, config: RepoConfig) -> Group:
    """Of a common group what has a schedule of its own is a group of its own."""
    if group.schedule is None or group.schedule == config.schedule:
        return replace(group, schedule=None)
    said = ", ".join(group.schedule)
    return replace(group, key=f"{group.key}-{slug(said)[:40]}", name=f"{group.name} ({said})")


def _spoken(named: str, *, is_major: bool) -> str:
    """The name of a group's majors; a name that speaks of majors itself says enough."""
    is_said = any(word in ("major", "majors") for word in re.findall(r"[a-z]+", named.lower()))
    return f"major {named}" if is_major and not is_said else named


def slug(text: str) -> str:
    """The text as the end of a branch name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "group"

"""What differs between two locks, package by package, and which direct requirements moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from packaging.version import Version

from bot.lockfile.diff import ChangeKind, LockedEntry, PackageChange, diff_locks
from bot.lockfile.model import GitSource, Lock
from bot.manifest.model import Declaration
from bot.manifest.ranges import find_floor
from bot.markers import TRUE, Marker
from bot.plan.policy import is_same_major, may_break, update_kind
from bot.plan.releases.describe import Shelf
from bot.plan.unit import Unit, declarations_by_name
from bot.plan.worlds.holdings import Holdings, locked_versions, name_of
from bot.ports.run import LockChange, LockChangeKind, UpdateKind, UpdateLine


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementEdit:
    """A requirement that is rewritten, or another version that people wrote, and the comment that stands beside it."""

    path: str
    line: int
    before: str
    after: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitResult:
    """One unit's part of a proposal: its lock before and after, and the declarations whose specifier was rewritten.

    ``not_built`` names packages whose metadata was recorded in their sdist, with the place, or is ``known``; ``kept``
    those that stay as locked because what is newer can't be had, with the reason. ``shelf`` is where more is known of the
    releases.
    """

    unit: Unit
    before: Lock
    after: Lock
    lock_text: str | None
    edited: frozenset[str]
    edits: tuple[RequirementEdit, ...] = ()
    not_built: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    shelf: Shelf | None = field(default=None, compare=False)

    @property
    def writes_lock(self) -> bool:
        return self.unit.lock_path is not None and self.lock_text != self.unit.lock_text

    @property
    def changes(self) -> tuple[PackageChange, ...]:
        """What differs between the two locks, package by package."""
        return diff_locks(self.before, self.after)

    @property
    def indirect_majors(self) -> tuple[Moved, ...]:
        """What nobody of the project named and goes over a major."""
        direct = {name_of(row) for row in self.unit.declarations}
        old, new = locked_versions(self.before), locked_versions(self.after)
        return tuple(
            Moved(name=name, before=versions, after=new[name])
            for name, versions in sorted(old.items())
            if name in new and name not in direct and new[name][-1] > versions[-1]
            if update_kind(versions[-1], new[name][-1]) is UpdateKind.MAJOR
        )

    def locked(self, name: str) -> str:
        """The versions that the lock before holds of a package, or the commit of a git dependency."""
        found = (package for package in self.before.packages if package.name == name)
        return _shown(LockedEntry(version=one.version, source=one.source) for one in found) or "no version"

    @property
    def back(self) -> tuple[Moved, ...]:
        """What the written lock takes to a lower version."""
        return moved_back(self.before, self.after) if self.unit.lock_path is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A package that an update takes to another version; several versions of a fork are joined with ``, ``."""

    name: str
    before: tuple[Version, ...]
    after: tuple[Version, ...]

    @property
    def earlier(self) -> str:
        return _joined(self.before)

    @property
    def later(self) -> str:
        return _joined(self.after)

    @property
    def spoken(self) -> str:
        """``beta back from 2.0 to 1.1``."""
        return f"{self.name} back from {self.earlier} to {self.later}"


def moved_back(before: Lock, after: Lock) -> tuple[Moved, ...]:
    """The packages that are lower in the second lock, in some environment; by name."""
    old, new = locked_versions(before), locked_versions(after)
    return tuple(
        Moved(name=name, before=versions, after=new[name])
        for name, versions in sorted(old.items())
        if name in new and versions != new[name] and _is_lower(name, before, after)
    )


def left_majors(before: Lock, after: Lock) -> tuple[str, ...]:
    """The packages of which the second lock no longer has a version of a major that the first one has."""
    old, new = locked_versions(before), locked_versions(after)
    return tuple(
        name for name, versions in sorted(old.items()) if name in new and not _has_majors_of(versions, new[name])
    )


def _is_lower(name: str, before: Lock, after: Lock) -> bool:
    """As many versions as before are compared in their order; else it is lower where nothing but lower ones are left."""
    olds, news = _entries_of(before, name), _entries_of(after, name)
    if len(olds) == len(news):
        return any(new.version < old.version for old, new in zip(olds, news, strict=True))
    return any(_has_fallen(old, new, news) for old in olds for new in news if new.version < old.version)


def _has_fallen(old: _Entry, new: _Entry, news: Sequence[_Entry]) -> bool:
    here = old.where & new.where
    others = (one for one in news if one.version >= old.version)
    return not here.is_disjoint(TRUE) and all(here.is_disjoint(one.where) for one in others)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    version: Version
    where: Marker


def _entries_of(lock: Lock, name: str) -> Sequence[_Entry]:
    found = [
        _Entry(version=package.version, where=reduce(or_, package.resolution_markers or (TRUE,)))
        for package in lock.packages
        if package.name == name and package.version is not None
    ]
    return sorted(found, key=lambda entry: entry.version)


def lock_changes(result: UnitResult) -> tuple[LockChange, ...]:
    """Every package that differs in the lock, by name; nothing where the unit keeps no lock beside its requirements."""
    if result.unit.lock_path is None or result.unit.is_its_own_lock:
        return ()
    direct = {name_of(declaration) for declaration in result.unit.declarations}
    back = {one.name for one in result.back}
    return tuple(
        LockChange(
            lockfile=result.unit.lock_path,
            package=change.name,
            kind=LockChangeKind(change.kind.value),
            before=_shown(change.old),
            after=_shown(change.new),
            direct=change.name in direct,
            recorded=result.not_built.get(change.name) if change.new else None,
            step=_step_of(change),
            is_back=change.name in back,
        )
        for change in result.changes
        if change.kind is not ChangeKind.CHANGED or _shown(change.old) != _shown(change.new)
    )


def _step_of(change: PackageChange) -> UpdateKind | None:
    old, new = (
        [entry.version for entry in entries if entry.version is not None] for entries in (change.old, change.new)
    )
    return _step(sorted(old), sorted(new)) if old and new and set(old) != set(new) else None


def update_lines(result: UnitResult) -> tuple[UpdateLine, ...]:
    """Every direct requirement that moved in the lock, or whose specifier was rewritten; one line for each file.

    Without a lock nothing is kept of a move that needs no other specifier.
    """
    before, after = _holdings(result, result.before), _holdings(result, result.after)
    lines: dict[tuple[str, str], UpdateLine] = {}
    for name, rows in declarations_by_name(result.unit.declarations).items():
        old, new = before.versions.get(name), after.versions.get(name)
        moved = old != new and result.unit.lock_path is not None
        if new is None or not (moved or name in result.edited):
            continue
        if result.unit.lock_path is None and old == new:
            old = _stated(rows)
        kind = _kind([(before.at(row), after.at(row)) for row in rows], old, new)
        for row in rows:
            lines[name, row.path] = UpdateLine(
                package=name,
                kind=kind,
                before=_joined(old) if old else None,
                after=_joined(new),
                manifest=row.path,
                may_break=old is not None and may_break(old[-1], new[-1]),
            )
    return tuple(lines.values())


def indirect_line(result: UnitResult, package: str) -> UpdateLine | None:
    """The same of a package that no requirement names, in the lock; ``None`` where one does, or where it does not move."""
    old, new = locked_versions(result.before).get(package), locked_versions(result.after).get(package)
    is_direct = any(name_of(row) == package for row in result.unit.declarations)
    if is_direct or old is None or new is None or old == new or result.unit.lock_path is None:
        return None
    return UpdateLine(
        package=package,
        kind=_step(old, new),
        before=_joined(old),
        after=_joined(new),
        manifest=result.unit.lock_path,
        may_break=may_break(old[-1], new[-1]),
    )


def _stated(rows: Sequence[Declaration]) -> tuple[Version, ...] | None:
    """What requirements begin with, where there is no lock to say what is used."""
    floors = [floor for row in rows if (floor := find_floor(row.requirement.specifier)) is not None]
    return (min(floors),) if floors else None


def _holdings(result: UnitResult, lock: Lock) -> Holdings:
    return Holdings(lock=lock, folder=result.unit.folder)


def _kind(
    moves: Sequence[tuple[Sequence[Version], Sequence[Version]]],
    old: Sequence[Version] | None,
    new: Sequence[Version],
) -> UpdateKind:
    """The longest of the steps that its requirements make where they are active."""
    if old is None:
        return UpdateKind.PIN if any(before for before, _ in moves) else UpdateKind.LOCK
    steps = {_step(before, after) for before, after in moves if before and after and before != after}
    found = next((kind for kind in (UpdateKind.MAJOR, UpdateKind.MINOR, UpdateKind.PATCH) if kind in steps), None)
    return found or (UpdateKind.PIN if old == new else _step(old, new))


def _step(old: Sequence[Version], new: Sequence[Version]) -> UpdateKind:
    """By the highest; a lower fork that leaves its major behind is a major step, too."""
    return update_kind(old[-1], new[-1]) if _has_majors_of(old, new) else UpdateKind.MAJOR


def _has_majors_of(old: Sequence[Version], new: Sequence[Version]) -> bool:
    """Whether every major of the old versions is still there."""
    return all(any(is_same_major(one, other) for other in new) for one in old)


def _joined(versions: Iterable[Version]) -> str:
    return ", ".join(map(str, versions))


def _shown(entries: Iterable[LockedEntry]) -> str | None:
    """All versions of a name, each with the commit of a git dependency: that can move alone."""
    texts = [_entry(entry) for entry in entries]
    return ", ".join(texts) or None


def _entry(entry: LockedEntry) -> str:
    version = str(entry.version) if entry.version is not None else "dynamic"
    return f"{version} ({entry.source.commit[:12]})" if isinstance(entry.source, GitSource) else version

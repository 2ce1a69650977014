"""What differs between two locks, package by package, and which direct requirements moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.version import Version

from bot.lockfile.model import GitSource, Lock, Package
from bot.plan.policy import update_type
from bot.plan.unit import Unit, declarations_by_name, locked_versions, name_of
from bot.ports import LockChange, LockChangeKind, UpdateKind, UpdateLine
from bot.repoconfig.model import UpdateType

_KINDS: Mapping[UpdateType, UpdateKind] = {
    UpdateType.MAJOR: UpdateKind.MAJOR,
    UpdateType.MINOR: UpdateKind.MINOR,
    UpdateType.PATCH: UpdateKind.PATCH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitResult:
    """One unit's part of a proposal: its lock before and after, and the declarations whose specifier was rewritten."""

    unit: Unit
    before: Lock
    after: Lock
    lock_text: str | None
    edited: frozenset[str]


def lock_changes(result: UnitResult) -> tuple[LockChange, ...]:
    """Every package whose versions differ, by name; nothing where the unit keeps no lock."""
    if result.unit.lock_path is None:
        return ()
    before, after = _shown_versions(result.before), _shown_versions(result.after)
    direct = {name_of(declaration) for declaration in result.unit.declarations}
    changes = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old != new:
            kind = (
                LockChangeKind.ADDED
                if old is None
                else LockChangeKind.REMOVED
                if new is None
                else LockChangeKind.CHANGED
            )
            row = LockChange(
                lockfile=result.unit.lock_path, package=name, kind=kind, before=old, after=new, direct=name in direct
            )
            changes.append(row)
    return tuple(changes)


def update_lines(result: UnitResult) -> tuple[UpdateLine, ...]:
    """Every direct requirement that moved in the lock, or whose specifier was rewritten; one line for each file.

    Without a lock nothing is kept of a move that needs no other specifier.
    """
    before, after = locked_versions(result.before), locked_versions(result.after)
    lines: dict[tuple[str, str], UpdateLine] = {}
    for name, rows in declarations_by_name(result.unit.declarations).items():
        old, new = before.get(name), after.get(name)
        moved = old != new and result.unit.lock_path is not None
        if new is None or not (moved or name in result.edited):
            continue
        for row in rows:
            lines[name, row.path] = _line(name, old, new, row.path)
    return tuple(lines.values())


def _line(name: str, old: tuple[Version, ...] | None, new: tuple[Version, ...], manifest: str) -> UpdateLine:
    kind = UpdateKind.LOCK if old is None else UpdateKind.PIN if old == new else _KINDS[update_type(old[-1], new[-1])]
    before = _joined(old) if old else None
    return UpdateLine(package=name, kind=kind, before=before, after=_joined(new), manifest=manifest)


def _joined(versions: Iterable[Version]) -> str:
    return ", ".join(map(str, versions))


def _shown_versions(lock: Lock) -> Mapping[str, str]:
    found: dict[str, list[Package]] = {}
    for package in lock.packages:
        found.setdefault(package.name, []).append(package)
    return {name: ", ".join(_shown(package) for package in packages) for name, packages in found.items()}


def _shown(package: Package) -> str:
    """The version, with the commit of a git dependency: it can move alone."""
    version = str(package.version) if package.version is not None else "dynamic"
    return f"{version} ({package.source.commit[:12]})" if isinstance(package.source, GitSource) else version

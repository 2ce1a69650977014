"""What differs between two locks, package by package, and which direct requirements moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from bot.lockfile.diff import ChangeKind, LockedEntry, PackageChange, diff_locks
from bot.lockfile.model import GitSource, Lock
from bot.plan.policy import update_kind
from bot.plan.unit import Unit, declarations_by_name, locked_versions, name_of
from bot.ports.run import LockChange, LockChangeKind, UpdateKind, UpdateLine


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitResult:
    """One unit's part of a proposal: its lock before and after, and the declarations whose specifier was rewritten.

    ``not_built`` names packages whose metadata was recorded in their sdist, with the place, or is ``known``.
    """

    unit: Unit
    before: Lock
    after: Lock
    lock_text: str | None
    edited: frozenset[str]
    not_built: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes_lock(self) -> bool:
        return self.unit.lock_path is not None and self.lock_text != self.unit.lock_text

    @property
    def changes(self) -> tuple[PackageChange, ...]:
        """What differs between the two locks, package by package."""
        return diff_locks(self.before, self.after)


def lock_changes(result: UnitResult) -> tuple[LockChange, ...]:
    """Every package that differs in the lock, by name; nothing where the unit keeps no lock."""
    if result.unit.lock_path is None:
        return ()
    direct = {name_of(declaration) for declaration in result.unit.declarations}
    return tuple(
        LockChange(
            lockfile=result.unit.lock_path,
            package=change.name,
            kind=LockChangeKind(change.kind.value),
            before=_shown(change.old),
            after=_shown(change.new),
            direct=change.name in direct,
            recorded=result.not_built.get(change.name) if change.new else None,
        )
        for change in result.changes
        if change.kind is not ChangeKind.CHANGED or _shown(change.old) != _shown(change.new)
    )


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
    kind = UpdateKind.LOCK if old is None else UpdateKind.PIN if old == new else update_kind(old[-1], new[-1])
    before = _joined(old) if old else None
    return UpdateLine(package=name, kind=kind, before=before, after=_joined(new), manifest=manifest)


def _joined(versions: Iterable[Version]) -> str:
    return ", ".join(map(str, versions))


def _shown(entries: Iterable[LockedEntry]) -> str | None:
    """All versions of a name, each with the commit of a git dependency: that can move alone."""
    texts = [_entry(entry) for entry in entries]
    return ", ".join(texts) or None


def _entry(entry: LockedEntry) -> str:
    version = str(entry.version) if entry.version is not None else "dynamic"
    return f"{version} ({entry.source.commit[:12]})" if isinstance(entry.source, GitSource) else version

"""What a lock holds where: for every requirement, the versions in the places where it is active.

With declared conflicts (extras, groups, projects) and with markers one lock holds several versions of a package side by
side. A requirement is judged by those that it has a say in, not by the highest of all.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.lockfile.graph import own_packages, packages_by_name
from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    Dependency,
    DirectorySource,
    EditableSource,
    Lock,
    Package,
    RegistrySource,
    VirtualSource,
)
from bot.manifest.model import Declaration, DepType
from bot.manifest.requirement import parse_requirement
from bot.markers import TRUE, Marker, any_of

#: The versions of every package that a lock takes from an index, ascending; several where forks differ.
LockedVersions: TypeAlias = Mapping[str, tuple[Version, ...]]

_MANY = frozenset(
    {
        DepType.CONSTRAINT,
        DepType.OVERRIDE,
        DepType.BUILD_CONSTRAINT,
        DepType.BUILD,
        DepType.REQUIREMENTS,
        DepType.CONSTRAINTS,
    }
)


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """The versions of one lock, by package and by requirement; ``folder`` is the lock's."""

    lock: Lock = field(repr=False)
    folder: str

    @cached_property
    def versions(self) -> LockedVersions:
        """Of every package that comes from an index."""
        return locked_versions(self.lock)

    def at(self, row: Declaration) -> tuple[Version, ...]:
        """Ascending; empty where the requirement is active nowhere, or its package comes from no index."""
        member = self._member(row)
        if member is None or row.table in _MANY:
            return self._anywhere(row)
        marker = marker_of(row)
        return _versions(edge for edge in _edges(member, row) if not edge.marker.is_disjoint(marker))

    def side_of(self, row: Declaration) -> ConflictItem | None:
        """The side of a declared conflict that a requirement stands on."""
        member = self._member(row)
        if member is None:
            return None
        items = (_item(member.name, row), ConflictItem(package=member.name, kind=ConflictKind.PROJECT))
        return next((item for item in items if item in self._sides), None)

    def exclude_each_other(self, one: Declaration, other: Declaration) -> bool:
        """Whether a declared conflict keeps two requirements from ever being active together."""
        pair = {self.side_of(one), self.side_of(other)}
        return None not in pair and len(pair) > 1 and any(pair <= set(found) for found in self.lock.conflicts)

    def forks_of(self, name: str, versions: Collection[Version]) -> Marker:
        """Where the lock has these versions of a package."""
        found = (one for one in self._packages.get(name, ()) if one.version in versions)
        return any_of(any_of(one.resolution_markers) if one.resolution_markers else TRUE for one in found)

    # --- places ---

    @cached_property
    def _sides(self) -> frozenset[ConflictItem]:
        return frozenset(item for found in self.lock.conflicts for item in found)

    @cached_property
    def _members(self) -> Mapping[str, Package]:
        """The lock's own packages by their folder in the repository."""
        found = {}
        for package in own_packages(self.lock):
            if isinstance(package.source, EditableSource | VirtualSource | DirectorySource):
                found[posixpath.normpath(posixpath.join(self.folder, package.source.path))] = package
        return found

    def _member(self, row: Declaration) -> Package | None:
        return self._members.get(posixpath.dirname(row.path) or ".")

    @cached_property
    def _packages(self) -> Mapping[str, tuple[Package, ...]]:
        return packages_by_name(self.lock)

    def _anywhere(self, row: Declaration) -> tuple[Version, ...]:
        """Of forks, those that the requirement's marker meets."""
        marker = marker_of(row)
        found = self._packages.get(name_of(row), ())
        return _versions(one for one in found if _meets(one.resolution_markers, marker))


def marker_of(row: Declaration) -> Marker:
    return parse_requirement(row.text).marker


def _meets(forks: tuple[Marker, ...], marker: Marker) -> bool:
    return not forks or not all(fork.is_disjoint(marker) for fork in forks)


def _edges(member: Package, row: Declaration) -> Iterable[Dependency]:
    """The edges that the requirement has a part in: those of its name in its table."""
    group = canonicalize_name(row.group or "dev")
    match row.table:
        case DepType.OPTIONAL:
            edges = member.optional_dependencies.get(group, ())
        case DepType.GROUP | DepType.DEV:
            edges = member.dev_dependencies.get(group, ())
        case _:
            edges = member.dependencies
    return (edge for edge in edges if edge.name == name_of(row))


def _item(member: str, row: Declaration) -> ConflictItem:
    group = canonicalize_name(row.group or "dev")
    kind = ConflictKind.EXTRA if row.table is DepType.OPTIONAL else ConflictKind.GROUP
    return ConflictItem(package=member, kind=kind, name=group)


def _versions(found: Iterable[Package | Dependency]) -> tuple[Version, ...]:
    registry = (one for one in found if isinstance(one.source, RegistrySource))
    return tuple(sorted({one.version for one in registry if one.version is not None}))


def name_of(declaration: Declaration) -> str:
    """The normalized package name."""
    return normal_name(declaration.requirement.name)


def normal_name(written: str) -> str:
    """A package's name as locks have it."""
    return canonicalize_name(written)


def locked_versions(lock: Lock) -> LockedVersions:
    found: dict[str, set[Version]] = {}
    for package in lock.packages:
        if isinstance(package.source, RegistrySource) and package.version is not None:
            found.setdefault(package.name, set()).add(package.version)
    return {name: tuple(sorted(versions)) for name, versions in found.items()}

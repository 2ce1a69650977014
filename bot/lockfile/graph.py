"""Who requires what in a lock: entries by name, their edges, what is reached from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from packaging.version import Version

from bot.lockfile.model import Dependency, DirectorySource, EditableSource, Lock, Package, Source, VirtualSource

#: What tells one entry from another; edges carry the same three.
PackageId: TypeAlias = tuple[str, Version | None, Source]


def id_of(package: Package | Dependency) -> PackageId:
    return (package.name, package.version, package.source)


def all_edges(package: Package) -> Iterator[Dependency]:
    """The edges of the package, of its extras and of its groups."""
    yield from package.dependencies
    for edges in package.optional_dependencies.values():
        yield from edges
    for edges in package.dev_dependencies.values():
        yield from edges


def packages_by_name(lock: Lock) -> Mapping[str, tuple[Package, ...]]:
    """All entries of each name, in the lock's order."""
    found: dict[str, list[Package]] = {}
    for package in lock.packages:
        found.setdefault(package.name, []).append(package)
    return {name: tuple(packages) for name, packages in found.items()}


def parents_by_name(lock: Lock) -> Mapping[str, tuple[str, ...]]:
    """For every name, the names of the packages with an edge to it, sorted; a package is not its own parent."""
    found: dict[str, set[str]] = {package.name: set() for package in lock.packages}
    for package in lock.packages:
        for edge in all_edges(package):
            if edge.name != package.name:
                found.setdefault(edge.name, set()).add(package.name)
    return {name: tuple(sorted(parents)) for name, parents in found.items()}


def own_packages(lock: Lock) -> tuple[Package, ...]:
    """The entries of the project itself: the workspace members, or the single project at the lock's folder."""
    members = frozenset(lock.manifest.members)
    return tuple(
        package
        for package in lock.packages
        if isinstance(package.source, EditableSource | VirtualSource | DirectorySource)
        and (package.name in members or (not members and package.source.path == "."))
    )


def root_names(lock: Lock) -> frozenset[str]:
    """Names that the request itself asks for: members, and the requirements of a script or of a root's own groups."""
    manifest = lock.manifest
    asked = {row.name for row in manifest.requirements}
    asked.update(row.name for rows in manifest.dependency_groups.values() for row in rows)
    asked.update(package.name for package in own_packages(lock))
    return frozenset(asked)

"""The packages of an export, whatever its format: each with where it is needed and what requires it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.export.graph import walk
from bot.export.reachability import reachability
from bot.export.selection import Emitted
from bot.export.target import Target
from bot.lockfile.graph import PackageId, id_of
from bot.lockfile.model import Package, VirtualSource
from bot.lockfile.order import Key, package_key
from bot.markers import Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedPackage:
    package: Package
    marker: Marker
    dependents: tuple[str, ...] = ()


def exported_packages(
    target: Target, emitted: Emitted, prune: Iterable[str], *, with_virtual: bool = False
) -> Sequence[ExportedPackage]:
    """In the lock's own order; raises ``InputError`` where the lock can't say where a package is needed."""
    graph = walk(target, prune)
    members = frozenset(target.lock.manifest.members)
    wanted = [
        package
        for package in graph.packages
        if (with_virtual or not isinstance(package.source, VirtualSource))
        and emitted.includes(package, target.name, members)
    ]
    found = reachability(graph, target.lock.conflicts, wanted)
    dependents: dict[PackageId, set[str]] = {}
    for edge in graph.edges:
        if edge.source is not None:
            dependents.setdefault(id_of(edge.target), set()).add(edge.source.name)
    return [
        ExportedPackage(package=package, marker=marker, dependents=tuple(sorted(dependents.get(id_of(package), ()))))
        for package in sorted(wanted, key=key_of)
        for marker in (found[id_of(package)],)
        if not marker.is_false
    ]


def key_of(package: Package) -> Key:
    return package_key(package.name, package.version, package.source)

"""Whether two locks say the same: what decides if a lock file is written at all (spec 7.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.lockfile.model import Dependency, Lock, LockOptions, Manifest, Package, PackageMetadata, Requirement
from bot.lockfile.order import (
    Key,
    conflict_item_key,
    dependency_metadata_key,
    exclude_key,
    override_key,
    package_key,
    sorted_requirements,
    sorted_set,
)
from bot.markers import Marker, sort_key
from bot.pep440 import parse_specifiers
from bot.resolver.assembly.environment import lock_environment
from bot.resolver.assembly.manifest import recorded_cutoff
from bot.values import replace


def is_same_lock(old: Lock, new: Lock) -> bool:
    """Whether ``old`` differs from ``new`` in layout, order and spelling at most; the revision counts."""
    if parse_specifiers(old.requires_python) != parse_specifiers(new.requires_python):
        return False
    # Most locks that differ do so in what they pin; the long comparison is for those that do not.
    if {(one.name, one.version) for one in old.packages} != {(one.name, one.version) for one in new.packages}:
        return False
    return comparable_lock(replace(old, requires_python=new.requires_python)) == comparable_lock(new)


def comparable_lock(lock: Lock) -> Lock:
    """The lock with everything sorted and every edge marker within the lock's environment; not fit for writing."""
    environment = lock_environment(lock)
    packages = [_package(package, environment) for package in lock.packages]
    packages.sort(key=lambda package: package_key(package.name, package.version, package.source))
    return replace(
        lock,
        conflicts=tuple(tuple(sorted(items, key=conflict_item_key)) for items in lock.conflicts),
        options=comparable_options(lock.options),
        manifest=_manifest(lock.manifest),
        packages=tuple(packages),
    )


def comparable_options(options: LockOptions) -> LockOptions:
    """The options without the dates that were worked out from spans."""
    packages = {name: recorded_cutoff(cutoff) for name, cutoff in options.exclude_newer_package.items()}
    return replace(options, exclude_newer=recorded_cutoff(options.exclude_newer), exclude_newer_package=packages)


def _groups(groups: Mapping[str, Sequence[Requirement]]) -> dict[str, tuple[Requirement, ...]]:
    return {name: sorted_requirements(rows) for name, rows in groups.items()}


def _manifest(manifest: Manifest) -> Manifest:
    return replace(
        manifest,
        members=tuple(sorted(set(manifest.members))),
        requirements=sorted_requirements(manifest.requirements),
        constraints=sorted_requirements(manifest.constraints),
        overrides=sorted_set(manifest.overrides, override_key),
        excludes=sorted_set(manifest.excludes, exclude_key),
        build_constraints=sorted_requirements(manifest.build_constraints),
        dependency_groups=_groups(manifest.dependency_groups),
        dependency_metadata=sorted_set(manifest.dependency_metadata, dependency_metadata_key),
    )


def _package(package: Package, environment: Marker) -> Package:
    metadata = package.metadata
    return replace(
        package,
        dependencies=_edges(package.dependencies, environment),
        optional_dependencies={
            name: _edges(edges, environment) for name, edges in package.optional_dependencies.items()
        },
        dev_dependencies={name: _edges(edges, environment) for name, edges in package.dev_dependencies.items()},
        metadata=PackageMetadata(
            requires_dist=sorted_requirements(metadata.requires_dist),
            requires_dev=_groups(metadata.requires_dev),
            provides_extras=metadata.provides_extras,
        ),
    )


def _edges(edges: Sequence[Dependency], environment: Marker) -> tuple[Dependency, ...]:
    full = (replace(edge, extras=tuple(sorted(set(edge.extras))), marker=edge.marker & environment) for edge in edges)
    return tuple(sorted(full, key=_edge_key))


def _edge_key(edge: Dependency) -> Key:
    return (package_key(edge.name, edge.version, edge.source), edge.extras, sort_key(edge.marker))

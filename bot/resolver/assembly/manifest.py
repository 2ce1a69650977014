"""What a lock records of the request itself: options and manifest tables (spec 6.3 and 6.4)."""

from __future__ import annotations

from bot.lockfile.model import Cutoff, DefaultGroups, LockOptions, Manifest, PackageCutoff, PackageMetadata
from bot.lockfile.order import (
    dependency_metadata_key,
    exclude_key,
    override_key,
    sorted_requirements,
    sorted_set,
)
from bot.resolver.model.request import (
    ForkStrategy,
    LockRequest,
    PrereleaseMode,
    ResolutionMode,
    ResolverOptions,
    TreeMetadata,
)

#: Written in place of a date where the cutoff is relative: the date would change with every run.
PLACEHOLDER_DATE = "0001-01-01T00:00:00Z"

_DEFAULT_PRERELEASES = (PrereleaseMode.IF_NECESSARY, PrereleaseMode.IF_NECESSARY_OR_EXPLICIT)


def lock_options(options: ResolverOptions) -> LockOptions:
    """The options as recorded: only what differs from the defaults."""
    mode, strategy = options.resolution, options.fork_strategy
    return LockOptions(
        resolution_mode=None if mode is ResolutionMode.HIGHEST else mode.value,
        prerelease_mode=None if options.prerelease in _DEFAULT_PRERELEASES else options.prerelease.value,
        fork_strategy=None if strategy is ForkStrategy.REQUIRES_PYTHON else strategy.value,
        minimum_libc_version=dict(sorted(options.minimum_libc_version.items())),
        exclude_newer=recorded_cutoff(options.exclude_newer),
        prerelease_package={name: mode.value for name, mode in sorted(options.prerelease_package.items())},
        exclude_newer_package={
            name: recorded_cutoff(cutoff) for name, cutoff in sorted(options.exclude_newer_package.items())
        },
    )


def recorded_cutoff(cutoff: PackageCutoff) -> PackageCutoff:
    if cutoff is None or cutoff.span is None:
        return cutoff
    return Cutoff(timestamp=PLACEHOLDER_DATE, span=cutoff.span)


def recorded_default_groups(groups: DefaultGroups | None) -> DefaultGroups | None:
    """``None`` for the default, which is ``dev`` alone."""
    if groups is None or isinstance(groups, str):
        return groups
    chosen = tuple(sorted(set(groups)))
    return None if chosen == ("dev",) else chosen


def lock_manifest(request: LockRequest) -> Manifest:
    members = tuple(sorted(member.metadata.name for member in request.members))
    if len(members) == 1 and request.project is not None:
        members = ()
    return Manifest(
        members=members,
        default_groups=recorded_default_groups(request.default_groups),
        requirements=sorted_requirements(request.requirements),
        constraints=sorted_requirements(request.constraints),
        overrides=sorted_set(request.overrides, override_key),
        excludes=sorted_set(request.excludes, exclude_key),
        build_constraints=sorted_requirements(request.build_constraints),
        dependency_groups={
            name: sorted_requirements(requirements) for name, requirements in sorted(request.dependency_groups.items())
        },
        group_requires_python=dict(sorted(request.group_requires_python.items())),
        dependency_metadata=sorted_set(request.dependency_metadata, dependency_metadata_key),
    )


def package_metadata(tree: TreeMetadata) -> PackageMetadata:
    """What a mutable package states, as its entry repeats it (spec 6.6)."""
    return PackageMetadata(
        requires_dist=sorted_requirements(tree.requires_dist),
        requires_dev={name: sorted_requirements(rows) for name, rows in sorted(tree.groups.items())},
        provides_extras=tree.provides_extras,
    )

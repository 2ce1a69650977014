"""What a lock records of the request itself: options and manifest tables (spec 6.3 and 6.4)."""

from __future__ import annotations

from collections.abc import Iterable

from bot.lockfile.model import (
    Cutoff,
    DefaultGroups,
    Exclude,
    Lock,
    LockOptions,
    Manifest,
    Override,
    PackageCutoff,
    PackageMetadata,
    Requirement,
)
from bot.lockfile.order import (
    dependency_metadata_key,
    exclude_key,
    override_key,
    sorted_requirements,
    sorted_set,
)
from bot.resolver.assembly.pruning import without_idle_cutoffs, without_idle_settings
from bot.resolver.assembly.tidying import tidy_constraints, tidy_excludes, tidy_overrides, tidy_requirements
from bot.resolver.model.lookups import Lookups
from bot.resolver.model.request import (
    Experiment,
    ForkStrategy,
    LockRequest,
    PrereleaseMode,
    ResolutionMode,
    ResolverOptions,
    TreeMetadata,
)
from bot.values import replace

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


class _Tables:
    """How tables are written under the experiments that are tried."""

    def __init__(self, options: ResolverOptions) -> None:
        self._tidies = Experiment.NORMALIZATION in options.experiments
        self.prunes = Experiment.INPUTS in options.experiments

    def requirements(self, rows: Iterable[Requirement]) -> tuple[Requirement, ...]:
        return sorted_requirements(tidy_requirements(rows) if self._tidies else rows)

    def constraints(self, rows: Iterable[Requirement]) -> tuple[Requirement, ...]:
        return sorted_requirements(tidy_constraints(rows) if self._tidies else rows)

    def overrides(self, rows: Iterable[Override]) -> Iterable[Override]:
        return tidy_overrides(rows) if self._tidies else rows

    def excludes(self, rows: Iterable[Exclude]) -> Iterable[Exclude]:
        return tidy_excludes(rows) if self._tidies else rows


def as_tried(lock: Lock, options: ResolverOptions, lookups: Lookups | None) -> Lock:
    """The lock without what experiments leave out."""
    if lookups is not None:
        lock = without_idle_settings(lock, lookups)
        return replace(
            lock, manifest=replace(lock.manifest, constraints=_Tables(options).constraints(lock.manifest.constraints))
        )
    return without_idle_cutoffs(lock) if Experiment.CUTOFFS in options.experiments else lock


def lock_manifest(request: LockRequest) -> Manifest:
    """The manifest tables as recorded; constraints are tidied later where some are to be left out."""
    tables = _Tables(request.options)
    members = tuple(sorted(member.metadata.name for member in request.members))
    if len(members) == 1 and request.project is not None:
        members = ()
    return Manifest(
        members=members,
        default_groups=recorded_default_groups(request.default_groups),
        requirements=tables.requirements(request.requirements),
        constraints=sorted_requirements(request.constraints)
        if tables.prunes
        else tables.constraints(request.constraints),
        overrides=sorted_set(tables.overrides(request.overrides), override_key),
        excludes=sorted_set(tables.excludes(request.excludes), exclude_key),
        build_constraints=sorted_requirements(request.build_constraints),
        dependency_groups={
            name: tables.requirements(requirements) for name, requirements in sorted(request.dependency_groups.items())
        },
        group_requires_python=dict(sorted(request.group_requires_python.items())),
        dependency_metadata=sorted_set(request.dependency_metadata, dependency_metadata_key),
    )


def package_metadata(tree: TreeMetadata, options: ResolverOptions) -> PackageMetadata:
    """What a mutable package states, as its entry repeats it (spec 6.6)."""
    tables = _Tables(options)
    return PackageMetadata(
        requires_dist=tables.requirements(tree.requires_dist),
        requires_dev={name: tables.requirements(rows) for name, rows in sorted(tree.groups.items())},
        provides_extras=tree.provides_extras,
    )

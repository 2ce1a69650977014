"""Requests that ask "what if": the same request with other specifiers for some packages, or with bounds for one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import Override, RegistryRequirement, Requirement, ScopedOverride
from bot.markers import TRUE
from bot.resolver.model.request import LockRequest, Member, Upgrade

Windows = Mapping[str, SpecifierSet]


def with_windows(request: LockRequest, windows: Windows) -> LockRequest:
    """Every requirement (in any table) of these packages gets its window in place of its specifier."""
    if not windows:
        return request
    return replace(
        request,
        members=tuple(_member(member, windows) for member in request.members),
        requirements=_each(request.requirements, windows),
        dependency_groups=_groups(request.dependency_groups, windows),
        constraints=_each(request.constraints, windows),
        overrides=tuple(_override(override, windows) for override in request.overrides),
    )


def with_upgrade(request: LockRequest, names: Iterable[str], bounds: Windows) -> LockRequest:
    """These packages may leave the lock's versions; ``bounds`` hold for this run only."""
    return replace(request, upgrade=Upgrade(packages=frozenset(names), constraints=_constraints(bounds)))


def with_everything_upgraded(request: LockRequest, locked: Iterable[str], bounds: Windows) -> LockRequest:
    """Every package may; they are named too, so that nothing is preferred where the old lock's forks are kept."""
    upgrade = Upgrade(everything=True, packages=frozenset(locked), constraints=_constraints(bounds))
    return replace(request, upgrade=upgrade)


def _constraints(bounds: Windows) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(name=name, marker=TRUE, source=RegistryRequirement(specifier=bound))
        for name, bound in sorted(bounds.items())
    )


def registry_specifiers(request: LockRequest) -> Mapping[str, tuple[RegistryRequirement, ...]]:
    """The sources of every package that all its requirements take from an index; others are left out."""
    found: dict[str, list[RegistryRequirement]] = {}
    elsewhere = {name for member in request.members for name in (member.metadata.name,)}
    for requirement in _all_requirements(request):
        if isinstance(requirement.source, RegistryRequirement):
            found.setdefault(requirement.name, []).append(requirement.source)
        else:
            elsewhere.add(requirement.name)
    return {name: tuple(sources) for name, sources in found.items() if name not in elsewhere}


def floor_window(floor: Version, specifiers: Iterable[SpecifierSet], below: str | None = None) -> SpecifierSet:
    """From ``floor`` up to (not including) ``below``; what the specifiers exclude by ``!=`` stays out."""
    excluded = [str(part) for specifier in specifiers for part in specifier if part.operator == "!="]
    parts = [f">={floor.public}", *([f"<{below}"] if below else []), *sorted(set(excluded))]
    return SpecifierSet(",".join(parts))


def next_major(version: Version) -> str:
    return f"{version.epoch}!{version.major + 1}" if version.epoch else str(version.major + 1)


def _all_requirements(request: LockRequest) -> Iterable[Requirement]:
    yield from request.direct_requirements()
    yield from request.constraints
    for override in request.overrides:
        if isinstance(override, Requirement):
            yield override


def _one(requirement: Requirement, windows: Windows) -> Requirement:
    window = windows.get(requirement.name)
    if window is None or not isinstance(requirement.source, RegistryRequirement):
        return requirement
    return replace(requirement, source=replace(requirement.source, specifier=window))


def _each(requirements: Iterable[Requirement], windows: Windows) -> tuple[Requirement, ...]:
    return tuple(_one(requirement, windows) for requirement in requirements)


def _groups(groups: Mapping[str, tuple[Requirement, ...]], windows: Windows) -> dict[str, tuple[Requirement, ...]]:
    return {name: _each(requirements, windows) for name, requirements in groups.items()}


def _member(member: Member, windows: Windows) -> Member:
    metadata = member.metadata
    widened = replace(
        metadata, requires_dist=_each(metadata.requires_dist, windows), groups=_groups(metadata.groups, windows)
    )
    return replace(member, metadata=widened)


def _override(override: Override, windows: Windows) -> Override:
    if isinstance(override, ScopedOverride):
        return replace(override, dependencies=_each(override.dependencies, windows))
    return _one(override, windows)

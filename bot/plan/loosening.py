"""Requests that ask "what if": the same request with other specifiers for some packages, or with bounds for one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.lockfile.model import Override, RegistryRequirement, Requirement, ScopedOverride
from bot.markers import TRUE
from bot.plan.policy import is_calendar
from bot.resolver.model.request import LockRequest, Member, Upgrade

#: By package name.
Specifiers: TypeAlias = Mapping[str, SpecifierSet]

#: What stands in place of a requirement's specifier, by package and the specifier that is written.
Loosened: TypeAlias = Mapping[tuple[str, SpecifierSet], SpecifierSet]


def with_specifiers(request: LockRequest, specifiers: Loosened) -> LockRequest:
    """Every requirement (in any table) of these packages and specifiers gets another specifier."""
    if not specifiers:
        return request
    return replace(
        request,
        members=tuple(_member(member, specifiers) for member in request.members),
        requirements=_each(request.requirements, specifiers),
        dependency_groups=_groups(request.dependency_groups, specifiers),
        constraints=_each(request.constraints, specifiers),
        overrides=tuple(_override(override, specifiers) for override in request.overrides),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What holds for one question only, by package; ``told`` says why, where an explanation would name a bound. ``forked``
    are bounds that hold in some forks alone."""

    specifiers: Specifiers
    told: Mapping[str, str]
    forked: tuple[Requirement, ...] = ()


def with_upgrade(request: LockRequest, names: Iterable[str], bounds: Bounds) -> LockRequest:
    """These packages may leave the lock's versions."""
    constraints = (*_constraints(bounds.specifiers), *bounds.forked)
    return replace(
        request, upgrade=Upgrade(packages=frozenset(names), constraints=constraints, told=tuple(bounds.told.items()))
    )


def with_everything_upgraded(
    request: LockRequest, locked: Iterable[str], kept: Iterable[str], bounds: Bounds
) -> LockRequest:
    """Every package may but ``kept``; they are named too, so that nothing is preferred where the old lock's forks are."""
    upgrade = Upgrade(
        everything=True,
        packages=frozenset(locked) - frozenset(kept),
        kept=frozenset(kept),
        constraints=(*_constraints(bounds.specifiers), *bounds.forked),
        told=tuple(bounds.told.items()),
    )
    return replace(request, upgrade=upgrade)


def registry_sources(request: LockRequest) -> Mapping[str, tuple[RegistryRequirement, ...]]:
    """The sources of every package that all its requirements take from an index; others are left out."""
    found: dict[str, list[RegistryRequirement]] = {}
    elsewhere = {name for member in request.members for name in (member.metadata.name,)}
    for requirement in _all_requirements(request):
        if isinstance(requirement.source, RegistryRequirement):
            found.setdefault(requirement.name, []).append(requirement.source)
        else:
            elsewhere.add(requirement.name)
    return {name: tuple(sources) for name, sources in found.items() if name not in elsewhere}


def range_from(floor: Version, specifiers: Iterable[SpecifierSet] = (), below: str | None = None) -> SpecifierSet:
    """From ``floor`` up to (not including) ``below``; what the specifiers exclude by ``!=`` stays out."""
    excluded = [str(part) for specifier in specifiers for part in specifier if part.operator == "!="]
    parts = [f">={floor.public}", *([f"<{below}"] if below else []), *sorted(set(excluded))]
    return SpecifierSet(",".join(parts))


def next_major(version: Version) -> str | None:
    """Where the next major begins; ``None`` where versions count by years."""
    if is_calendar(version):
        return None
    return f"{version.epoch}!{version.major + 1}" if version.epoch else str(version.major + 1)


def _constraints(bounds: Specifiers) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(name=name, marker=TRUE, source=RegistryRequirement(specifier=bound))
        for name, bound in sorted(bounds.items())
    )


def _all_requirements(request: LockRequest) -> Iterable[Requirement]:
    yield from request.direct_requirements()
    yield from request.constraints
    for override in request.overrides:
        yield from (override,) if isinstance(override, Requirement) else override.dependencies


def _one(requirement: Requirement, specifiers: Loosened) -> Requirement:
    if not isinstance(requirement.source, RegistryRequirement):
        return requirement
    specifier = specifiers.get((requirement.name, requirement.source.specifier))
    if specifier is None:
        return requirement
    return replace(requirement, source=replace(requirement.source, specifier=specifier))


def _each(requirements: Iterable[Requirement], specifiers: Loosened) -> tuple[Requirement, ...]:
    return tuple(_one(requirement, specifiers) for requirement in requirements)


def _groups(groups: Mapping[str, tuple[Requirement, ...]], specifiers: Loosened) -> dict[str, tuple[Requirement, ...]]:
    return {name: _each(requirements, specifiers) for name, requirements in groups.items()}


def _member(member: Member, specifiers: Loosened) -> Member:
    metadata = replace(
        member.metadata,
        requires_dist=_each(member.metadata.requires_dist, specifiers),
        groups=_groups(member.metadata.groups, specifiers),
    )
    return replace(member, metadata=metadata)


def _override(override: Override, specifiers: Loosened) -> Override:
    if isinstance(override, ScopedOverride):
        return replace(override, dependencies=_each(override.dependencies, specifiers))
    return _one(override, specifiers)

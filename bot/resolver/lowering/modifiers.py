"""Constraints, overrides, excludes and build constraints of a lock root, lowered and in the lock's order of declaration."""

from __future__ import annotations

from collections.abc import Iterable

from bot.lockfile.model import (
    DependencyMetadata,
    Exclude,
    ModifierScope,
    Override,
    RegistryRequirement,
    Requirement,
    ScopedExclude,
    ScopedOverride,
)
from bot.lockfile.specifiers import render_specifiers
from bot.manifest.model import DeclaredRequirement, ScopedNames, ScopedRequirements, StaticMetadata
from bot.markers import marker_text
from bot.resolver.lowering.sources import Place, extra_of, lower_requirement


def lower_each(requirements: Iterable[DeclaredRequirement], place: Place) -> tuple[Requirement, ...]:
    """Lower requirements that belong to the lock root as a whole."""
    return tuple(
        lowered
        for requirement in requirements
        for lowered in lower_requirement(requirement, place, extra=extra_of(requirement))
    )


def lower_overrides(
    overrides: Iterable[DeclaredRequirement | ScopedRequirements], place: Place
) -> tuple[Override, ...]:
    lowered: list[Override] = []
    for override in overrides:
        if isinstance(override, ScopedRequirements):
            lowered.append(_lower_scoped(override, place))
        else:
            lowered += lower_requirement(override, place)
    return tuple(lowered)


def _lower_scoped(override: ScopedRequirements, place: Place) -> ScopedOverride:
    dependencies = lower_each(override.dependencies, place)
    for requirement in dependencies:
        source = requirement.source
        if not isinstance(source, RegistryRequirement) or source.index is not None:
            raise place.refuse(
                requirement.name,
                f"an override below {override.package} must be a version, not a URL, path or index",
                "use version specifiers only",
            )
    scope = ModifierScope(package=override.package, version=override.version)
    return ScopedOverride(scope=scope, dependencies=dependencies)


def lower_excludes(excludes: Iterable[str | ScopedNames]) -> tuple[Exclude, ...]:
    return tuple(
        exclude
        if isinstance(exclude, str)
        else ScopedExclude(
            scope=ModifierScope(package=exclude.package, version=exclude.version), dependencies=exclude.dependencies
        )
        for exclude in excludes
    )


def lower_metadata(entries: Iterable[StaticMetadata]) -> tuple[DependencyMetadata, ...]:
    """Lower static metadata as declared, each once: of two for one version the first counts."""
    return tuple(map(_lower_metadata, dict.fromkeys(entries)))


def _lower_metadata(entry: StaticMetadata) -> DependencyMetadata:
    return DependencyMetadata(
        name=entry.name,
        version=entry.version,
        requires_dist=tuple(map(render_declared, entry.requires_dist)),
        requires_python=entry.requires_python,
        provides_extras=entry.provides_extras,
    )


def render_declared(requirement: DeclaredRequirement) -> str:
    """Return a requirement as PEP 508 text in the one spelling that locks use."""
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    body = f" @ {requirement.url}" if requirement.url is not None else render_specifiers(requirement.specifier)
    condition = marker_text(requirement.marker)
    return f"{requirement.name}{extras}{body}" + (f" ; {condition}" if condition is not None else "")

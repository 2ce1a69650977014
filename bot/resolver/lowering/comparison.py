"""When two lists of lowered requirements ask for the same: order, spelling and how they are split don't matter.

Requirements of one package are merged where their markers overlap: extras unite, admitted versions intersect. A lone
``==`` pin stays apart, because it also unlocks yanked files. Markers are compared under the lock's Python range.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Hashable, Iterable, Mapping

from bot.lockfile.model import (
    DirectoryRequirement,
    PathRequirement,
    RegistryRequirement,
    Requirement,
    UrlRequirement,
)
from bot.markers import FALSE, TRUE, Marker
from bot.pubgrub.version_set import VersionSet, full
from bot.resolver.lowering.urls import without_credentials
from bot.resolver.model.specifiers import exact_pin, mentions_prerelease, to_range
from bot.values import replace, value

#: What two equal lists have in common.
NormalForm = frozenset[Hashable]


@value(kw_only=False)
class _Region:
    """What holds under a marker; ``pin`` is set for a lone pin."""

    extras: frozenset[str]
    versions: VersionSet
    prerelease: bool
    pin: Hashable


def normal_form(requirements: Iterable[Requirement], simplify: Callable[[Marker], Marker]) -> NormalForm:
    """Return a value that is equal for lists that ask for the same; ``simplify`` is applied to every marker."""
    by_name: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        by_name.setdefault(requirement.name, []).append(requirement)
    parts: set[Hashable] = set()
    for name, same in by_name.items():
        for source, region, marker in _regions(same, simplify):
            parts.add((name, source, region, marker))
    return frozenset(parts)


def normal_constraints(requirements: Iterable[Requirement], simplify: Callable[[Marker], Marker]) -> NormalForm:
    """Return the same for constraints, of which extras and empty ones do not count."""
    kept = (
        replace(requirement, extras=())
        for requirement in requirements
        if not (isinstance(requirement.source, RegistryRequirement) and not len(requirement.source.specifier))
    )
    return normal_form([one for one in kept if simplify(one.marker) is not FALSE], simplify)


def normal_groups(
    groups: Mapping[str, Iterable[Requirement]], simplify: Callable[[Marker], Marker]
) -> dict[str, NormalForm]:
    """Return the normal form of every group."""
    return {name: normal_form(requirements, simplify) for name, requirements in groups.items()}


def _regions(
    same: list[Requirement], simplify: Callable[[Marker], Marker]
) -> Iterable[tuple[Hashable, _Region, Marker]]:
    """Return (source, what holds, marker) for the requirements of one package, regions of a source being disjoint."""
    marked = [(requirement, _simplified(requirement.marker, simplify)) for requirement in same]
    if len(marked) == 1:
        requirement, marker = marked[0]
        yield _source_key(requirement), _region(requirement), marker
        return
    classes: dict[tuple[Hashable, Hashable, Marker], list[tuple[_Region, Marker]]] = {}
    for requirement, marker in sorted(marked, key=lambda pair: pair[0].extras):
        own = _region(requirement)
        key = (_source_key(requirement), own.pin, marker if marker.without_extras() is not marker else TRUE)
        classes[key] = _merged(classes.get(key, []), own, marker)
    for (source, _, _), regions in classes.items():
        for region, marker in regions:
            yield source, region, marker


def _simplified(marker: Marker, simplify: Callable[[Marker], Marker]) -> Marker:
    return marker if marker is TRUE else simplify(marker)


def _merged(regions: list[tuple[_Region, Marker]], own: _Region, marker: Marker) -> list[tuple[_Region, Marker]]:
    remaining = marker
    found: dict[_Region, Marker] = {}

    def add(region: _Region, where: Marker) -> None:
        found[region] = found[region] | where if region in found else where

    for region, where in regions:
        overlap = where & marker
        if overlap is FALSE:
            add(region, where)
            continue
        remaining &= ~where
        outside = where & ~marker
        if outside is not FALSE:
            add(region, outside)
        add(_both(region, own), overlap)
    if remaining is not FALSE or marker is FALSE:
        add(own, remaining)
    return list(found.items())


def _both(left: _Region, right: _Region) -> _Region:
    return _Region(
        left.extras | right.extras,
        left.versions.intersection(right.versions),
        left.prerelease or right.prerelease,
        left.pin,
    )


def _region(requirement: Requirement) -> _Region:
    extras = frozenset(requirement.extras)
    if not isinstance(requirement.source, RegistryRequirement):
        return _Region(extras, full(), False, None)
    specifier = requirement.source.specifier
    if not len(specifier):
        return _Region(extras, full(), False, None)
    pinned = exact_pin(specifier)
    pin = None if pinned is None else (next(iter(specifier)).operator, pinned.key)
    return _Region(extras, to_range(specifier).versions, mentions_prerelease(specifier), pin)


def _source_key(requirement: Requirement) -> Hashable:
    source = requirement.source
    match source:
        case RegistryRequirement():
            return ("registry", source.index, source.conflict, requirement.groups)
        case PathRequirement():
            return ("path", posixpath.normpath(source.path))
        case UrlRequirement():
            return ("url", without_credentials(source.url), source.subdirectory)
        case DirectoryRequirement():
            return (source.kind, posixpath.normpath(source.path))
        case _:
            return source

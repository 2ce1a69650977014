"""Requirements that say the same as fewer, as uv's experiment ``lockfile-normalization`` writes them.

Of one package, requirements from one source are merged where their markers overlap: extras unite, versions meet. A lone
``==`` pin stays apart, as it also unlocks yanked files. What another clause says already is left out of a specifier.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import groupby

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from bot.lockfile.model import (
    Exclude,
    ModifierScope,
    Override,
    RegistryRequirement,
    Requirement,
    ScopedExclude,
    ScopedOverride,
)
from bot.lockfile.order import requirement_key
from bot.lockfile.specifiers import render_specifiers
from bot.markers import FALSE, TRUE, Marker
from bot.pubgrub.version_set import VersionSet, full
from bot.resolver.model.specifiers import exact_pin, mentions_prerelease, to_range
from bot.values import replace

#: Operators whose versions mean the same with and without zeros at their end.
_LOOSE = frozenset(("==", "===", "!=", "<", "<=", ">", ">="))


def tidy_requirements(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """The fewest rows that say the same."""
    rows = sorted((_ordered(one) for one in requirements), key=_row_key)
    found: list[Requirement] = []
    for _, same in groupby(rows, key=lambda one: one.name):
        several = list(same)
        found += [_simplified(several[0])] if len(several) == 1 else _merged(several)
    return tuple(sorted(found, key=_row_key))


def tidy_constraints(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """The same for constraints, of which extras, empty ones and those that never hold do not count."""
    return tidy_requirements(
        replace(one, extras=())
        for one in requirements
        if not (isinstance(one.source, RegistryRequirement) and not len(one.source.specifier))
        and one.marker is not FALSE
    )


def tidy_overrides(overrides: Iterable[Override]) -> tuple[Override, ...]:
    """Overrides, each scope by itself; an empty one stays, as it hides one without a version."""
    plain: list[Requirement] = []
    scoped: dict[ModifierScope, list[Requirement]] = {}
    for one in overrides:
        if isinstance(one, ScopedOverride):
            scoped.setdefault(one.scope, []).extend(one.dependencies)
        else:
            plain.append(one)
    kept = [ScopedOverride(scope=scope, dependencies=tidy_requirements(rows)) for scope, rows in scoped.items()]
    return (*tidy_requirements(plain), *kept)


def tidy_excludes(excludes: Iterable[Exclude]) -> tuple[Exclude, ...]:
    """Excludes, each scope once."""
    plain: set[str] = set()
    scoped: dict[ModifierScope, set[str]] = {}
    for one in excludes:
        if isinstance(one, ScopedExclude):
            scoped.setdefault(one.scope, set()).update(one.dependencies)
        else:
            plain.add(one)
    kept = (ScopedExclude(scope=scope, dependencies=tuple(sorted(names))) for scope, names in scoped.items())
    return (*sorted(plain), *(one for one in kept if one.dependencies or one.scope.version is not None))


def _ordered(requirement: Requirement) -> Requirement:
    extras, groups = tuple(sorted(set(requirement.extras))), tuple(sorted(requirement.groups))
    return replace(requirement, extras=extras, groups=groups)


def _row_key(requirement: Requirement) -> tuple[object, str]:
    specifier = _specifier(requirement)
    return requirement_key(requirement), "" if specifier is None else render_specifiers(specifier)


def _specifier(requirement: Requirement) -> SpecifierSet | None:
    return requirement.source.specifier if isinstance(requirement.source, RegistryRequirement) else None


def _with_specifier(requirement: Requirement, specifier: SpecifierSet) -> Requirement:
    assert isinstance(requirement.source, RegistryRequirement)
    return replace(requirement, source=replace(requirement.source, specifier=specifier))


# --- rows of one package --------------------------------------------------------------------------


def _merged(rows: list[Requirement]) -> Iterator[Requirement]:
    classes: dict[Hashable, list[Requirement]] = {}
    for row in rows:
        classes.setdefault(_class_of(row), []).append(row)
    for _, same in sorted(classes.items(), key=lambda one: _row_key(_class_row(one[1][0]))):
        regions: list[Requirement] = []
        for row in same:
            regions = _coalesced(_laid_over(regions, row))
        yield from regions


def _class_of(row: Requirement) -> Hashable:
    key = _class_row(row)
    return key.source, key.groups, key.marker


def _class_row(row: Requirement) -> Requirement:
    """What rows have in common that can be merged; a marker with extras is merged with none but its like."""
    marker = row.marker if row.marker.without_extras() is not row.marker else TRUE
    row = replace(row, extras=(), marker=marker)
    specifier = _specifier(row)
    if specifier is None or exact_pin(specifier) is not None:
        return row
    return _with_specifier(row, SpecifierSet())


def _laid_over(regions: list[Requirement], row: Requirement) -> Iterator[Requirement]:
    remaining = row.marker
    for region in regions:
        overlap = region.marker & row.marker
        if overlap is FALSE:
            yield region
            continue
        remaining &= ~region.marker
        outside = region.marker & ~row.marker
        if outside is not FALSE:
            yield replace(region, marker=outside)
        yield _both(region, row, overlap)
    if remaining is not FALSE or row.marker is FALSE:
        yield replace(row, marker=remaining)


def _both(region: Requirement, row: Requirement, marker: Marker) -> Requirement:
    both = replace(region, marker=marker, extras=tuple(sorted({*region.extras, *row.extras})))
    left, right = _specifier(region), _specifier(row)
    if left is None or right is None or exact_pin(left) is not None:
        return both
    return _with_specifier(both, left & right)


def _coalesced(rows: Iterable[Requirement]) -> list[Requirement]:
    """Regions that say the same as one; the first one's words stay."""
    found: dict[Hashable, Requirement] = {}
    for row in map(_simplified, rows):
        key = _meaning(row)
        found[key] = replace(found[key], marker=found[key].marker | row.marker) if key in found else row
    return list(found.values())


def _meaning(row: Requirement) -> Hashable:
    if not isinstance(row.source, RegistryRequirement):
        return row.extras, row.groups, row.source
    specifier = row.source.specifier
    source = replace(row.source, specifier=SpecifierSet())
    said = to_range(specifier).versions, mentions_prerelease(specifier), exact_pin(specifier) is not None
    return row.extras, row.groups, source, said


# --- clauses of one specifier ---------------------------------------------------------------------


def _simplified(row: Requirement) -> Requirement:
    specifier = _specifier(row)
    return row if specifier is None else _with_specifier(row, simplify(specifier))


def simplify(specifier: SpecifierSet) -> SpecifierSet:
    """Without clauses that the others say already, but for the last one that lets pre-releases in; a pin is left alone
    only where it was alone."""
    kept = sorted((_trimmed(one) for one in specifier), key=str)
    for clause in list(kept):
        others = [one for one in kept if one is not clause]
        if not others or exact_pin(_set(others)) is not None:
            continue
        if mentions_prerelease(_set([clause])) and not any(mentions_prerelease(_set([one])) for one in others):
            continue
        if _versions(others).intersection(_versions([clause])) == _versions(others):
            kept = others
    return _set(kept)


def _set(clauses: Iterable[Specifier]) -> SpecifierSet:
    return SpecifierSet(",".join(map(str, clauses)))


def _versions(clauses: Iterable[Specifier]) -> VersionSet:
    found = full()
    for one in clauses:
        found = found.intersection(to_range(_set([one])).versions)
    return found


def _trimmed(clause: Specifier) -> Specifier:
    """Without zeros at the end of the release, where they mean nothing."""
    if clause.operator not in _LOOSE or clause.version.endswith(".*"):
        return clause
    version = Version(clause.version)
    release = list(version.release)
    while len(release) > 1 and release[-1] == 0:
        del release[-1]
    if len(release) == len(version.release):
        return clause
    epoch = f"{version.epoch}!" if version.epoch else ""
    plain = f"{epoch}{'.'.join(map(str, version.release))}"
    return Specifier(f"{clause.operator}{epoch}{'.'.join(map(str, release))}{str(version).removeprefix(plain)}")

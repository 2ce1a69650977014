"""The order of things in a lock: packages, sources, edges, requirements. All keys are plain tuples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar, assert_never

from packaging.version import Version

from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    DependencyMetadata,
    DirectoryKind,
    DirectoryRequirement,
    DirectorySource,
    EditableSource,
    Exclude,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    GitSource,
    ModifierScope,
    Override,
    PathRequirement,
    PathSource,
    RegistryRequirement,
    RegistrySource,
    Requirement,
    RequirementSource,
    ScopedExclude,
    ScopedOverride,
    Source,
    UrlRequirement,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.sources import render_git_source
from bot.lockfile.specifiers import specifier_sort_key
from bot.markers import sort_key
from bot.patterns import pattern

Key = tuple[Any, ...]
Item = TypeVar("Item")

_SCHEME: Final = pattern(r"[A-Za-z][A-Za-z0-9+.-]+:")
_CONFLICT_RANKS: Final = {ConflictKind.EXTRA: 0, ConflictKind.GROUP: 1, ConflictKind.PROJECT: 2}
_COMMIT: Final = pattern(r"[0-9a-f]{40}", re.IGNORECASE)
_HEXADECIMAL: Final = pattern(r"[0-9a-f]+", re.IGNORECASE)


def optional_key(value: Any) -> Key:  # ``None`` first
    return () if value is None else (value,)


def path_key(path: str) -> Key:
    """Paths by their parts: an absolute one first, then ``..``, then names."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    keys = [(2, "") if part == ".." else (3, part) for part in parts]
    return ((1, ""), *keys) if path.startswith("/") else tuple(keys)


def location_key(location: str) -> Key:
    """A URL, or else a path; URLs first."""
    return (0, location) if _SCHEME.match(location) else (1, path_key(location))


def source_key(source: Source) -> Key:
    match source:
        case RegistrySource(url=url):
            return (0, location_key(url))
        case GitSource():
            return (1, render_git_source(source))
        case UrlSource(url=url, subdirectory=subdirectory):
            return (2, url, () if subdirectory is None else (path_key(subdirectory),))
        case PathSource(path=path):
            return (3, path_key(path))
        case DirectorySource(path=path):
            return (4, path_key(path))
        case EditableSource(path=path):
            return (5, path_key(path))
        case VirtualSource(path=path):
            return (6, path_key(path))
        case _:
            assert_never(source)


def package_key(name: str, version: Version | None, source: Source) -> Key:
    return (name, optional_key(version), source_key(source))


# --- requirements -----------------------------------------------------------------------------------


def conflict_item_key(item: ConflictItem) -> Key:
    return (item.package, _CONFLICT_RANKS[item.kind], item.name or "")


def _reference_key(reference: GitReference | None) -> Key:
    if reference is None:
        return (6, "")
    if reference.kind is not GitReferenceKind.REV:
        return (1 if reference.kind is GitReferenceKind.BRANCH else 2, reference.name)
    if _COMMIT.fullmatch(reference.name):
        return (0, reference.name)
    if reference.name.startswith("refs/"):
        return (5, reference.name)
    return (4 if _HEXADECIMAL.fullmatch(reference.name) else 3, reference.name)


def _requirement_source_key(source: RequirementSource) -> Key:
    match source:
        case RegistryRequirement(specifier=specifier, index=index, conflict=conflict):
            conflict_key = () if conflict is None else (conflict_item_key(conflict),)
            return (0, specifier_sort_key(specifier), () if index is None else (location_key(index),), conflict_key)
        case UrlRequirement(url=url, subdirectory=subdirectory):
            return (1, url, () if subdirectory is None else (path_key(subdirectory),))
        case GitRequirement(path=None):
            subdirectory_key = () if source.subdirectory is None else (path_key(source.subdirectory),)
            return (2, source.url, _reference_key(source.reference), source.lfs, subdirectory_key)
        case GitRequirement(path=path):
            return (3, source.url, _reference_key(source.reference), source.lfs, path_key(path or ""))
        case PathRequirement(path=path):
            return (4, path_key(path))
        case DirectoryRequirement(path=path, kind=kind):
            return (5, path_key(path), kind is DirectoryKind.EDITABLE, kind is DirectoryKind.VIRTUAL)
        case _:
            assert_never(source)


def requirement_key(requirement: Requirement) -> Key:
    source = _requirement_source_key(requirement.source)
    return (requirement.name, requirement.extras, requirement.groups, sort_key(requirement.marker), source)


def _scope_key(scope: ModifierScope) -> Key:
    return (scope.package, optional_key(scope.version))


def override_key(entry: Override) -> Key:
    """Scoped entries first."""
    if isinstance(entry, ScopedOverride):
        return (0, _scope_key(entry.scope), tuple(requirement_key(row) for row in entry.dependencies))
    return (1, requirement_key(entry))


def exclude_key(entry: Exclude) -> Key:
    """Scoped entries first."""
    if isinstance(entry, ScopedExclude):
        return (0, _scope_key(entry.scope), entry.dependencies)
    return (1, entry)


def dependency_metadata_key(metadata: DependencyMetadata) -> Key:
    python = () if metadata.requires_python is None else (specifier_sort_key(metadata.requires_python),)
    return (metadata.name, optional_key(metadata.version), metadata.requires_dist, python, metadata.provides_extras)


def sorted_set(items: Iterable[Item], key: Callable[[Item], Key]) -> tuple[Item, ...]:
    """The items in order; of those with the same key the last one stays."""
    return tuple({key(item): item for item in sorted(items, key=key)}.values())


def sorted_requirements(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    return sorted_set(requirements, requirement_key)

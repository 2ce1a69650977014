"""The value of a ``uv.lock``: what the reader gives and the writer takes.

Field names and meaning follow uv 0.13.9. Markers are canonical ``Marker`` values, versions are
``packaging`` ones, paths are ``/``-separated text as the lock prints them (relative to the lock's
folder unless the user wrote an absolute one). Nothing here reads or writes text.

Sequences are tuples in the order in which they are printed; a value built by the resolver is already
sorted and canonical, a value read from a file keeps the file's order.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from bot.markers import Marker
from bot.values import field, value


class GitReferenceKind(StrEnum):
    TAG = "tag"
    BRANCH = "branch"
    REV = "rev"


@value
class GitReference:
    kind: GitReferenceKind
    name: str


# --- where a package comes from -------------------------------------------------------------------


@value
class RegistrySource:
    """``{ registry = "…" }``: an index URL without credentials, or the path of a local flat index."""

    url: str


@value
class GitSource:
    """``{ git = "url?…#commit" }``; ``url`` has neither query nor fragment."""

    url: str
    commit: str
    reference: GitReference | None = None
    subdirectory: str | None = None
    path: str | None = None
    lfs: bool = False


@value
class UrlSource:
    url: str
    subdirectory: str | None = None


@value
class PathSource:
    path: str


@value
class DirectorySource:
    path: str


@value
class EditableSource:
    path: str


@value
class VirtualSource:
    path: str


Source: TypeAlias = (
    RegistrySource | GitSource | UrlSource | PathSource | DirectorySource | EditableSource | VirtualSource
)


# --- what a requirement asks for ------------------------------------------------------------------


class ConflictKind(StrEnum):
    PROJECT = "project"
    EXTRA = "extra"
    GROUP = "group"


@value
class ConflictItem:
    """One side of a conflict: a package with one of its extras or groups, or the project itself (``name`` None)."""

    package: str
    kind: ConflictKind
    name: str | None = None


@value
class RegistryRequirement:
    specifier: SpecifierSet
    index: str | None = None
    conflict: ConflictItem | None = None


@value
class GitRequirement:
    url: str
    reference: GitReference | None = None
    subdirectory: str | None = None
    path: str | None = None
    lfs: bool = False


@value
class UrlRequirement:
    """``hash``: the digest that a manifest states behind the URL; no lock repeats it with the requirement."""

    url: str
    subdirectory: str | None = None
    hash: str | None = field(default=None, compare=False)


@value
class PathRequirement:
    """A wheel or source archive on disk."""

    path: str


class DirectoryKind(StrEnum):
    DIRECTORY = "directory"
    EDITABLE = "editable"
    VIRTUAL = "virtual"


@value
class DirectoryRequirement:
    path: str
    kind: DirectoryKind


RequirementSource: TypeAlias = (
    RegistryRequirement | GitRequirement | UrlRequirement | PathRequirement | DirectoryRequirement
)


@value
class Requirement:
    """A lowered requirement: a row of ``requires-dist``, ``requires-dev`` or of the manifest tables.

    ``name``, ``extras`` and ``groups`` are normalized (PEP 503); ``extras`` keep the declared order.
    """

    name: str
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    marker: Marker
    source: RequirementSource


@value
class ModifierScope:
    """The package (and version) that a scoped override or exclude applies to."""

    package: str
    version: Version | None = None


@value
class ScopedOverride:
    scope: ModifierScope
    dependencies: tuple[Requirement, ...]


@value
class ScopedExclude:
    scope: ModifierScope
    dependencies: tuple[str, ...]


Override: TypeAlias = Requirement | ScopedOverride
Exclude: TypeAlias = str | ScopedExclude


@value
class DependencyMetadata:
    """``[[tool.uv.dependency-metadata]]``; ``requires_dist`` holds canonical PEP 508 texts."""

    name: str
    version: Version | None = None
    requires_dist: tuple[str, ...] = ()
    requires_python: SpecifierSet | None = None
    provides_extras: tuple[str, ...] = ()


# --- [options] ------------------------------------------------------------------------------------


@value
class Cutoff:
    """An exclude-newer value. ``timestamp`` is RFC 3339 UTC text; ``span`` the ISO 8601 duration when it is relative."""

    timestamp: str
    span: str | None = None


#: A per-package cutoff; ``None`` means ``false``: no cutoff for that package.
PackageCutoff: TypeAlias = Cutoff | None


@value
class LockOptions:
    """Only what differs from the defaults; ``None`` and empty mean the default."""

    resolution_mode: str | None = None
    prerelease_mode: str | None = None
    fork_strategy: str | None = None
    minimum_libc_version: Mapping[str, str] = field(default_factory=dict)
    exclude_newer: Cutoff | None = None
    prerelease_package: Mapping[str, str] = field(default_factory=dict)
    exclude_newer_package: Mapping[str, PackageCutoff] = field(default_factory=dict)


# --- [manifest] -----------------------------------------------------------------------------------

#: ``default-groups``: a list of group names, or the word "all".
DefaultGroups: TypeAlias = tuple[str, ...] | str


@value
class Manifest:
    members: tuple[str, ...] = ()
    default_groups: DefaultGroups | None = None
    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[Override, ...] = ()
    excludes: tuple[Exclude, ...] = ()
    build_constraints: tuple[Requirement, ...] = ()
    dependency_groups: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    group_requires_python: Mapping[str, str] = field(default_factory=dict)
    dependency_metadata: tuple[DependencyMetadata, ...] = ()


# --- [[package]] ----------------------------------------------------------------------------------


@value
class File:
    """A source distribution or wheel. Exactly one of ``url``, ``path``, ``filename`` is set, or none (direct sdist)."""

    url: str | None = None
    path: str | None = None
    filename: str | None = None
    hash: str | None = None
    size: int | None = None
    upload_time: str | None = None


@value
class Dependency:
    """An edge to another package entry. ``version`` and ``source`` are always resolved on a lock made or read here;
    the writer prints them only for names with several entries. ``marker`` is what is printed (TRUE: nothing)."""

    name: str
    version: Version | None = None
    source: Source
    extras: tuple[str, ...] = ()
    marker: Marker


@value
class PackageMetadata:
    """``[package.metadata]``: what the manifest of a mutable package states."""

    requires_dist: tuple[Requirement, ...] = ()
    requires_dev: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    provides_extras: tuple[str, ...] = ()


@value
class Package:
    name: str
    version: Version | None = None
    source: Source
    default_groups: DefaultGroups | None = None
    resolution_markers: tuple[Marker, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    sdist: File | None = None
    wheels: tuple[File, ...] = ()
    optional_dependencies: Mapping[str, tuple[Dependency, ...]] = field(default_factory=dict)
    dev_dependencies: Mapping[str, tuple[Dependency, ...]] = field(default_factory=dict)
    group_requires_python: Mapping[str, str] = field(default_factory=dict)
    metadata: PackageMetadata = PackageMetadata()


@value
class Lock:
    """A whole lockfile. ``resolution_markers`` in completion order; ``conflicts`` are sorted sets of items."""

    version: int = 1
    revision: int = 0
    requires_python: str
    resolution_markers: tuple[Marker, ...] = ()
    supported_markers: tuple[Marker, ...] = ()
    required_markers: tuple[Marker, ...] = ()
    conflicts: tuple[tuple[ConflictItem, ...], ...] = ()
    options: LockOptions = LockOptions()
    manifest: Manifest = Manifest()
    packages: tuple[Package, ...] = ()

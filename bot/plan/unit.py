"""What is planned as one: everything that one lock holds together, or a script or build system without a lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.lockfile.model import Lock, RegistrySource
from bot.manifest.model import Declaration
from bot.resolver.model.index import Tree
from bot.resolver.model.request import LockRequest

#: The versions of every package that a lock takes from an index, ascending; several where forks differ.
LockedVersions: TypeAlias = Mapping[str, tuple[Version, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """``name`` is the path of its lock, or of the file where there is none; ``lock_path`` is ``None`` then.

    ``lower`` makes the request from a tree (the repository, perhaps with edits). ``libraries`` are the manifests among
    ``declarations`` that are published as packages. ``folder`` is the lock's folder.
    """

    name: str
    folder: str
    lock_path: str | None
    lock_text: str | None = field(default=None, repr=False)
    lock: Lock | None = field(default=None, repr=False)
    declarations: tuple[Declaration, ...]
    libraries: frozenset[str] = frozenset()
    lower: Callable[[Tree], LockRequest] = field(repr=False)


def name_of(declaration: Declaration) -> str:
    """The normalized package name."""
    return normal_name(declaration.requirement.name)


def normal_name(written: str) -> str:
    """A package's name as locks have it."""
    return canonicalize_name(written)


def declarations_by_name(declarations: Iterable[Declaration]) -> Mapping[str, tuple[Declaration, ...]]:
    found: dict[str, list[Declaration]] = {}
    for declaration in declarations:
        found.setdefault(name_of(declaration), []).append(declaration)
    return {name: tuple(rows) for name, rows in sorted(found.items())}


def locked_versions(lock: Lock) -> LockedVersions:
    found: dict[str, set[Version]] = {}
    for package in lock.packages:
        if isinstance(package.source, RegistrySource) and package.version is not None:
            found.setdefault(package.name, set()).add(package.version)
    return {name: tuple(sorted(versions)) for name, versions in found.items()}

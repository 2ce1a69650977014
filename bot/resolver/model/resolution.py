"""What a solve gives: one ``ForkResolution`` for each fork, in completion order, and the packages they pinned.

``bot.resolver.assembly.lock`` merges them into a ``Lock``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from bot.lockfile.model import ConflictItem, File, Source
from bot.markers import Marker
from bot.resolver.model.index import ReleaseFile, WheelTags
from bot.resolver.model.lookups import Lookups
from bot.resolver.model.needs import Need
from bot.resolver.model.request import TreeMetadata
from bot.resolver.model.versions import PyVersion
from bot.values import value


class NodeKind(StrEnum):
    BASE = "base"
    EXTRA = "extra"
    GROUP = "group"


@value
class PackageKey:
    """One package entry. For a dynamic source tree ``version`` is a stand-in; ``PinnedPackage.version`` says ``None``."""

    name: str
    version: PyVersion
    source: Source

    def __hash__(self) -> int:
        # Sources seldom tell two keys apart, and hashing them takes most of the time.
        return hash((self.name, self.version))


class PackageNode(NamedTuple):
    """A package entry, or one of its extras or groups (``kind_name`` is then the extra's or group's name)."""

    package: PackageKey
    kind: NodeKind = NodeKind.BASE
    kind_name: str = ""


class Edge(NamedTuple):
    """A dependency. ``source`` and ``target`` are positions in the fork's ``nodes``; ``source`` is ``None`` for the root."""

    source: int | None
    target: int
    marker: Marker


@value
class ForkResolution:
    """The solution of one fork: its PEP 508 ``marker`` (TRUE if unforked) and the conflict items it in- or excludes."""

    marker: Marker
    included: frozenset[ConflictItem] = frozenset()
    excluded: frozenset[ConflictItem] = frozenset()
    nodes: tuple[PackageNode, ...]
    edges: tuple[Edge, ...]


@value
class PinnedWheel:
    file: File
    tags: WheelTags


@value(eq=False)
class PinnedPackage:
    """The artifacts and metadata of one package entry. Compared by identity.

    ``sdist`` and ``wheels`` are what the lock may list (cut-offs applied, one index, file-name order), before wheels are
    pruned by reachability. ``tree`` is the manifest of a mutable package (everything but registry and git).
    ``extras`` are the extras the package provides; ``recorded`` as in ``CoreMetadata``. ``lasts``: later solves that
    share this one's cache have this very value again, so what follows from it may be remembered with the cache.
    ``listed`` are all files that the index has of the release within the cut-off, usable or not;
    ``declared`` is what its metadata requires.
    """

    version: PyVersion | None
    sdist: File | None = None
    wheels: tuple[PinnedWheel, ...] = ()
    tree: TreeMetadata | None = None
    extras: tuple[str, ...] = ()
    recorded: str | None = None
    lasts: bool = False
    listed: tuple[ReleaseFile, ...] = ()
    declared: tuple[Need, ...] = ()


@value
class Resolution:
    """``lookups``: what was looked up among the settings, where an experiment asks for it."""

    forks: tuple[ForkResolution, ...]
    packages: Mapping[PackageKey, PinnedPackage]
    lookups: Lookups | None = None

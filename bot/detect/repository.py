"""Everything in a repository that could be locked or pinned, kind by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.detect import kinds
from bot.detect.ignored import is_ignored
from bot.detect.kind import ManifestKind
from bot.detect.model import Detected, Listing, Manifest
from bot.manifest.model import IndexTable


def detect(listing: Listing) -> Detected:
    """Find what every kind of manifest has here; never raises for what a file says."""
    files = frozenset(listing.paths())
    found = [kind.detect(listing, paths, files) for kind, paths in _by_kind(files).items()]
    manifests: dict[str, Manifest] = {}
    for one in found:
        manifests.update(one.manifests)
    return Detected(
        units=tuple(unit for one in found for unit in one.units),
        problems=tuple(problem for one in found for problem in one.problems),
        manifests=manifests,
    )


def find_indexes(listing: Listing) -> Iterator[IndexTable]:
    """The indexes that the repository's manifests name."""
    for kind, paths in _by_kind(frozenset(listing.paths())).items():
        yield from kind.find_indexes(listing, paths)


def _by_kind(files: frozenset[str]) -> Mapping[ManifestKind, list[str]]:
    """The files that may be manifests of each kind, sorted; the kinds in the order of their table."""
    found: dict[ManifestKind, list[str]] = {kind: [] for kind in kinds.KINDS}
    for path in sorted(files):
        kind = kinds.find_kind(path)
        if kind is not None and not is_ignored(path):
            found[kind].append(path)
    return found

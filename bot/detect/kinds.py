"""The kinds of manifests. A new one is a module that satisfies ``ManifestKind``, and a row here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from bot.detect import notebook, pyproject, requirements, script
from bot.detect.kind import ManifestKind
from bot.detect.model import LockUnit, Manifest, Solvable

#: Where several kinds could claim a file by its name, the first one has it.
KINDS: tuple[ManifestKind, ...] = (
    pyproject,
    script,
    notebook,
    requirements,
)


def find_kind(path: str) -> ManifestKind | None:
    """The kind of manifest that a file may be."""
    return next((kind for kind in KINDS if kind.is_manifest(path)), None)


def get_kind(path: str) -> ManifestKind:
    """The kind of a file that is known to be a manifest."""
    kind = find_kind(path)
    if kind is None:
        raise LookupError(f"{path} is no manifest")
    return kind


def find_solvables(found: LockUnit, manifests: Mapping[str, Manifest]) -> Iterator[Solvable]:
    """What of a unit is solved as one, the lock's own requirements first; ``manifests`` are those of detection."""
    find = found.solvables or get_kind(found.manifests[0]).find_solvables
    return find(found, manifests)


def find_owner(path: str) -> str | None:
    """The manifest that a lockfile belongs to; ``None`` for a file that is no lock."""
    owners = (kind.find_owner(path) for kind in KINDS)
    return next((owner for owner in owners if owner is not None), None)


def is_brought(path: str, files: Collection[str]) -> bool:
    """Whether lockbot reads this file of a repository that has ``files``."""
    return any(kind.is_brought(path, files) for kind in KINDS)

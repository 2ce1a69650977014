"""What a kind of manifest is: a module with these functions, entered in ``bot.detect.kinds``.

A kind may be anything whose declarations have a place and a text: requirements in TOML, the header of a script or the
cell of a notebook (both are files here, and ``Declaration.keys`` tells the place inside), lines of a requirements file,
pins in YAML or in a Dockerfile. How a specifier is spelled at its place is the kind's own: ``edit`` writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from bot.detect.model import Detected, Listing, LockUnit, Manifest, Solvable, Told
from bot.manifest.edit import SpecifierEdit
from bot.manifest.model import Declaration, IndexTable


class ManifestKind(Protocol):
    """Paths are relative to the repository's root. Only the listing is read, and nothing of it is executed."""

    def is_manifest(self, path: str, /) -> bool:
        """Whether a file may be such a manifest, by its path alone."""

    def find_owner(self, path: str, /) -> str | None:
        """The path of the manifest that a lock of this path belongs to, ``None`` where it is no lock of this kind."""

    def is_brought(self, path: str, files: Collection[str], /) -> bool:
        """Whether a clone brings the file for this kind: a manifest, or what is read with one; ``files`` are all."""

    def find_package_folder(self, path: str, /) -> str | None:
        """The folder whose package the manifest describes: locks that hold the folder depend on the manifest."""

    def detect(self, listing: Listing, paths: Sequence[str], files: Collection[str], told: Told, /) -> Detected:
        """The units of these manifests (sorted, none in a folder of others); never raises for what a file says."""

    def find_solvables(self, found: LockUnit, manifests: Mapping[str, Manifest], /) -> Iterator[Solvable]:
        """What of a unit is solved as one, the lock's own requirements first; ``manifests`` are those of ``detect``."""

    def edit(self, text: str, edits: Sequence[SpecifierEdit], /) -> str:
        """The text of a manifest with the edits made, every other byte kept; raises ``InputError`` where that fails."""

    def find_comment(self, text: str, declaration: Declaration, /) -> str:
        """What is said of a requirement in comments beside it, in one line; ``text`` is that of its manifest."""

    def find_indexes(self, listing: Listing, paths: Sequence[str], /) -> Iterator[IndexTable]:
        """The indexes that the manifests name; files that can't be read are passed over."""

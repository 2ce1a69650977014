"""Who published a release file, by its attestations (PEP 740), and what else is read of releases for people alone.

Signatures are not verified here: an index that serves attestations verified them when it took them. What is compared is
what the index says now with what it says of an earlier file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from bot.resolver.model.index import CoreMetadata, ReleaseFile
from bot.values import value


@value
class Publisher:
    """An identity that an index trusts: ``kind`` such as ``GitHub``, ``name`` such as the repository."""

    kind: str
    name: str


class ReleaseReader(Protocol):
    """What nothing is solved with. No call takes much longer than ``patience`` seconds, and none fails: what could not
    be read in that time is missing from the answer."""

    def gather_metadata(self, files: Iterable[ReleaseFile], patience: float) -> Mapping[ReleaseFile, CoreMetadata]: ...

    def gather_publishers(
        self, files: Iterable[ReleaseFile], patience: float
    ) -> Mapping[ReleaseFile, tuple[Publisher, ...]]:
        """Of files with a ``provenance``; an empty answer means that it names nobody."""
        ...

"""What real builds of source distributions gave, by the digest of the file: ``config/known.json``.

A table that was made once, by a program that is no part of the product (``bench/known.py``). An entry speaks for the
very bytes that were built and for no others. Nothing is built here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from bot.index.metadata.identity import check_identity
from bot.index.metadata.lenient_requirement import repair_requirement
from bot.index.pages.filenames import normalize_name
from bot.index.pages.lenient import repair_specifier
from bot.resolver.model.index import CoreMetadata, MetadataUnavailable, ReleaseFile
from bot.resolver.model.versions import parse_version, try_parse_version

#: What ``CoreMetadata.recorded`` says of facts from the table.
KNOWN = "known"

_FIELDS = {"sha256", "requires", "extras", "requires-python", "built"}
_DIGEST_LENGTH = 64


class MalformedTableError(ValueError):
    """The table of known releases is not in its form; the message names the entry."""


class KnownReleases:
    """The table; ``read`` gives its text and is called when somebody asks for the first time."""

    __slots__ = ("_read", "_table")

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._table: Mapping[str, CoreMetadata] | None = None

    def find(self, file: ReleaseFile) -> CoreMetadata | None:
        """What a build of this release's file gives, if the index states the digest of one that was built."""
        return self.find_digest((file.hash or "", *file.hashes), file)

    def find_digest(self, digests: Iterable[str], file: ReleaseFile) -> CoreMetadata | None:
        """The same for a file of which these digests are known, such as ``sha256:…``."""
        if file.wheel is not None:
            return None
        found = self.of_digests(digests)
        try:
            return None if found is None else check_identity(found, file.name, file.version, file.filename)
        except MetadataUnavailable:
            return None

    def of_digests(self, digests: Iterable[str]) -> CoreMetadata | None:
        if self._table is None:
            self._table = parse_known(self._read())
        table = self._table
        return next((table[digest] for digest in digests if digest in table), None)


def shipped_releases() -> KnownReleases:
    """The table that comes with lockbot."""
    return KnownReleases(_read_shipped)


def _read_shipped() -> str:
    package = Path(__file__).parents[2]
    installed = package / "_config" / "known.json"
    return (installed if installed.exists() else package.parent / "config" / "known.json").read_text("utf-8")


def parse_known(text: str) -> dict[str, CoreMetadata]:
    """The table of the file's text, by ``sha256:…``; raises ``MalformedTableError``."""
    try:
        document = json.loads(text)
        releases = document["releases"].items()
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise MalformedTableError(f"the table is not JSON with releases ({problem})") from problem
    return {f"sha256:{row['sha256']}": metadata for title, row in releases for metadata in (_metadata(title, row),)}


def _metadata(title: str, row: object) -> CoreMetadata:
    name, _, version = title.partition("==")
    if not isinstance(row, dict) or not {"sha256", "built"} <= row.keys() <= _FIELDS:
        raise MalformedTableError(f"{title}: its fields are not among {', '.join(sorted(_FIELDS))}")
    if normalize_name(name) != name or try_parse_version(version) is None:
        raise MalformedTableError(f"{title}: this is not a name and a version")
    digest, requires, extras = row["sha256"], row.get("requires", []), row.get("extras", [])
    python = row.get("requires-python")
    if not (isinstance(digest, str) and len(digest) == _DIGEST_LENGTH and set(digest) <= set("0123456789abcdef")):
        raise MalformedTableError(f"{title}: sha256 is not a digest in small letters")
    if not all(repair_requirement(text) == text for text in requires):
        raise MalformedTableError(f"{title}: one of its requirements cannot be parsed")
    if not all(normalize_name(extra) == extra for extra in extras):
        raise MalformedTableError(f"{title}: one of its extras is not a normalized name")
    if python is not None and repair_specifier(python) != python:
        raise MalformedTableError(f"{title}: its requires-python cannot be parsed")
    return CoreMetadata(
        name=name,
        version=parse_version(version).text,
        requires_dist=tuple(requires),
        requires_python=python,
        provides_extras=tuple(extras),
        recorded=KNOWN,
    )

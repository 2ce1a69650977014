"""Requirements in the form that the solver works with, from lowered requirements and from core metadata.

A ``Need`` is immutable and shared; requirement texts of core metadata are parsed once per process.
"""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from bot.lockfile.model import (
    ConflictItem,
    GitReference,
    GitReferenceKind,
    GitRequirement,
    RegistryRequirement,
    Requirement,
    RequirementSource,
    UrlRequirement,
)
from bot.manifest.requirement import parse_requirement_leniently
from bot.markers import TRUE, Marker, parse_marker
from bot.patterns import pattern
from bot.resolver.model.index import CoreMetadata, MetadataUnavailable
from bot.resolver.model.request import TreeMetadata
from bot.resolver.model.specifiers import VersionRange, to_range
from bot.values import replace, value

# Nothing is given back: spaces could be taken by each part in turn, which takes time by the fourth power of their number.
_PLAIN = pattern(
    r"\s*+(?P<name>(?>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?))"
    r"\s*+(?:\[(?P<extras>[^\]]*+)\])?+"
    r"\s*+(?P<specifier>\([^()@;]*+\)|[^@;()]*+)"
    r"\s*+(?:;(?P<marker>.*+))?+",
    re.ASCII | re.DOTALL,
)
_ANY = SpecifierSet()


@value(kw_only=False, eq=False)
class Need:
    """A requirement. ``range`` and ``specifiers`` are those of registry requirements (full for all other sources)."""

    name: str
    extras: tuple[str, ...]
    groups: tuple[str, ...]
    marker: Marker
    source: RequirementSource
    specifiers: SpecifierSet
    range: VersionRange

    @property
    def is_registry(self) -> bool:
        return isinstance(self.source, RegistryRequirement)

    @property
    def index(self) -> str | None:
        return self.source.index if isinstance(self.source, RegistryRequirement) else None

    @property
    def conflict(self) -> ConflictItem | None:
        return self.source.conflict if isinstance(self.source, RegistryRequirement) else None

    @property
    def constrains(self) -> bool:
        """Whether it says anything about the version or the source (uv's "source is not empty")."""
        return not self.is_registry or len(self.specifiers) > 0

    def under(self, marker: Marker) -> Need:
        """The same need with another marker."""
        if marker is self.marker:
            return self
        return Need(self.name, self.extras, self.groups, marker, self.source, self.specifiers, self.range)

    def without_extras(self) -> Need:
        return replace(self, extras=()) if self.extras else self


def to_need(requirement: Requirement) -> Need:
    source = requirement.source
    specifiers = source.specifier if isinstance(source, RegistryRequirement) else _ANY
    return Need(
        requirement.name,
        requirement.extras,
        requirement.groups,
        requirement.marker,
        source,
        specifiers,
        to_range(specifiers),
    )


@lru_cache(maxsize=1 << 16)
def parse_need(text: str) -> Need:
    """Parse one ``Requires-Dist``; raises ``MetadataUnavailable`` for text that is no requirement."""
    try:
        return _parse_plain(text) or _parse_any(text)
    except ValueError as error:
        # Requirements, specifiers, versions (of ``===`` above all) and markers have errors of their own, which are all this.
        raise MetadataUnavailable(f"the requirement {text[:200]!r} in its metadata is not valid: {error}") from None


def _parse_plain(text: str) -> Need | None:
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    specifiers = _specifiers(match["specifier"].strip().strip("()").strip())
    extras = tuple(canonicalize_name(extra.strip()) for extra in (match["extras"] or "").split(",") if extra.strip())
    marker = parse_marker(match["marker"]) if match["marker"] and match["marker"].strip() else TRUE
    return Need(
        canonicalize_name(match["name"]),
        extras,
        (),
        marker,
        RegistryRequirement(specifier=specifiers),
        specifiers,
        to_range(specifiers),
    )


@lru_cache(maxsize=1 << 14)
def _specifiers(text: str) -> SpecifierSet:
    return SpecifierSet(text)


def _parse_any(text: str) -> Need:
    parsed = parse_requirement_leniently(text)
    specifiers = parsed.specifier
    source: RequirementSource = (
        parse_direct_url(parsed.url) if parsed.url else RegistryRequirement(specifier=specifiers)
    )
    extras = tuple(sorted(set(parsed.extras)))
    return Need(parsed.name, extras, (), parsed.marker, source, specifiers, to_range(specifiers))


def parse_direct_url(url: str) -> GitRequirement | UrlRequirement:
    """The source that a PEP 508 URL names; ``git+`` URLs carry their reference behind the last ``@`` of the path."""
    address, _, fragment = url.partition("#")
    subdirectory = dict(part.partition("=")[::2] for part in fragment.split("&") if part).get("subdirectory")
    if not address.startswith("git+"):
        return UrlRequirement(url=address, subdirectory=subdirectory)
    address = address.removeprefix("git+")
    scheme, separator, rest = address.partition("://")
    path, at, reference = rest.rpartition("@")
    if not at or "/" not in path:
        return GitRequirement(url=address, subdirectory=subdirectory)
    kind = GitReferenceKind.REV
    return GitRequirement(
        url=f"{scheme}{separator}{path}",
        reference=GitReference(kind=kind, name=reference),
        subdirectory=subdirectory,
    )


@value(kw_only=False, eq=False)
class Facts:
    """What the solver needs to know of one version of a package; compared by identity.

    ``version`` is ``None`` for a source tree whose version is dynamic.
    """

    name: str
    version: str | None
    requires_python: str | None
    needs: tuple[Need, ...]
    groups: dict[str, tuple[Need, ...]]
    extras: tuple[str, ...]
    recorded: str | None = None
    tree: TreeMetadata | None = None


def facts_of(metadata: CoreMetadata) -> Facts:
    """Core metadata of an index file, parsed; raises ``MetadataUnavailable``."""
    return Facts(
        metadata.name,
        metadata.version,
        metadata.requires_python,
        tuple(parse_need(text) for text in metadata.requires_dist),
        {},
        metadata.provides_extras,
        metadata.recorded,
    )


def facts_of_tree(tree: TreeMetadata) -> Facts:
    return Facts(
        tree.name,
        str(tree.version) if tree.version is not None else None,
        str(tree.requires_python) if tree.requires_python is not None else None,
        tuple(to_need(requirement) for requirement in tree.requires_dist),
        {group: tuple(to_need(one) for one in needs) for group, needs in tree.groups.items()},
        tree.provides_extras,
        tree=tree,
    )

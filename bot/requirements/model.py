"""What a requirements file says, statement by statement, each at its place.

Positions count characters of the file's text, ``line`` and ``column`` from 1. Values are as written: variables are not
expanded and paths not resolved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from packaging.specifiers import SpecifierSet

from bot.manifest.edit import Span
from bot.markers import TRUE, Marker

__all__ = [
    "Include",
    "IncludeKind",
    "Option",
    "OptionKind",
    "RequirementLine",
    "RequirementsFile",
    "Span",
    "Statement",
]


class IncludeKind(StrEnum):
    REQUIREMENTS = "--requirement"
    CONSTRAINTS = "--constraint"


class OptionKind(StrEnum):
    """The options that a file can state, by their long name."""

    INDEX_URL = "--index-url"
    EXTRA_INDEX_URL = "--extra-index-url"
    FIND_LINKS = "--find-links"
    NO_INDEX = "--no-index"
    REQUIRE_HASHES = "--require-hashes"
    NO_BINARY = "--no-binary"
    ONLY_BINARY = "--only-binary"
    # uv warns of these and goes on without them.
    PREFER_BINARY = "--prefer-binary"
    PRE = "--pre"
    TRUSTED_HOST = "--trusted-host"
    USE_FEATURE = "--use-feature"

    @property
    def counts(self) -> bool:
        """Whether uv obeys it."""
        return self not in _IGNORED


_IGNORED = frozenset({OptionKind.PREFER_BINARY, OptionKind.PRE, OptionKind.TRUSTED_HOST, OptionKind.USE_FEATURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementLine:
    """One requirement, with the hashes behind it.

    ``text`` is the requirement as it stands in ``span``, with its continuation lines. ``name`` is ``None`` where only a
    URL or path says what is meant (``url``, ``${VARIABLES}`` and ``..`` as written). ``end`` is where the hashes end.
    """

    text: str
    span: Span
    line: int
    name: str | None
    extras: tuple[str, ...] = ()
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    url: str | None = None
    marker: Marker = TRUE
    is_editable: bool = False
    hashes: tuple[str, ...] = ()
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """``-r`` or ``-c``: ``target`` is a path (relative to the file) or URL, without quotes."""

    kind: IncludeKind
    target: str
    span: Span
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """``value`` is empty for options that have none, and what uv does not look at for those it ignores."""

    kind: OptionKind
    value: str
    span: Span
    line: int


Statement: TypeAlias = RequirementLine | Include | Option


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsFile:
    path: str
    statements: tuple[Statement, ...]

    @property
    def requirements(self) -> tuple[RequirementLine, ...]:
        return tuple(one for one in self.statements if isinstance(one, RequirementLine))

    @property
    def includes(self) -> tuple[Include, ...]:
        return tuple(one for one in self.statements if isinstance(one, Include))

    @property
    def options(self) -> tuple[Option, ...]:
        return tuple(one for one in self.statements if isinstance(one, Option))

"""One text that names a version of a tool, at its place in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Protocol


class Tool(StrEnum):
    UV = "uv"
    PYTHON = "python"


class Form(StrEnum):
    """How a version is written: ``VERSION`` ``0.10.2``, or ``0.10`` and ``0.10.x`` for a series; ``SPECIFIER`` as PEP 440;
    ``TARGET`` ``py312``."""

    VERSION = "version"
    SPECIFIER = "specifier"
    TARGET = "target"


class Role(StrEnum):
    """What a version is for. ``PIN``: it is used. ``BOUND``: what is used has to lie within (``required-version``,
    ``requires-python``). ``ONE_OF``: one of several that are used in turn. ``OLDEST``: the lowest that code is written for."""

    PIN = "pin"
    BOUND = "bound"
    ONE_OF = "one of several"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The image that a tag is of. ``version_at`` is where the version begins in ``tag``; ``digest_start`` the offset of
    ``sha256:…`` in the file, ``None`` where there is none (``digest`` is empty then) or where it can't be edited."""

    registry: str
    repository: str
    tag: str
    version_at: int
    digest: str = ""
    digest_start: int | None = None

    def retagged(self, old: str, new: str) -> str:
        """The tag with another version in place of the one that it has."""
        return self.tag[: self.version_at] + new + self.tag[self.version_at + len(old) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The commit that a tag stands for, at offset ``start`` of the file; ``repository`` as ``github.com/owner/name``."""

    repository: str
    commit: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """``text`` is the version as written, at offset ``start`` of the file.

    ``shown`` is what people know the place by (a reference, a requirement, a line), with ``text`` at ``shown_at`` in it.
    ``kept``: why it is not edited, as a clause; ``comment``: what is said beside a bound.
    """

    tool: Tool
    path: str
    line: int
    start: int
    text: str
    form: Form = Form.VERSION
    role: Role = Role.PIN
    shown: str
    shown_at: int
    image: Image | None = None
    frozen: Frozen | None = None
    kept: str | None = None
    comment: str = ""

    #: No table of requirements: package rules for some tables don't match.
    table: ClassVar[None] = None

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def sealed(self) -> tuple[int, str] | None:
        """What has to be written anew with the version: a digest or a commit, with its offset."""
        if self.frozen is not None:
            return self.frozen.start, self.frozen.commit
        image = self.image
        return None if image is None or image.digest_start is None else (image.digest_start, image.digest)

    def shown_with(self, new: str) -> str:
        return self.shown[: self.shown_at] + new + self.shown[self.shown_at + len(self.text) :]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that is looked at; ``files`` are all paths of the repository."""

    path: str
    text: str = field(repr=False)
    files: frozenset[str] = frozenset()

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(at + 1 for at, char in enumerate(self.text) if char == "\n")]

    def line_at(self, offset: int) -> int:
        """The line, from one, that an offset lies in."""
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle)
        return low + 1

    def start_of(self, line: int) -> int:
        """The offset at which a line, counted from one, begins."""
        return self._starts[line - 1]


class PlaceKind(Protocol):
    def is_kind(self, path: str, /) -> bool:
        """Whether a file may have such places, by its path alone."""

    def find(self, source: Source, /) -> Iterator[Place]:
        """The places of a file; raises ``InputError`` where it can't be read."""

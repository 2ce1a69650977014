"""Version specifiers (PEP 440), as ``packaging`` reads and compares them, without what it loads to match versions.

``packaging.specifiers`` brings its tags along, and those logging, subprocess and platform: an eighth of the time in which
a lock is checked. What a set admits is asked of it here only by those who plan; the solver has sets of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module

from packaging.version import InvalidVersion, Version

from bot.patterns import pattern

_ARBITRARY = pattern(r"[^\s;)]*")
_PREFIX = pattern(r"[vV]?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*")


class InvalidSpecifier(ValueError):
    """A text that is no version specifier."""


class Specifier:
    """One clause: ``operator`` and ``version``, the version as it is written."""

    __slots__ = ("_key", "operator", "version")

    def __init__(self, text: str) -> None:
        """Raises ``InvalidSpecifier``."""
        stripped = text.strip()
        size = 3 if stripped.startswith("===") else 2 if stripped[:2] in ("~=", "==", "!=", "<=", ">=") else 1
        self.operator = stripped[:size]
        self.version = stripped[size:].strip()
        self._key: tuple[str, Version | str] | None = None
        if not self._is_valid():
            raise InvalidSpecifier(f"Invalid specifier: {text!r}")

    def _is_valid(self) -> bool:
        operator, text = self.operator, self.version
        if operator == "===":
            return _ARBITRARY.fullmatch(text) is not None
        if operator in ("==", "!=") and text.endswith(".*"):
            return _PREFIX.fullmatch(text[:-2]) is not None
        try:
            version = Version(text)
        except InvalidVersion:
            return False
        if operator in ("==", "!="):
            return True
        long_enough = operator != "~=" or len(version.release) > 1
        return operator in ("~=", "<=", ">=", "<", ">") and version.local is None and long_enough

    def _compared(self) -> tuple[str, Version | str]:
        """Equal for clauses that mean the same: trailing zeros say nothing, but to ``~=``."""
        if self._key is None:
            as_written = self.operator == "===" or self.version.endswith(".*")
            version: Version | str = self.version if as_written else Version(self.version)
            self._key = self.operator, str(version) if self.operator == "~=" else version
        return self._key

    def __eq__(self, other: object) -> bool:
        return self._compared() == other._compared() if isinstance(other, Specifier) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared())

    def __str__(self) -> str:
        return self.operator + self.version

    def __repr__(self) -> str:
        return f"<Specifier({str(self)!r})>"


class SpecifierSet:
    """Clauses that all have to hold, in the order in which they are given."""

    __slots__ = ("_clauses", "_sorted")

    def __init__(self, specifiers: str | Iterable[Specifier] = "") -> None:
        """Raises ``InvalidSpecifier``."""
        if isinstance(specifiers, str):
            specifiers = (Specifier(part) for part in specifiers.split(",") if part.strip())
        self._clauses = tuple(specifiers)
        self._sorted: tuple[Specifier, ...] | None = None

    def contains(self, version: Version, *, prereleases: bool) -> bool:
        """Whether a version is admitted."""
        specifiers = import_module("packaging.specifiers").SpecifierSet(str(self))
        return bool(specifiers.contains(version, prereleases=prereleases))

    def _compared(self) -> tuple[Specifier, ...]:
        """The clauses without repetitions, by their texts."""
        if self._sorted is None:
            self._sorted = tuple(dict.fromkeys(sorted(self._clauses, key=str)))
        return self._sorted

    def __iter__(self) -> Iterator[Specifier]:
        return iter(self._clauses)

    def __len__(self) -> int:
        return len(self._clauses)

    def __and__(self, other: SpecifierSet) -> SpecifierSet:
        return SpecifierSet((*self._clauses, *other._clauses))

    def __eq__(self, other: object) -> bool:
        return self._compared() == other._compared() if isinstance(other, SpecifierSet) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared())

    def __str__(self) -> str:
        return ",".join(map(str, self._compared()))

    def __repr__(self) -> str:
        return f"<SpecifierSet({str(self)!r})>"

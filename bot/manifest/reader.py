"""Typed access to what a TOML reader gives, with the place of every value, so that a wrong one is told by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from typing import Any, TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from bot.addresses import is_address
from bot.errors import DeclarationError, InputError
from bot.manifest.lines import line_of
from bot.manifest.model import DeclaredRequirement, KeyPath
from bot.manifest.requirement import (
    InvalidRequirement,
    parse_requirement,
    parse_requirement_leniently,
    parse_requirement_marker,
)
from bot.markers import Marker
from bot.patterns import pattern
from bot.pep440 import parse_specifiers, parse_version, shorten
from bot.toml import TomlError, parse_toml
from bot.values import value

Read = TypeVar("Read")
#: uv's reader has a date as a table with this key.
_MOMENT = "$__toml_private_datetime"
_INDEX_NAME = pattern(r"[A-Za-z0-9._-]*")


class Misplaced(Exception):
    """A value that is not what its place asks for; ``error`` is what it becomes where the document is known."""

    error: type[InputError] = InputError

    def __init__(self, keys: KeyPath, problem: str, hint: str | None = None) -> None:
        self.keys = keys
        self.problem = problem
        self.hint = hint
        super().__init__(problem)


class Misdeclared(Misplaced):
    """The same, in a requirement that a project declares of itself."""

    error = DeclarationError


def show_keys(keys: KeyPath) -> str:
    """Return a key path as people write it: ``tool.uv.index[0].url``."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return shorten(text)


@value(kw_only=False)
class TomlValue:
    """A value and its place; ``value`` is ``None`` where nothing is written."""

    value: Any
    keys: KeyPath = ()

    def __getitem__(self, key: str) -> TomlValue:
        if self.value is None:
            return TomlValue(None, (*self.keys, key))
        return TomlValue(self.table().get(key), (*self.keys, key))

    @property
    def is_present(self) -> bool:
        return self.value is not None

    def _typed(self, kind: type[Read], expected: str) -> Read:
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise Misplaced(self.keys, f"{show_keys(self.keys)} must be {expected}")
        return self.value

    def table(self) -> Mapping[str, Any]:
        if isinstance(self.value, date | time):
            return {_MOMENT: str(self.value)}
        return self._typed(dict, "a table")

    def record(self, *keys: str) -> TomlValue:
        """The table whose values may stand in an array too, in the order of their ``keys``, as uv takes them."""
        if isinstance(self.value, list) and len(self.value) >= len(keys):
            return TomlValue(dict(zip(keys, self.value, strict=False)), self.keys)
        return self

    def text(self) -> str:
        return self._typed(str, "text")

    def flag(self) -> bool:
        return self._typed(bool, "true or false")

    def number(self) -> int:
        return self._typed(int, "a whole number")

    def items(self) -> Iterator[TomlValue]:
        for index, entry in enumerate(self._typed(list, "an array")):
            yield TomlValue(entry, (*self.keys, index))

    def entries(self) -> Iterator[tuple[str, TomlValue]]:
        for key, entry in self.table().items():
            yield key, TomlValue(entry, (*self.keys, key))

    def maybe(self, read: Callable[[TomlValue], Read]) -> Read | None:
        """Read the value, ``None`` where nothing is written."""
        return read(self) if self.is_present else None

    def tuple_of(self, read: Callable[[TomlValue], Read]) -> tuple[Read, ...]:
        """Read an array; empty where nothing is written."""
        return tuple(read(item) for item in self.items()) if self.is_present else ()

    def refuse(self, problem: str, hint: str | None = None) -> Misplaced:
        return Misplaced(self.keys, problem, hint)

    def only(self, *allowed: str) -> TomlValue:
        """Refuse keys that the table does not know."""
        for key in self.table():
            if key not in allowed:
                raise Misplaced((*self.keys, key), f"{show_keys((*self.keys, key))} is not a known key")
        return self


def read_text(node: TomlValue) -> str:
    return node.text()


def read_url(node: TomlValue) -> str:
    """Read a URL, or the path that may stand in its place; an empty text is neither."""
    if not node.text():
        raise node.refuse("'' is not a URL", "write https://host/path, or take it out")
    if not is_address(node.text()):
        raise node.refuse(f"{shorten(node.text())!r} is not a URL", "write https://host/path")
    return node.text().strip() if "://" in node.text() else node.text()


def read_flag(node: TomlValue) -> bool:
    return node.flag()


def read_texts(node: TomlValue) -> tuple[str, ...]:
    return node.tuple_of(read_text)


def read_name(node: TomlValue) -> str:
    """Read a package, extra or group name, normalized."""
    return normal_name(node.text(), node)


def normal_name(text: str, node: TomlValue) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName as error:
        raise node.refuse(
            f"{shorten(text)!r} is not a valid name", "letters, digits, '-', '_' and '.' are allowed"
        ) from error


def read_index_name(node: TomlValue) -> str:
    """Read the name of an index, as written."""
    if _INDEX_NAME.fullmatch(node.text()) is None:
        raise node.refuse(
            f"{shorten(node.text())!r} is not a name for an index", "letters, digits, '-', '_' and '.' are allowed"
        )
    return node.text()


def read_names(node: TomlValue) -> tuple[str, ...]:
    return node.tuple_of(read_name)


def read_choice(node: TomlValue, allowed: tuple[str, ...]) -> str:
    """Read one of a few words."""
    if node.text() not in allowed:
        raise node.refuse(f"{shorten(node.text())!r} is not known here", f"use one of: {', '.join(allowed)}")
    return node.text()


def read_by_name(node: TomlValue, read: Callable[[TomlValue], Read]) -> dict[str, Read]:
    """Read a table whose keys are names, normalized; of two spellings of one name the later counts."""
    return {normal_name(key, entry): read(entry) for key, entry in (node.entries() if node.is_present else ())}


def read_named(node: TomlValue, read: Callable[[TomlValue], Read]) -> dict[str, Read]:
    """Read a table whose keys are names; normalized keys in declared order, none twice."""
    found: dict[str, Read] = {}
    for key, entry in node.entries() if node.is_present else ():
        name = normal_name(key, entry)
        if name in found:
            raise entry.refuse(f"{show_keys(entry.keys)}: {name} is declared twice", "keep one of the spellings")
        found[name] = read(entry)
    return found


def read_version(node: TomlValue) -> Version:
    try:
        return parse_version(node.text())
    except InvalidVersion as error:
        raise node.refuse(f"{shorten(node.text())!r} is not a PEP 440 version") from error


def read_specifiers(node: TomlValue) -> SpecifierSet:
    try:
        if node.text() and not all(one.strip() for one in node.text().split(",")):
            raise InvalidSpecifier("an empty clause")
        return parse_specifiers(node.text())
    except InvalidSpecifier as error:
        raise node.refuse(
            f"{shorten(node.text())!r} is not a list of version specifiers", 'write it like ">=3.11,<4"'
        ) from error


def read_requirement(node: TomlValue) -> DeclaredRequirement:
    return _read_requirement(node, parse_requirement)


def read_project_requirements(node: TomlValue, wrong: list[Misdeclared]) -> Iterator[DeclaredRequirement]:
    """Read an array of ``[project]``, known to be texts, in which old mistakes are repaired; the rest goes to ``wrong``."""
    for item in node.items() if node.is_present else ():
        try:
            yield _read_project_requirement(item)
        except Misdeclared as one:
            wrong.append(one)


def _read_project_requirement(node: TomlValue) -> DeclaredRequirement:
    try:
        return _read_requirement(node, parse_requirement_leniently)
    except Misplaced as wrong:
        raise Misdeclared(wrong.keys, wrong.problem, wrong.hint) from None


def _read_requirement(node: TomlValue, parse: Callable[[str], DeclaredRequirement]) -> DeclaredRequirement:
    try:
        return parse(node.text())
    except InvalidRequirement as error:
        raise node.refuse(f"{show_keys(node.keys)}: {error}", "write a PEP 508 requirement") from error


def read_requirements(node: TomlValue) -> tuple[DeclaredRequirement, ...]:
    return node.tuple_of(read_requirement)


def read_marker(node: TomlValue) -> Marker:
    try:
        return parse_requirement_marker(node.text())
    except InvalidRequirement as error:
        raise node.refuse(f"{show_keys(node.keys)}: {error}", "write a PEP 508 marker") from error


def build_requires(root: TomlValue) -> TomlValue:
    """``build-system.requires``, absent where it is no array: no lock depends on it, so none is refused for it."""
    table = root["build-system"].value
    found = table.get("requires") if isinstance(table, dict) else None
    return TomlValue(found if isinstance(found, list) else None, ("build-system", "requires"))


def read_document(text: str, path: str, read: Callable[[TomlValue], Read], *, first_line: int = 1) -> Read:
    """Parse TOML and read it; everything wrong becomes an ``InputError`` with path and line.

    ``first_line`` is the line of ``path`` where the text begins.
    """
    try:
        return read(TomlValue(parse_toml(text)))
    except TomlError as error:
        line = error.line + first_line - 1 if error.line else None
        hint = "correct the syntax" if error.is_syntax else None
        raise InputError(error.problem, path=path, line=line, hint=hint) from error
    except Misplaced as error:
        line_found = line_of(text, error.keys, first_line=first_line)
        raise error.error(error.problem, path=path, line=line_found, hint=error.hint) from error

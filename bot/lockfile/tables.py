"""Typed access to TOML tables of a lock: a value of the wrong kind is refused with its key."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NoReturn

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from bot.lockfile.specifiers import parse_specifiers
from bot.markers import TRUE, Marker, MarkerSyntaxError, parse_marker

Table = dict[str, Any]


class Malformed(Exception):
    """What is wrong with a part of the lock; the reader adds where it is."""


def _refuse(key: str, wanted: str, found: object) -> NoReturn:
    raise Malformed(f"'{key}' must be {wanted}, not {found!r}")


def text_of(table: Table, key: str) -> str:
    value = table.get(key)
    if isinstance(value, str):
        return value
    if value is None:
        raise Malformed(f"'{key}' is missing")
    _refuse(key, "a string", value)


def optional_text(table: Table, key: str) -> str | None:
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    _refuse(key, "a string", value)


def optional_integer(table: Table, key: str) -> int | None:
    value = table.get(key)
    if value is None or (type(value) is int and value >= 0):
        return value
    _refuse(key, "a number that is not negative", value)


def list_of(table: Table, key: str) -> list[Any]:
    value = table.get(key)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    _refuse(key, "an array", value)


def texts_of(table: Table, key: str) -> tuple[str, ...]:
    values = list_of(table, key)
    for value in values:
        if not isinstance(value, str):
            _refuse(key, "an array of strings", value)
    return tuple(values)


def tables_of(table: Table, key: str) -> list[Table]:
    values = list_of(table, key)
    for value in values:
        if not isinstance(value, dict):
            _refuse(key, "an array of tables", value)
    return values


def table_of(table: Table, key: str) -> Table:
    value = table.get(key)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    _refuse(key, "a table", value)


def first_key(table: Table, *keys: str) -> str:
    """The first of these keys that the table has; the first of all where it has none (older names come later)."""
    return next((key for key in keys if key in table), keys[0])


# --- texts with a meaning ---------------------------------------------------------------------------


@lru_cache(maxsize=1 << 15)
def _normalized(text: str) -> str | None:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        return None


def name_from(text: str) -> str:
    """A name of a package, extra or group, normalized (PEP 503)."""
    name = _normalized(text)
    if name is None:
        raise Malformed(f"'{text}' is not a valid name")
    return name


def names_of(table: Table, key: str) -> tuple[str, ...]:
    return tuple([name_from(text) for text in texts_of(table, key)])


@lru_cache(maxsize=1 << 15)
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def version_from(text: str) -> Version:
    version = _version(text)
    if version is None:
        raise Malformed(f"'{text}' is not a version")
    return version


def optional_version(table: Table, key: str) -> Version | None:
    text = optional_text(table, key)
    return None if text is None else version_from(text)


def specifiers_from(text: str) -> SpecifierSet:
    try:
        return parse_specifiers(text)
    except InvalidSpecifier:
        raise Malformed(f"'{text}' is not a version specifier") from None


@lru_cache(maxsize=1 << 14)
def _marker(text: str) -> Marker | None:
    try:
        return parse_marker(text)
    except MarkerSyntaxError:
        return None


def marker_from(text: str) -> Marker:
    marker = _marker(text)
    if marker is None:
        raise Malformed(f"'{text}' is not a marker")
    return marker


def optional_marker(table: Table, key: str) -> Marker:
    text = optional_text(table, key)
    return TRUE if text is None else marker_from(text)


def markers_of(table: Table, key: str) -> tuple[Marker, ...]:
    """The markers under a key, in their order."""
    return tuple([marker_from(text) for text in texts_of(table, key)])

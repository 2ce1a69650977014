"""Typed access to TOML tables of a lock: a value of the wrong kind is refused with its key."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from bot.limits import REQUIREMENT_LENGTH
from bot.markers import TRUE, Marker, MarkerSyntaxError, parse_marker
from bot.patterns import pattern
from bot.pep440 import parse_specifiers, parse_version, shorten

Table = dict[str, Any]

TIMESTAMP = pattern(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_REQUIREMENT = pattern(
    r"\s*[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*(?:\[[A-Za-z0-9._,\s-]*\]\s*)?(?P<rest>.*)", re.DOTALL
)
#: TOML's integers have 64 bits with their sign.
_GREATEST = (1 << 63) - 1


class Malformed(Exception):
    """What is wrong with a part of the lock; ``word`` stands on its line, if anything does: the reader looks for it."""

    def __init__(self, problem: str, word: str = "") -> None:
        self.word = word
        super().__init__(problem)


def _refuse(key: str, wanted: str, found: object) -> NoReturn:
    raise Malformed(f"'{shorten(key)}' must be {wanted}, not {show(found)}", f"{key} =")


def show(found: object) -> str:
    """A value as a message repeats it."""
    if isinstance(found, list | dict):
        return "an array" if isinstance(found, list) else "a table"
    return shorten(repr(found))


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
    if value is None or (type(value) is int and 0 <= value <= _GREATEST):
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
        raise Malformed(f"'{shorten(text)}' is not a valid name", f'"{text}"')
    return name


def names_of(table: Table, key: str) -> tuple[str, ...]:
    return tuple([name_from(text) for text in texts_of(table, key)])


@lru_cache(maxsize=1 << 15)
def _version(text: str) -> Version | None:
    try:
        return parse_version(text)
    except InvalidVersion:
        return None


def version_from(text: str) -> Version:
    version = _version(text)
    if version is None:
        raise Malformed(f"'{shorten(text)}' is not a version", f'"{text}"')
    return version


def optional_version(table: Table, key: str) -> Version | None:
    text = optional_text(table, key)
    return None if text is None else version_from(text)


def specifiers_from(text: str) -> SpecifierSet:
    try:
        return parse_specifiers(text)
    except InvalidSpecifier:
        raise Malformed(f"'{shorten(text)}' is not a version specifier", f'"{text}"') from None


def timestamp_from(text: str) -> str:
    """The text of a moment, which is one."""
    try:
        if TIMESTAMP.fullmatch(text):
            datetime.fromisoformat(text)
            return text
    except ValueError:
        pass
    raise Malformed(f"'{shorten(text)}' is not a timestamp", f'"{text}"')


def requirement_from(text: str) -> str:
    """A requirement as text, which is one."""
    head = _REQUIREMENT.fullmatch(text)
    if head is None or len(text) > REQUIREMENT_LENGTH:
        raise Malformed(f"'{shorten(text)}' is not a requirement", f'"{text}"')
    try:
        _check_conditions(head["rest"])
    except Malformed as error:
        raise Malformed(str(error), f'"{text}"') from None
    return text


def _check_conditions(rest: str) -> None:
    """What stands behind a requirement's name and extras."""
    if rest.startswith("@"):
        return
    specifier, semicolon, marker = rest.partition(";")
    specifiers_from(specifier.strip().removeprefix("(").removesuffix(")"))
    if semicolon:
        marker_from(marker)


@lru_cache(maxsize=1 << 14)
def _marker(text: str) -> Marker | None:
    try:
        return parse_marker(text)
    except MarkerSyntaxError:
        return None


def marker_from(text: str) -> Marker:
    marker = _marker(text)
    if marker is None:
        raise Malformed(f"'{shorten(text)}' is not a marker", f'"{text}"')
    return marker


def optional_marker(table: Table, key: str) -> Marker:
    text = optional_text(table, key)
    return TRUE if text is None else marker_from(text)


def markers_of(table: Table, key: str) -> tuple[Marker, ...]:
    """The markers under a key, in their order."""
    return tuple([marker_from(text) for text in texts_of(table, key)])

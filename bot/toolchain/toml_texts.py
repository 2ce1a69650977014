"""Texts of TOML documents by position: where a value stands that was read before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import InputError
from bot.manifest.lines import find_items, find_lines
from bot.manifest.model import KeyPath
from bot.patterns import pattern
from bot.toml import TomlError, parse_toml
from bot.toolchain.model import Source
from bot.toolchain.traced import Traced, trace

_QUOTED = pattern(r"\"([^\"\\\n]*)\"|'([^'\n]*)'")


def parse_document(source: Source) -> dict[str, Any]:
    """The whole document; raises ``InputError``."""
    try:
        return parse_toml(source.text)
    except TomlError as error:
        raise InputError(str(error), path=source.path) from None


def find_text(source: Source, document: Mapping[str, Any], keys: KeyPath) -> Traced | None:
    """The text at a place, as far as the file has it letter by letter between simple quotes."""
    value = value_at(document, keys)
    if not isinstance(value, str):
        return None
    is_item = isinstance(keys[-1], int)
    if is_item:
        start = find_items(source.text).get(keys)
    else:
        line = find_lines(source.text).get(keys)
        start = source.start_of(line) if line is not None else None
    if start is None:
        return None
    for found in _QUOTED.finditer(source.text, start):
        inner = found[1] if found[1] is not None else found[2]
        if inner == value:
            return trace(value, found.start() + 1)
        if is_item or "\n" in source.text[start : found.start()]:
            return None
    return None


def value_at(document: object, keys: KeyPath) -> Any:
    """What a document has at a place; ``None`` where there is nothing."""
    for key in keys:
        if isinstance(document, Mapping) and isinstance(key, str):
            document = document.get(key)
        elif isinstance(document, list) and isinstance(key, int) and key < len(document):
            document = document[key]
        else:
            return None
    return document


def each_of(document: Mapping[str, Any], keys: KeyPath) -> Iterator[KeyPath]:
    """The place itself, or those of its items where it is an array."""
    value = value_at(document, keys)
    if isinstance(value, list):
        yield from ((*keys, number) for number in range(len(value)))
    elif value is not None:
        yield keys

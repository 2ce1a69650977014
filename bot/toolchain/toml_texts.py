"""Texts of TOML documents by position: where a value stands that was read before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.errors import InputError
from bot.manifest.lines import find_items, find_lines
from bot.manifest.model import KeyPath
from bot.patterns import pattern
from bot.toml import TomlError, parse_toml
from bot.toolchain.model import Source
from bot.toolchain.traced import Traced, trace

_QUOTED = pattern(r"\"([^\"\\\n]*)\"|'([^'\n]*)'")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document with its text, which is looked through once for all places."""

    source: Source
    content: Mapping[str, Any] = field(repr=False)

    def at(self, keys: KeyPath) -> Any:
        """What it has at a place; ``None`` where there is nothing."""
        found: Any = self.content
        for key in keys:
            if isinstance(found, Mapping) and isinstance(key, str):
                found = found.get(key)
            elif isinstance(found, list) and isinstance(key, int) and key < len(found):
                found = found[key]
            else:
                return None
        return found

    def each_of(self, keys: KeyPath) -> Iterator[KeyPath]:
        """The place itself, or those of its items where it is an array."""
        value = self.at(keys)
        if isinstance(value, list):
            yield from ((*keys, number) for number in range(len(value)))
        elif value is not None:
            yield keys

    def find_text(self, keys: KeyPath) -> Traced | None:
        """The text at a place, as far as the file has it letter by letter between simple quotes."""
        value = self.at(keys)
        if not isinstance(value, str):
            return None
        is_item = isinstance(keys[-1], int)
        start = self._items.get(keys) if is_item else self._starts.get(keys)
        if start is None:
            return None
        for found in _QUOTED.finditer(self.source.text, start):
            inner = found[1] if found[1] is not None else found[2]
            if inner == value:
                return trace(value, found.start() + 1)
            if is_item or "\n" in self.source.text[start : found.start()]:
                return None
        return None

    @cached_property
    def _items(self) -> Mapping[KeyPath, int]:
        return find_items(self.source.text)

    @cached_property
    def _starts(self) -> Mapping[KeyPath, int]:
        """Where the line of each key begins."""
        return {keys: self.source.start_of(line) for keys, line in find_lines(self.source.text).items()}


def parse_document(source: Source) -> Document:
    """Raises ``InputError``."""
    try:
        return Document(source=source, content=parse_toml(source.text))
    except TomlError as error:
        raise InputError(str(error), path=source.path) from None

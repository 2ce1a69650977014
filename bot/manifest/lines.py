"""Where keys and array items of a TOML document stand: line numbers for messages, positions for edits.

The text is known to be valid TOML (it was read before), so this scan only follows structure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from bot.manifest.model import KeyPath
from bot.patterns import pattern
from bot.toml import parse_toml

_BLANK = pattern(r"(?:[ \t\r\n]|#[^\n]*+)*+")
_SPACE = pattern(r"[ \t]*")
_BARE_KEY = pattern(r"[A-Za-z0-9_-]+")
_STRING = pattern(r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}" + r'|"(?:\\.|[^"\\\n])*+"|' + r"'[^'\n]*'", re.DOTALL)
_SCALAR = pattern(r"[^,\]}\n#]+")


def find_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line (from 1) of every table, key and array item; a table that is reopened keeps its first line.

    Nesting too deep to follow ends the list early.
    """
    scan = _Scan(text)
    with suppress(RecursionError):
        scan.run()
    return scan.lines


def find_items(text: str) -> Mapping[KeyPath, int]:
    """Return where every item of an array begins, by its place; arrays of tables have no items here."""
    scan = _Scan(text)
    scan.run()
    return scan.items


def find_values(text: str) -> Mapping[KeyPath, int]:
    """Return where the value of every key and array item begins; tables with a header of their own have none."""
    scan = _Scan(text)
    scan.run()
    return scan.values


def line_of(text: str, keys: KeyPath, *, first_line: int = 1) -> int | None:
    """Return the line of a key, else of the nearest table around it; ``first_line`` is the number of the first row."""
    lines = find_lines(text)
    while keys:
        if keys in lines:
            return lines[keys] + first_line - 1
        keys = keys[:-1]
    return None


class _Scan:
    """One pass over a document; ``position`` moves forward only."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = len(text) - len(text.removeprefix("\ufeff"))
        self.lines: dict[KeyPath, int] = {}
        self.items: dict[KeyPath, int] = {}
        self.values: dict[KeyPath, int] = {}
        self.counts: dict[KeyPath, int] = {}
        self.known_line = 1
        self.known_position = 0

    def run(self) -> None:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self.position < len(self.text):
            if self.text[self.position] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.position)
        if found is None or not (found.end() > self.position or pattern in (_BLANK, _SPACE)):
            self.position += 1
            return ""
        self.position = found.end()
        return found.group()

    def _mark(self, keys: KeyPath, position: int) -> None:
        self.known_line += self.text.count("\n", self.known_position, position)
        self.known_position = position
        self.lines.setdefault(keys, self.known_line)

    def _header(self) -> KeyPath:
        start = self.position
        is_array = self.text.startswith("[[", start)
        self.position += 2 if is_array else 1
        names = self._dotted()
        keys = (*self._resolve(names[:-1]), names[-1])
        if is_array:
            self.counts[keys] = self.counts.get(keys, 0) + 1
        if keys in self.counts:
            keys += (self.counts[keys] - 1,)
        self._mark(keys, start)
        self.position = self.text.index("]", self.position) + (2 if is_array else 1)
        return keys

    def _resolve(self, names: tuple[str, ...]) -> KeyPath:
        """Follow a header's leading names; the name of an array of tables means its last item."""
        keys: KeyPath = ()
        for name in names:
            keys += (name,)
            if keys in self.counts:
                keys += (self.counts[keys] - 1,)
        return keys

    def _dotted(self) -> tuple[str, ...]:
        names = [self._name()]
        self._skip(_SPACE)
        while self.text.startswith(".", self.position):
            self.position += 1
            names.append(self._name())
            self._skip(_SPACE)
        return tuple(names)

    def _name(self) -> str:
        self._skip(_SPACE)
        if self.text[self.position] in "\"'":
            quoted = self._skip(_STRING)
            return str(parse_toml(f"key = {quoted}")["key"]) if "\\" in quoted and quoted[0] == '"' else quoted[1:-1]
        return self._skip(_BARE_KEY)

    def _pair(self, table: KeyPath) -> None:
        start = self.position
        names = self._dotted()
        for depth in range(1, len(names) + 1):
            self._mark(table + names[:depth], start)
        self.position += 1
        self._skip(_SPACE)
        self._value(table + names)

    def _value(self, keys: KeyPath) -> None:
        first = self.text[self.position]
        self.values[keys] = self.position
        if first == "[":
            self._array(keys)
        elif first == "{":
            self._inline_table(keys)
        else:
            self._skip(_STRING if first in "\"'" else _SCALAR)

    def _array(self, keys: KeyPath) -> None:
        self.position += 1
        index = 0
        self._skip(_BLANK)
        while self.text[self.position] != "]":
            self._mark((*keys, index), self.position)
            self.items[(*keys, index)] = self.position
            self._value((*keys, index))
            index += 1
            self._separator()
        self.position += 1

    def _inline_table(self, keys: KeyPath) -> None:
        self.position += 1
        self._skip(_BLANK)
        while self.text[self.position] != "}":
            self._pair(keys)
            self._separator()
        self.position += 1

    def _separator(self) -> None:
        self._skip(_BLANK)
        if self.text[self.position] == ",":
            self.position += 1
            self._skip(_BLANK)

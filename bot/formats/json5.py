"""JSON5 of strangers as plain values: JSON with comments, keys without quotes, single quotes, and commas at the end.

Numbers are ``None``: nobody asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from bot.errors import InputError
from bot.limits import JSON5_DEPTH, JSON5_LIMIT
from bot.patterns import pattern

Json5: TypeAlias = bool | str | list["Json5"] | dict[str, "Json5"] | None

_BLANK = pattern(r"(?:\s++|\ufeff|//[^\n\r\u2028\u2029]*+|/\*.*?\*/)*+", re.DOTALL)
_STRING = pattern(r'"(?:[^"\\\n\r]++|\\(?:\r\n|.))*+"' + r"|'(?:[^'\\\n\r]++|\\(?:\r\n|.))*+'", re.DOTALL)
_NAME = pattern(r"[^\W\d][\w$]*+|\$[\w$]*+")
_NUMBER = pattern(r"[+-]?(?:0[xX][0-9a-fA-F]+|Infinity|NaN|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w$])")
_ESCAPE = pattern(r"\\(?:\r\n|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_BREAKS = frozenset(("\n", "\r", "\r\n", "\u2028", "\u2029"))
_WORDS: dict[str, Json5] = {"true": True, "false": False, "null": None}


def parse_json5(text: str, path: str) -> Json5:
    """The value of a document; raises ``InputError`` with its line. Of keys that come twice the last counts."""
    if len(text) > JSON5_LIMIT:
        raise InputError(f"the text is longer than {JSON5_LIMIT} characters", path=path)
    reader = _Reader(text, path)
    found = reader.value(1)
    if reader.position < len(text):
        raise reader.refuse("something stands behind the end")
    return found


class _Reader:
    """One pass; every step ends behind the blanks that follow."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.position = 0
        self._advance(0)

    def refuse(self, problem: str) -> InputError:
        line = self.text.count("\n", 0, self.position) + 1
        return InputError(f"not valid JSON5: {problem}", path=self.path, line=line)

    def value(self, depth: int) -> Json5:
        if depth > JSON5_DEPTH:
            raise self.refuse(f"nested more than {JSON5_DEPTH} levels deep")
        match self.text[self.position : self.position + 1]:
            case "{":
                return dict(self._members(depth))
            case "[":
                return [self.value(depth + 1) for _ in self._parts("]")]
            case '"' | "'":
                return self._string()
            case _:
                return self._scalar()

    def _members(self, depth: int) -> Iterator[tuple[str, Json5]]:
        for _ in self._parts("}"):
            is_quoted = self.text[self.position : self.position + 1] in ('"', "'")
            key = self._string() if is_quoted else self._match(_NAME, "a key")
            self._take(":")
            yield key, self.value(depth + 1)

    def _parts(self, closing: str) -> Iterator[None]:
        self._advance(1)
        while not self.text.startswith(closing, self.position):
            yield
            if not self.text.startswith(closing, self.position):
                self._take(",")
        self._advance(1)

    def _string(self) -> str:
        found = _ESCAPE.sub(_unescaped, self._match(_STRING, "the end of a text")[1:-1])
        # Two halves of a character, each escaped, become one; a half alone is replaced.
        return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _scalar(self) -> Json5:
        found = _NAME.match(self.text, self.position)
        if found is not None and found[0] in _WORDS:
            self._advance(len(found[0]))
            return _WORDS[found[0]]
        self._match(_NUMBER, "a value")
        return None

    def _match(self, wanted: re.Pattern[str], what: str) -> str:
        found = wanted.match(self.text, self.position)
        if found is None:
            raise self.refuse(f"{what} is missing")
        self._advance(len(found[0]))
        return found[0]

    def _take(self, character: str) -> None:
        if not self.text.startswith(character, self.position):
            raise self.refuse(f"{character!r} is missing")
        self._advance(1)

    def _advance(self, count: int) -> None:
        blank = _BLANK.match(self.text, self.position + count)
        self.position = self.position + count if blank is None else blank.end()


def _unescaped(found: re.Match[str]) -> str:
    escaped = found[0][1:]
    if escaped in _BREAKS:
        return ""
    if len(escaped) > 1:
        return chr(int(escaped[1:], 16))
    return _LETTERS.get(escaped, escaped)

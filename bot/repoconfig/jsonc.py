"""JSON with comments (``//`` and ``/* */``), strict in everything else, with the line of every key and item.

Comments are blanked out, so positions stay those of the file. Duplicate keys, trailing commas and values that JSON
does not have (NaN) are errors; depth and size are limited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from json.decoder import JSONDecodeError
from typing import TypeAlias

from bot.errors import InputError
from bot.printable import is_encodable

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
JsonPath: TypeAlias = tuple[str | int, ...]

SIZE_LIMIT = 1024 * 1024
_DEPTH_LIMIT = 32
_PIECE = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_BLANK = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\]}:\[{]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonDocument:
    """``lines`` has the line (from 1) of every key and array item; ``()`` is the document itself."""

    value: Json
    lines: Mapping[JsonPath, int]


def parse_jsonc(text: str, path: str) -> JsonDocument:
    """Parse a file's text; raises ``InputError`` with its line."""
    if len(text) > SIZE_LIMIT:
        raise InputError(f"the file is larger than {SIZE_LIMIT // 1024} KiB", path=path)
    blanked = _PIECE.sub(_blank, text.removeprefix("\ufeff"))
    parser = JsonParser(blanked)
    try:
        return JsonDocument(value=parser.document(), lines=parser.lines)
    except JSONDecodeError as error:
        hint = "correct the syntax: JSON, with // and /* */ comments allowed"
        raise InputError(f"not valid JSON: {error.msg}", path=path, line=error.lineno, hint=hint) from None


def _refuse_constant(name: str) -> Json:
    raise ValueError(name)


def _blank(piece: re.Match[str]) -> str:
    found = piece.group()
    return found if found.startswith('"') else re.sub(r"[^\r\n]", " ", found)


class JsonParser:
    """Recursive descent over text without comments; texts and numbers are read by the standard library."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.lines: dict[JsonPath, int] = {}

    def document(self) -> Json:
        self.skip()
        value = self._value(())
        self.skip()
        if self.position < len(self.text):
            raise self.error("something follows the value")
        return value

    def error(self, problem: str) -> JSONDecodeError:
        return JSONDecodeError(problem, self.text, self.position)

    def skip(self) -> None:
        found = _BLANK.match(self.text, self.position)
        self.position = found.end() if found else self.position

    def next(self) -> str:
        return self.text[self.position : self.position + 1]

    def _mark(self, path: JsonPath) -> None:
        self.lines[path] = self.text.count("\n", 0, self.position) + 1

    def _value(self, path: JsonPath) -> Json:
        if path not in self.lines:
            self._mark(path)
        if len(path) > _DEPTH_LIMIT:
            raise self.error("nested too deeply")
        match self.next():
            case "{":
                return self._object(path)
            case "[":
                return self._array(path)
            case '"':
                return self.string()
            case _:
                return self.scalar()

    def string(self) -> str:
        found = _STRING.match(self.text, self.position)
        if found is None:
            raise self.error("a text is not closed")
        try:
            value = str(json.loads(found.group()))
        except JSONDecodeError as error:
            raise self.error(error.msg) from None
        if not is_encodable(value):
            raise self.error("half of a character (a surrogate)")
        self.position = found.end()
        return value

    def scalar(self) -> Json:
        found = _SCALAR.match(self.text, self.position)
        if found is None:
            raise self.error("a value is missing")
        try:
            value: Json = json.loads(found.group(), parse_constant=_refuse_constant)
        except ValueError:
            raise self.error(f"{found.group()[:40]!r} is not a JSON value") from None
        self.position = found.end()
        return value

    def _array(self, path: JsonPath) -> list[Json]:
        items: list[Json] = []
        self.position += 1
        self.skip()
        while self.next() != "]":
            items.append(self._value((*path, len(items))))
            self.separator("]")
        self.position += 1
        return items

    def _object(self, path: JsonPath) -> dict[str, Json]:
        members: dict[str, Json] = {}
        self.position += 1
        self.skip()
        while self.next() != "}":
            start = self.position
            key = self.key()
            if key in members:
                self.position = start
                raise self.error(f"{key!r} is given twice")
            self.lines[(*path, key)] = self.text.count("\n", 0, start) + 1
            members[key] = self._value((*path, key))
            self.separator("}")
        self.position += 1
        return members

    def key(self) -> str:
        if self.next() != '"':
            raise self.error("a key in double quotes is missing")
        key = self.string()
        self.colon()
        return key

    def colon(self) -> None:
        self.skip()
        if self.next() != ":":
            raise self.error("a ':' is missing after the key")
        self.position += 1
        self.skip()

    def separator(self, end: str) -> None:
        self.skip()
        if self.next() == end:
            return
        if self.next() != ",":
            raise self.error(f"a ',' or {end!r} is missing")
        comma = self.position
        self.position += 1
        self.skip()
        if self.next() == end:
            self.position = comma
            raise self.error(f"there is a ',' before {end!r}")

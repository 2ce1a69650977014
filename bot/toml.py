"""TOML 1.1 from outside, read in bounded time: the one place that calls the reader.

That reader, from which the standard library's was made, takes time and memory by the square of a dotted key's parts, and
gives up on deep nesting and long numbers with errors that are not its own. Here all of these are refused with a sentence,
the dotted keys before they are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import tomli

from bot.errors import LockbotError
from bot.limits import TOML_DEPTH, TOML_KEY_WORK, TOML_LIMIT
from bot.patterns import pattern

#: Dots in one line from which on it is looked at closely. No key of a real file has as many.
_MANY = 8
#: Messages may repeat a key.
_MOST_WORDS = 120
#: A quote that is missing ends with its line: so no text is gone through twice.
_PART = r"""(?:[\w-]++|"(?:\\[^\n]|[^"\\\n])*+"?|'[^'\n]*+'?)"""
#: What structure consists of, strings and comments as wholes. What matches nothing is passed over.
_TOKEN = pattern(
    r"#[^\n]*"
    r'|"""(?:\\.|[^\\])*?(?:"{3,5}|\Z)'
    r"|'''.*?(?:'{3,5}|\Z)"
    rf"|(?P<key>{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+)"
    r"|[\[\]{}\n]",
    re.DOTALL,
)
_KEY_PART = pattern(_PART, re.DOTALL)
_LONG_NUMBER = pattern(r"[0-9](?:_?[0-9]){4300}")
_PLACE = pattern(r" \(at (?:line (\d+), column \d+|end of document)\)")


class TomlError(LockbotError):
    """What is wrong with a text, as a sentence without full stop, and in which line, where that is known.

    ``is_syntax``: it is no TOML; otherwise it is too much of it.
    """

    def __init__(self, problem: str, line: int | None = None, *, is_syntax: bool = False) -> None:
        self.problem = problem
        self.line = line
        self.is_syntax = is_syntax
        super().__init__(f"{problem} (line {line})" if line else problem)


def parse_toml(text: str, *, limit: int = TOML_LIMIT) -> dict[str, Any]:
    """The document, whatever stands before it of a byte order mark; ``limit`` is in characters. Raises ``TomlError``."""
    if len(text) > limit:
        raise TomlError(f"the text is longer than {limit} characters")
    text = text.removeprefix("\ufeff")
    if any(line.count(".") >= _MANY for line in text.split("\n")):
        _refuse_long_keys(text)
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise _syntax_error(str(error), text) from None
    except RecursionError:
        raise _too_deep(text) from None
    except ValueError:
        # Its only other one: the interpreter makes no integer of more than 4300 digits.
        number = _LONG_NUMBER.search(text)
        raise TomlError("a number has too many digits", _line_at(text, number.start()) if number else None) from None
    if _is_deeper(document, TOML_DEPTH):
        raise _too_deep(text)
    return document


def _syntax_error(message: str, text: str) -> TomlError:
    place = _PLACE.search(message)
    line = int(place[1]) if place and place[1] else text.count("\n") + 1
    return TomlError(f"not valid TOML: {_PLACE.sub('', message)[:_MOST_WORDS]}", line, is_syntax=True)


def _too_deep(text: str) -> TomlError:
    deepest = next((line for line, depth in _nesting(text) if depth > TOML_DEPTH), None)
    return TomlError(f"nested more than {TOML_DEPTH} levels deep", deepest)


def _is_deeper(document: dict[str, Any], most: int) -> bool:
    level: list[Any] = [document]
    for _depth in range(most + 1):
        level = [
            child
            for one in level
            for child in (one.values() if type(one) is dict else one)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True


def _nesting(text: str) -> Iterator[tuple[int, int]]:
    """Line by line, or bracket by bracket, how deep the structure is."""
    line, depth = 1, 0
    for token in _TOKEN.finditer(text):
        found = token[0]
        line += found.count("\n")
        if found in ("[", "{"):
            depth += 1
        elif found in ("]", "}"):
            depth = max(0, depth - 1)
        elif token["key"]:
            yield line, depth + _count_parts(found)
        yield line, depth


def _refuse_long_keys(text: str) -> None:
    """Raise for a key of too many parts, and for too many of many: what they cost grows with the square."""
    work, header = 0, 0
    for line, parts, is_header in _keys(text):
        if parts > TOML_DEPTH:
            raise TomlError(f"a key has {parts} parts, more than {TOML_DEPTH}", line)
        if is_header:
            header = parts
        work += parts * (parts + header) if parts >= _MANY else 0
        if work > TOML_KEY_WORK:
            raise TomlError("too many keys of many parts", line)


def _keys(text: str) -> Iterator[tuple[int, int, bool]]:
    """Line, number of parts and whether it heads a table, of all that may be a key."""
    line, before = 1, "\n"
    for token in _TOKEN.finditer(text):
        if token["key"]:
            yield line, _count_parts(token[0]), before == "["
        line += token[0].count("\n")
        before = token[0]


def _count_parts(key: str) -> int:
    return sum(1 for _ in _KEY_PART.finditer(key)) if "." in key else 1


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1

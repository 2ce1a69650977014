"""JSON of strangers, followed by position: structure step by step, whatever nobody asks for in one go.

Values are read by the standard library, one at a time, and dropped: time grows with the text, memory with its largest value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.errors import InputError
from bot.patterns import pattern

_BLANK = pattern(r"[ \t\r\n]*+")
_CHARACTER = pattern(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A string of a document: the text that it stands for, and its place from quote to quote, ``end`` exclusive."""

    start: int
    end: int
    text: str = field(repr=False)

    def places(self, document: str) -> list[tuple[int, int]]:
        """Where each character of the text stands in the document."""
        return [one.span() for one in _CHARACTER.finditer(document, self.start + 1, self.end - 1)]


def spell(text: str, *, is_ascii: bool = False) -> str:
    """A text as the inside of a string."""
    return json.dumps(text, ensure_ascii=is_ascii)[1:-1]


class JsonWalk:
    """One pass over a document; ``position`` moves forward only. What is wrong raises ``InputError``.

    ``members`` and ``items`` stop at each value; whoever asks for the next one has read it.
    """

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.position = len(text) - len(text.removeprefix("\ufeff"))
        self._skip_blanks()

    @property
    def line(self) -> int:
        return self.text.count("\n", 0, self.position) + 1

    def is_at(self, character: str) -> bool:
        return self.text.startswith(character, self.position)

    def value(self) -> Any:
        """Read a value of any kind; numbers, which nobody asks for, are ``None``."""
        try:
            found, self.position = _DECODER.raw_decode(self.text, self.position)
        except json.JSONDecodeError as error:
            self.position = error.pos
            problem = error.msg.removesuffix(" at").removesuffix(" starting")
            raise self._refuse(problem[:1].lower() + problem[1:]) from None
        self._skip_blanks()
        return found

    def literal(self) -> Literal | None:
        """Read a value that should be a string; a null has no text, and anything else neither."""
        start = self.position
        found = self.value()
        if not isinstance(found, str):
            return None
        end = self.text.rindex('"', start, self.position) + 1
        return Literal(start=start, end=end, text=found)

    def members(self, *, once: Collection[str] = ()) -> Iterator[str]:
        """Stop at each value of an object, giving its key; nothing where there is no object.

        The keys of which there may be one only are ``once``: readers differ in which of two they take.
        """
        if not self.is_at("{"):
            self.value()
            return
        seen: set[str] = set()
        for _ in self._parts("}"):
            if not self.is_at('"'):
                raise self._refuse("a key is missing")
            key = self.value()
            if key in once and key in seen:
                raise self._at_fault(f"the key {key!r} is there twice")
            seen.add(key)
            self._take(":")
            yield key

    def items(self) -> Iterator[None]:
        """Stop at each item of an array; nowhere where there is none."""
        if not self.is_at("["):
            self.value()
            return
        yield from self._parts("]")

    def end(self) -> None:
        if self.position < len(self.text):
            raise self._refuse("something stands behind the end")

    def _parts(self, closing: str) -> Iterator[None]:
        self._take(self.text[self.position])
        if self.is_at(closing):
            self._take(closing)
            return
        yield
        while not self.is_at(closing):
            self._take(",")
            yield
        self._take(closing)

    def _take(self, character: str) -> None:
        if not self.is_at(character):
            raise self._refuse(f"{character!r} is missing")
        self.position += 1
        self._skip_blanks()

    def _skip_blanks(self) -> None:
        found = _BLANK.match(self.text, self.position)
        self.position = self.position if found is None else found.end()

    def _refuse(self, problem: str) -> InputError:
        return self._at_fault(f"not valid JSON: {problem}")

    def _at_fault(self, problem: str) -> InputError:
        column = self.position - self.text.rfind("\n", 0, self.position)
        return InputError(f"{problem} (column {column})", path=self.path, line=self.line)


def _drop(_: str) -> None:
    """Stands for every number: none is asked for."""


_DECODER = json.JSONDecoder(parse_int=_drop, parse_float=_drop)

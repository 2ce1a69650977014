"""Whether a lock is spaced as uv writes it: what its experiment ``lockfile-format-check`` looks at.

Looked at are blanks, line ends, brackets and the kind of quotes, not the order or choice of entries. The text is one that
a reader of TOML takes.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from bot.patterns import pattern

_TOKEN: Final = pattern(
    r"(?P<blank>[ \t]+)|(?P<newline>\r?\n)|(?P<comment>#[^\r\n]*)"
    r"|(?P<odd>'|\"\"\")"
    r"|(?P<text>\"(?:[^\"\\\n]|\\.)*+\")"
    r"|(?P<equals>=)|(?P<comma>,)|(?P<open_brace>\{)|(?P<close_brace>\})|(?P<open>\[)|(?P<close>\])"
    r"|(?P<atom>[^\s=,\[\]{}#\"\']+|.)"
)


class _Bracket(Enum):
    HEADER = auto()
    IN_LINE = auto()
    OVER_LINES = auto()


def find_odd_line(text: str) -> int | None:
    """The first line that uv would have spaced in another way."""
    return _Look(text).find()


class _Look:
    """One walk over a lock, token by token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._brackets: list[_Bracket] = []
        self._line = 1
        self._begins_line = True
        self._is_indented = False
        self._before = ""

    def find(self) -> int | None:
        for token in _TOKEN.finditer(self._text):
            kind = token.lastgroup or ""
            if not self._is_right(kind, token.start(), token.end()):
                return self._line
            self._line += kind == "newline"
            self._before = kind
        return None if self._text.endswith("\n") else self._line

    def _is_right(self, kind: str, start: int, end: int) -> bool:
        if kind == "blank":
            return self._is_right_blank(self._text[start:end])
        if kind == "newline":
            self._begins_line, self._is_indented = True, False
            return end - start == 1 and self._text[start - 1 : start] not in (" ", "\t")
        is_first = self._begins_line
        if is_first and not self._is_right_beginning(kind):
            return False
        self._begins_line = False
        return self._is_right_sign(kind, start, end, is_first=is_first)

    def _is_right_blank(self, blank: str) -> bool:
        if self._begins_line:
            self._is_indented = True
            return blank == "    "
        return blank == " "

    def _is_right_beginning(self, kind: str) -> bool:
        """Items of an array over several lines are indented, nothing else is."""
        wanted = _Bracket.OVER_LINES in self._brackets and kind != "close"
        return wanted is self._is_indented

    def _is_right_sign(self, kind: str, start: int, end: int, *, is_first: bool) -> bool:
        before, after = self._text[start - 1 : start], self._text[end : end + 1]
        match kind:
            case "equals":
                return before == after == " "
            case "comma":
                return before not in (" ", "\t") and after in (" ", "\n", "")
            case "open_brace":
                return after in (" ", "}", "")
            case "close_brace":
                return before in (" ", "{")
            case "open":
                self._brackets.append(self._opened(after, is_first=is_first))
                return after not in (" ", "\t")
            case "close":
                return before not in (" ", "\t") and bool(self._brackets) and self._brackets.pop() is not None
        return kind != "odd"

    def _opened(self, after: str, *, is_first: bool) -> _Bracket:
        is_second = self._before == "open" and self._brackets[-1:] == [_Bracket.HEADER]
        if is_first or is_second:
            return _Bracket.HEADER
        return _Bracket.OVER_LINES if after == "\n" else _Bracket.IN_LINE

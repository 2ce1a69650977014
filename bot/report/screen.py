"""Rows for a terminal: a table where it fits, else a list. In a pipe lines are as long as they are: a table with a line
for each row, or a list where a row needs several.

Names that people copy (branches, files, packages, versions) are never cut or broken; sentences flow.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from bot.printable import printable_lines

_GAP = 2
_ENDLESS = 1_000_000
_INDENT = 2
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """``width`` ``None``: nobody looks on, or nobody says how wide it is."""

    width: int | None = None
    colors: bool = False

    def strong(self, text: str) -> str:
        return f"{_BOLD}{text}{_PLAIN}" if self.colors else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``flows``: its text may be broken between words, down to ``least`` characters; other text never is."""

    head: str
    flows: bool = False
    least: int = 24


#: A cell's text; several lines stand below each other.
Row = Sequence[str]


def render_rows(columns: Sequence[Column], rows: Sequence[Row], screen: Screen) -> Iterator[str]:
    """The lines of a table, or of a list with the first column as headings."""
    shown = [[printable_lines(cell) for cell in row] for row in rows]
    is_flat = not any("\n" in cell for row in shown for cell in row)
    width = _ENDLESS if screen.width is None and is_flat else screen.width
    widths = None if width is None else _fit(columns, shown, width)
    if widths is None:
        yield from _list(columns, shown, screen)
    else:
        yield from _table(columns, shown, widths, screen)


# --- as a table -----------------------------------------------------------------------------------


def _fit(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[int] | None:
    """The columns' widths, ``None`` where they are too wide together."""
    natural = [max(cell_len(line) for text in texts for line in text.split("\n")) for texts in _texts(columns, rows)]
    words = [
        max(cell_len(word) for text in texts for word in (text.split() or [""])) for texts in _texts(columns, rows)
    ]
    least = [
        min(wide, max(one.least, word)) if one.flows else wide
        for one, wide, word in zip(columns, natural, words, strict=True)
    ]
    spare = width - sum(least) - _GAP * (len(columns) - 1)
    if spare < 0:
        return None
    widths = []
    for wide, narrow in zip(natural, least, strict=True):
        taken = min(spare, wide - narrow)
        spare -= taken
        widths.append(narrow + taken)
    return widths


def _texts(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[list[str]]:
    for at, column in enumerate(columns):
        yield [column.head, *(row[at] for row in rows)]


def _table(columns: Sequence[Column], rows: Sequence[Row], widths: Sequence[int], screen: Screen) -> Iterator[str]:
    yield screen.strong(_line([one.head for one in columns], widths))
    yield _line(["-" * width for width in widths], widths)
    for row in rows:
        cells = [_broken(text, width) for text, width in zip(row, widths, strict=True)]
        for at in range(max(map(len, cells))):
            yield _line([lines[at] if at < len(lines) else "" for lines in cells], widths)


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - cell_len(text)) for text, width in zip(texts, widths, strict=True))
    return (" " * _GAP).join(padded).rstrip()


def _broken(text: str, width: int) -> list[str]:
    return [part for line in text.split("\n") for part in _wrapped(line, width)] or [""]


def _wrapped(line: str, width: int) -> list[str]:
    if cell_len(line) <= width:
        return [line]
    return textwrap.wrap(line, max(1, width), break_long_words=False, break_on_hyphens=False) or [""]


# --- as a list ------------------------------------------------------------------------------------


def _list(columns: Sequence[Column], rows: Sequence[Row], screen: Screen) -> Iterator[str]:
    for at, row in enumerate(rows):
        if at:
            yield ""
        yield screen.strong(row[0].replace("\n", " "))
        for column, text in zip(columns[1:], row[1:], strict=True):
            if text:
                yield from _entry(column, text, screen)


def _entry(column: Column, text: str, screen: Screen) -> Iterator[str]:
    """``head: text``, the rest of it below the text's beginning."""
    label = " " * _INDENT + f"{column.head.lower()}: "
    room = None if screen.width is None or not column.flows else max(12, screen.width - len(label))
    lines = text.split("\n") if room is None else _broken(text, room)
    for at, line in enumerate(lines):
        yield (label if at == 0 else " " * len(label)) + line

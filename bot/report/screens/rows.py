"""Rows for a terminal: a table where it fits; else one whose sentences stand below each row; else a list. In a pipe lines
are as long as they are: a table with a line for each row, where no row needs several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from bot.printable import printable_lines
from bot.report.screens.screen import Screen, break_line, flow

_GAP = 2
_ENDLESS = 1_000_000
_INDENT = 2
_BELOW = "    "


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
    if widths is not None:
        yield from _table(columns, shown, widths, screen)
        return
    short = [at for at, column in enumerate(columns) if not column.flows]
    narrow = _fit(
        [columns[at] for at in short], _cells(shown, short), _ENDLESS if screen.width is None else screen.width
    )
    if narrow is not None and short[:1] == [0] and len(short) > 1 and _is_flat(shown, short):
        yield from _table_over_sentences(columns, shown, short, narrow, screen)
    else:
        yield from _list(columns, shown, screen)


def _cells(rows: Sequence[Row], places: Sequence[int]) -> list[list[str]]:
    return [[row[at] for at in places] for row in rows]


def _is_flat(rows: Sequence[Row], places: Sequence[int]) -> bool:
    return not any("\n" in cell for cells in _cells(rows, places) for cell in cells)


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
    yield from _head(columns, widths, screen)
    for row in rows:
        cells = [_broken(text, width) for text, width in zip(row, widths, strict=True)]
        for at in range(max(map(len, cells))):
            yield _line([lines[at] if at < len(lines) else "" for lines in cells], widths)


def _head(columns: Sequence[Column], widths: Sequence[int], screen: Screen) -> Iterator[str]:
    yield screen.strong(_line([one.head for one in columns], widths))
    yield screen.faint(_line(["-" * width for width in widths], widths))


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - cell_len(text)) for text, width in zip(texts, widths, strict=True))
    return (" " * _GAP).join(padded).rstrip()


def _broken(text: str, width: int) -> list[str]:
    return [part for line in text.split("\n") for part in break_line(line, width)] or [""]


def _table_over_sentences(
    columns: Sequence[Column], rows: Sequence[Row], short: Sequence[int], widths: Sequence[int], screen: Screen
) -> Iterator[str]:
    """What flows stands below its row, behind the name of its column."""
    yield from _head([columns[at] for at in short], widths, screen)
    for row in rows:
        yield _line([row[at] for at in short], widths)
        for at, column in enumerate(columns):
            if at not in short and row[at] not in ("", "-"):
                yield from flow(f"{column.head.lower()}: {row[at]}", screen, _BELOW, _BELOW + "  ")


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
    yield from flow(text, screen if column.flows else Screen(), label)

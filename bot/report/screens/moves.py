"""Versions that move: names, versions and how far, each below each other as far as there is room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.ports.run import UpdateLine
from bot.printable import printable
from bot.report.screens.screen import Screen

#: Longer names and versions don't push the others to the right.
_MOST = 32
_WORDS = frozenset({"major", "minor", "patch"})


def move_lines(rows: Sequence[UpdateLine], screen: Screen, indent: int) -> Iterator[str]:
    """A line for each, without the indentation that is to stand before it."""
    texts = [(printable(row.package), _versions(row), _kind(row)) for row in rows]
    if not texts:
        return
    name, versions, kind = (max(map(len, column)) for column in zip(*texts, strict=True))
    wide = (min(_MOST, name), min(_MOST, versions))
    if screen.width is not None and indent + sum(wide) + kind + 4 > screen.width:
        wide = (0, 0)
    for row, (package, moved, how) in zip(rows, texts, strict=True):
        line = f"{package.ljust(wide[0])}  {moved.ljust(wide[1])}"
        yield f"{line}  {screen.of_kind(row.kind, how)}" if how else line.rstrip()


def _versions(row: UpdateLine) -> str:
    return printable(f"{row.before} → {row.after}" if row.before else row.after)


def _kind(row: UpdateLine) -> str:
    """How far it moves, in a word; nothing where that says nothing."""
    return row.kind.value if row.before and row.kind.value in _WORDS else ""

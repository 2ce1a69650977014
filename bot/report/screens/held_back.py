"""What stays behind, and why: a line for each package, and its reason beside it or below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.ports.run import HeldBack
from bot.printable import printable
from bot.report.cut import shorten
from bot.report.screens.screen import Screen, flow

_INDENT, _BELOW = "  ", "    "
#: Longer ones don't push the others to the right.
_MOST = 32


def render_held_back(rows: Sequence[HeldBack], screen: Screen) -> Iterator[str]:
    """In the order in which they come; packages that one reason follows stand together above it."""
    widths = [min(_MOST, max(map(len, texts))) for texts in zip(*map(_texts, rows), strict=True)]
    was_long = False
    for at, reason in enumerate(dict.fromkeys(row.reason for row in rows)):
        lines = list(_group([row for row in rows if row.reason == reason], shorten(reason), widths, screen))
        if at and (was_long or len(lines) > 1):
            yield ""
        was_long = len(lines) > 1
        yield from lines


def _texts(row: HeldBack) -> tuple[str, str]:
    return printable(row.package), f"{printable(row.current)} → {printable(row.latest)}"


def _group(rows: Sequence[HeldBack], reason: str, widths: Sequence[int], screen: Screen) -> Iterator[str]:
    heads = ["  ".join(text.ljust(width) for text, width in zip(_texts(row), widths, strict=True)) for row in rows]
    beside = f"{_INDENT}{heads[-1]}  "
    is_short = "\n" not in reason and len(rows) == 1
    if is_short and (screen.width is None or len(beside) + len(reason) <= screen.width):
        yield f"{beside}{printable(reason)}"
        return
    for row, head in zip(rows, heads, strict=True):
        name = printable(row.package)
        yield f"{_INDENT}{screen.strong(name)}{head.removeprefix(name)}".rstrip()
    yield from flow(reason, screen, _BELOW)

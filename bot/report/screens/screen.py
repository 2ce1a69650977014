"""Where results are shown: how wide it is, and whether it has colours. Sentences are broken between words, and go on below
their beginning; names that people copy (branches, files, packages, versions) are never cut or broken."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.ports.run import UpdateKind
from bot.printable import printable_lines

_PLAIN = "\x1b[0m"
_BOLD, _FAINT = "\x1b[1m", "\x1b[2m"
_KINDS: Mapping[UpdateKind, str] = {
    UpdateKind.MAJOR: "\x1b[31m",
    UpdateKind.MINOR: "\x1b[36m",
    UpdateKind.PATCH: "\x1b[32m",
}
_ALARM, _WARNING = "\x1b[31m", "\x1b[33m"
#: However narrow it is, so much of a sentence stands in one line.
_LEAST = 12
#: An entry of a list of reasons; what follows it stands below its text.
_ITEM = "- "
_TELLS_WHERE = re.compile(r"(in \S+:) (?=- )")


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """``width`` ``None``: nobody looks on, or nobody says how wide it is."""

    width: int | None = None
    colors: bool = False

    def strong(self, text: str) -> str:
        return self._in(_BOLD, text)

    def faint(self, text: str) -> str:
        return self._in(_FAINT, text)

    def alarm(self, text: str) -> str:
        return self._in(_ALARM, text)

    def warning(self, text: str) -> str:
        return self._in(_WARNING, text)

    def of_kind(self, kind: UpdateKind, text: str) -> str:
        """In the colour of how far something moves."""
        return self._in(_KINDS.get(kind, ""), text)

    def _in(self, style: str, text: str) -> str:
        return f"{style}{text}{_PLAIN}" if self.colors and style and text else text


def flow(text: str, screen: Screen, first: str = "", rest: str | None = None) -> Iterator[str]:
    """The lines of a text behind ``first``, those below the first one behind ``rest`` (as wide as ``first``, if not given)."""
    lead, below = first, " " * len(first) if rest is None else rest
    for line in _TELLS_WHERE.sub("\\1\n", printable_lines(text)).split("\n"):
        start = len(line) - len(line.lstrip())
        hanging = below + " " * (start + (len(_ITEM) if line.startswith(_ITEM, start) else 0))
        for part in break_line(line, None if screen.width is None else max(_LEAST, screen.width - len(hanging))):
            yield (lead + part).rstrip()
            lead = hanging
        lead = below


def break_line(line: str, room: int | None) -> list[str]:
    """``line`` in pieces of at most ``room`` characters, between its words."""
    if room is None or len(line) <= room:
        return [line]
    return textwrap.wrap(line, max(1, room), break_long_words=False, break_on_hyphens=False) or [""]

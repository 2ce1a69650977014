"""The text of a lock as its tables, keys and rows, so that parts of it can be put into another lock unchanged.

Nothing is understood here but layout, and only the layout in which every uv writes: each key on a line of its own, long
arrays with one element to a line. ``join_lock(split_lock(text)) == text`` for each text that is split at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from bot.patterns import pattern
from bot.values import value

#: The lines of one ``key = value``.
Lines: TypeAlias = tuple[str, ...]

PACKAGE: Final = "[[package]]"

_KEY: Final = pattern(r'([A-Za-z0-9_-]+|"[^"\\]*") = (.*)', re.ASCII)
_CLOSING: Final = {"[": "]", "[[": "]]"}


@value(kw_only=False)
class Section:
    """A table as it is printed: its header (empty for the top of the file) and its keys in order."""

    header: str
    items: Mapping[str, Lines]


@value(kw_only=False)
class LockSections:
    """All tables: those before the packages, and those of each package entry."""

    head: tuple[Section, ...]
    packages: tuple[tuple[Section, ...], ...]


def split_lock(text: str) -> LockSections | None:
    """The tables of a lock; ``None`` where the text is not laid out as uv does it (comments, another program)."""
    if not text.endswith("\n"):
        return None
    head: list[Section] = []
    packages: list[list[Section]] = []
    for chunk in text[:-1].split("\n\n"):
        section = _section(chunk.split("\n"), is_first=not head)
        if section is None:
            return None
        if section.header == PACKAGE:
            packages.append([section])
        else:
            (packages[-1] if packages else head).append(section)
    return LockSections(tuple(head), tuple(map(tuple, packages)))


def join_lock(sections: LockSections) -> str:
    """The text again."""
    return "\n\n".join(map(_section_text, _all_sections(sections))) + "\n"


def _all_sections(sections: LockSections) -> Iterator[Section]:
    yield from sections.head
    for package in sections.packages:
        yield from package


def _section_text(section: Section) -> str:
    lines = [section.header] if section.header else []
    for item in section.items.values():
        lines += item
    return "\n".join(lines)


def _section(lines: Sequence[str], *, is_first: bool) -> Section | None:
    header = "" if is_first else lines[0]
    if header and not (header.startswith("[") and header.endswith("]")):
        return None
    items: dict[str, Lines] = {}
    at = 1 if header else 0
    while at < len(lines):
        match = _KEY.fullmatch(lines[at])
        if match is None or match[1] in items:
            return None
        end = at + 1
        closing = _CLOSING.get(match[2])
        if closing is not None:
            while end < len(lines) and lines[end] != closing:
                end += 1
            if end == len(lines):
                return None
            end += 1
        items[match[1]] = tuple(lines[at:end])
        at = end
    return Section(header, items)


# --- arrays -----------------------------------------------------------------------------------------


def split_rows(lines: Lines) -> tuple[str, ...] | None:
    """The elements of an array; ``None`` where they can't be told apart (several on one line)."""
    if len(lines) == 1:
        value = lines[0].partition(" = ")[2]
        inside = value[1:-1]
        if value[:1] + value[-1:] != "[]" or "}, {" in inside:
            return None
        return (inside,) if inside else ()
    rows = tuple(line[4:-1] for line in lines[1:-1] if line.startswith("    ") and line.endswith(","))
    return rows if len(rows) == len(lines) - 2 else None


def join_rows(lines: Lines, rows: Sequence[str]) -> Lines:
    """An array under the key of ``lines`` and in their layout; more than one row is always tall."""
    key = lines[0].partition(" = ")[0]
    if len(lines) == 1 and len(rows) <= 1:
        return (f"{key} = [{', '.join(rows)}]",)
    return (f"{key} = [", *(f"    {row}," for row in rows), "]")

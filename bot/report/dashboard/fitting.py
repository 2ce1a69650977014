"""Sections in at most so many characters: what is too much is dropped from the bottom, and that is said. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ROOM = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Rows that stand together: a list, a table with its ``head``, or parts that fold. ``between`` parts them."""

    rows: tuple[str, ...]
    head: str = ""
    between: str = "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """``head`` is a heading and what is said before the rows; a section without rows is left out. ``mark`` stands around it,
    also where it has no rows: there it is found again."""

    head: str
    blocks: tuple[Block, ...]
    mark: str = ""

    @property
    def count(self) -> int:
        return sum(len(one.rows) for one in self.blocks)


def fit(sections: Sequence[Section], most: int, limit: str) -> str:
    """As many rows, from the top, as there is room for; ``limit`` says of what the end is."""
    parts, left = list(_parts(sections)), max(most - _ROOM, 0)
    text: list[str] = []
    for at, part in enumerate(parts):
        if part.size > left:
            rest = sum(one.rows for one in parts[at:])
            return _joined(text) + (f"\n\n… and {rest} more rows, for which {limit} has no room." if rest else "")
        text.append(part.text)
        left -= part.size
    return _joined(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A row with what has to stand before it; ``rows`` is how many it is."""

    text: str
    rows: int

    @property
    def size(self) -> int:
        return len(self.text)


def _parts(sections: Sequence[Section]) -> Iterator[_Part]:
    for section in sections:
        opening = f"\n\n<!-- {section.mark} -->" if section.mark else ""
        head = f"{opening}\n\n{section.head}" if section.count else opening
        for block in (one for one in section.blocks if one.rows):
            for at, row in enumerate(block.rows):
                lead = f"{head}\n\n{block.head}" if at == 0 else block.between
                yield _Part(text=lead + row, rows=1)
                head = ""
        if section.mark:
            yield _Part(text=f"{head}\n\n<!-- /{section.mark} -->", rows=0)


def _joined(text: Sequence[str]) -> str:
    return "".join(text).strip("\n")

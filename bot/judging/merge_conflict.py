"""Merge conflicts that somebody committed: where a file has them, and what each side of it said. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_OURS, _BASE, _MIDDLE, _THEIRS = "<<<<<<<", "|||||||", "=======", ">>>>>>>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """``line`` is that of the first marker, counted from 1; the texts are the file as each side had it."""

    line: int
    ours: str
    theirs: str


def find_conflict(text: str) -> Conflict | None:
    """None where the file has no whole set of markers."""
    first, ours, theirs = 0, list[str](), list[str]()
    inside = ""
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        mark = _mark(line)
        if mark == _OURS and not inside:
            first, inside = first or number, mark
        elif mark is not None and _follows(mark, inside):
            inside = "" if mark == _THEIRS else mark
        else:
            ours += _kept(line, inside, _OURS)
            theirs += _kept(line, inside, _MIDDLE)
    if not first or inside:
        return None
    return Conflict(line=first, ours="".join(ours), theirs="".join(theirs))


def _mark(line: str) -> str | None:
    head, rest = line[:7], line[7:].rstrip("\r\n")
    is_mark = head in (_OURS, _BASE, _MIDDLE, _THEIRS) and (not rest or rest[0] == " ")
    return head if is_mark else None


def _follows(mark: str, inside: str) -> bool:
    return (inside, mark) in {(_OURS, _BASE), (_OURS, _MIDDLE), (_BASE, _MIDDLE), (_MIDDLE, _THEIRS)}


def _kept(line: str, inside: str, side: str) -> Iterator[str]:
    """A line of no side is on both."""
    if inside in ("", side):
        yield line

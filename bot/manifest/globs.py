"""The patterns of ``tool.uv.workspace``: ``*`` and ``?``, ``[…]``, and ``**`` for any depth (below, where it comes last).

Member patterns go folder by folder; in exclude patterns a ``*`` also runs over ``/``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import lru_cache

from bot.globs import ANY, NO_SLASH, SLASH, Characters, Element, Folders, Glob, Run, literal
from bot.patterns import pattern as compiled

_STARS = compiled(r"\*+")


def find_mistake(pattern: str) -> str | None:
    """Why uv refuses a pattern: stars that are neither one nor a whole step, a range that is not closed."""
    position = 0
    while position < len(pattern):
        if pattern[position] == "[":
            position = _class_end(pattern, position)
            if position < 0:
                return "a '[' without its ']' (write '[[]' for the bracket itself)"
        elif pattern[position] == "*":
            stars = _STARS.match(pattern, position)
            end = position + len(stars[0]) if stars else position
            if end - position > 2 or (
                end - position == 2 and (pattern[:position][-1:] + pattern[end : end + 1]).strip("/")
            ):
                return "'**' must be a whole step of the path"
            position = end - 1
        position += 1
    return None


def is_excluded(pattern: str, path: str) -> bool:
    """Whether an exclude pattern covers a folder; both relative to the workspace's root."""
    return _exclude_glob(pattern).matches(path)


def is_included(pattern: str, path: str) -> bool:
    """Whether a member pattern covers a folder; both relative to the workspace's root."""
    return _member_glob(pattern).matches(path)


def matches_name(pattern: str, name: str) -> bool:
    """Whether one step of a pattern covers one folder name."""
    return _step_glob(pattern).matches(name)


def steps_of(pattern: str) -> list[str]:
    """A member pattern folder by folder; any depth twice in a row says no more than once."""
    steps: list[str] = []
    for step in posixpath.normpath(pattern).split("/"):
        if step != "**" or steps[-1:] != ["**"]:
            steps.append(step)
    return steps


@lru_cache(maxsize=256)
def _exclude_glob(pattern: str) -> Glob:
    return Glob([*_elements(posixpath.normpath(pattern), ANY)])


@lru_cache(maxsize=256)
def _step_glob(pattern: str) -> Glob:
    return Glob([*_elements(pattern, NO_SLASH)])


@lru_cache(maxsize=256)
def _member_glob(pattern: str) -> Glob:
    *steps, last = steps_of(pattern)
    elements: list[Element] = []
    for step in steps:
        elements += [Folders()] if step == "**" else [*_elements(step, NO_SLASH), SLASH]
    elements += [Run(ANY)] if last == "**" else _elements(last, NO_SLASH)
    return Glob(elements)


def _elements(pattern: str, wild: Characters) -> Iterator[Element]:
    """The pattern's elements; ``wild`` is what ``*`` and ``?`` stand for."""
    position = 0
    last_bracket = pattern.rfind("]")
    while position < len(pattern):
        character = pattern[position]
        end = _class_end(pattern, position) if character == "[" and position < last_bracket else -1
        if end > 0:
            yield _class(pattern[position + 1 : end])
        elif character == "*":
            yield Run(wild)
        elif character == "?":
            yield wild
        else:
            yield from literal(character)
        position = max(position, end) + 1


def _class_end(pattern: str, start: int) -> int:
    """Where the ``]`` of a ``[…]`` stands, -1 where there is none: the first member may be ``]`` itself."""
    first = start + (2 if pattern.startswith("!", start + 1) else 1)
    return pattern.find("]", first + 1)


def _class(members: str) -> Characters:
    """A range that ends before it begins holds nothing."""
    negated = members.startswith("!")
    position = 1 if negated else 0
    ranges = []
    while position < len(members):
        is_range = members[position + 1 : position + 2] == "-" and position + 2 < len(members)
        ranges.append((members[position], members[position + 2 if is_range else position]))
        position += 3 if is_range else 1
    return Characters(tuple(ranges), negated)

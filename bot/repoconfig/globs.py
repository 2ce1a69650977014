"""Patterns for names and paths, with Renovate's meaning: exact, globs with ``*``, ``**``, ``?``, ``{a,b}``, and ``!``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bot.globs import ANY, NO_SLASH, Choice, Element, Folders, Glob, Run, literal

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\{[^{}]*\}|.", re.DOTALL)


def matches_name(name: str, patterns: Sequence[str]) -> bool:
    """Whether a package name matches a list: any positive pattern (none given: all), and no negative one."""
    return _matches(name, [pattern.lower() for pattern in patterns])


def matches_path(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path matches a list of globs; a pattern also covers what lies below a folder of that name."""
    return _matches(path, patterns) or any(
        not pattern.startswith("!") and path.startswith(pattern.rstrip("/") + "/") for pattern in patterns
    )


def _matches(text: str, patterns: Sequence[str]) -> bool:
    positive = [pattern for pattern in patterns if not pattern.startswith("!")]
    negative = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    wanted = not positive or any(_compiled(pattern).matches(text) for pattern in positive)
    return wanted and not any(_compiled(pattern).matches(text) for pattern in negative)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Glob:
    return Glob([element for token in _TOKEN.findall(pattern) for element in _elements(token)])


def _elements(token: str) -> Iterable[Element]:
    match token:
        case "**/":
            return [Folders()]
        case "**":
            return [Run(ANY)]
        case "*":
            return [Run(NO_SLASH)]
        case "?":
            return [NO_SLASH]
        case _ if token.startswith("{") and token.endswith("}"):
            return [Choice(tuple(token[1:-1].split(",")))]
        case _:
            return literal(token)

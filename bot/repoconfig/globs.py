"""Patterns for names and paths, with Renovate's meaning: exact, globs with ``*``, ``**``, ``?``, ``{a,b}``, regular
expressions between slashes, and ``!`` for what is excepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from bot.globs import ANY, NO_SLASH, Choice, Element, Folders, Glob, Run, literal
from bot.repoconfig.regexes import is_regex, matches_regex

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\{[^{}]*\}|.", re.DOTALL)
_SEPARATORS = re.compile(r"[-_.]+")


def matches_name(name: str, patterns: Sequence[str]) -> bool:
    """Whether a package's normalized name matches a list: any positive pattern (none given: all), and no negative one.

    Globs are normalized as names are; regular expressions are taken as they stand.
    """
    return _matches(patterns, lambda pattern: _is_named(name, pattern))


def matches_text(text: str, patterns: Sequence[str]) -> bool:
    """The same for words of lockbot's own: tables, managers."""
    return _matches(patterns, lambda pattern: matches_pattern(text, pattern))


def matches_path(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path matches a list of globs; a pattern also covers what lies below a folder of that name."""
    return _matches(patterns, lambda pattern: matches_pattern(path, pattern)) or any(
        not pattern.startswith("!") and path.startswith(pattern.rstrip("/") + "/") for pattern in patterns
    )


def matches_pattern(text: str, pattern: str) -> bool:
    """One pattern without ``!``."""
    return matches_regex(text, pattern) if is_regex(pattern) else _compiled(pattern).matches(text)


def _is_named(name: str, pattern: str) -> bool:
    if is_regex(pattern):
        return matches_regex(name, pattern)
    return _compiled(_SEPARATORS.sub("-", pattern.lower())).matches(name) or _compiled(pattern.lower()).matches(name)


def _matches(patterns: Sequence[str], matches: Callable[[str], bool]) -> bool:
    positive = [pattern for pattern in patterns if not pattern.startswith("!")]
    negative = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return (not positive or any(map(matches, positive))) and not any(map(matches, negative))


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

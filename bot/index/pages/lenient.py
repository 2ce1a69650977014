"""Repair of version specifiers, and of requirements, that were published before anyone checked them.

Nothing that parses is touched. Otherwise the repairs below are applied one after the other, each on what the one
before left, and the first text that parses is taken (uv's list, so that both accept the same files).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from bot.limits import SPECIFIER_LENGTH
from bot.patterns import pattern
from bot.resolver.model.versions import try_parse_version

_Repair = tuple[re.Pattern[str], str]

_REPAIRS: tuple[_Repair, ...] = (
    (pattern(r"(\d)([<>=~^!])"), r"\1,\2"),  # >=7.2.0<8.0.0
    (pattern(r"!=~((?:\d\.)*\d)"), r"!=\1.*"),  # !=~5.0
    (pattern(r"(<=|>=|<|>)\s*(\d+(?:\.\d+)*)\.\*"), r"\1\2"),  # >=1.9.*
    (pattern(r"(\d\.\d)+\*"), r"\1.*"),  # !=3.0*
    (pattern(r",\s*$"), ""),  # >=3.6,
    (pattern(r">dev"), ">0.0.0dev"),
    (pattern(r"(\d+(?:\.\d)*(?:a|b|rc|post|dev)\d+)\.0"), r"\1"),  # >=9.0.0a1.0
)
_QUOTES = pattern(r"['\"]")


def _substitute(found: re.Pattern[str], by: str, text: str) -> str:
    return found.sub(by, text)


def _strip_stray_quotes(text: str) -> str:
    # A marker's quotes are not stray.
    head, semicolon, marker = text.partition(";")
    return _QUOTES.sub("", head) + semicolon + marker


_STEPS: tuple[Callable[[str], str], ...] = (
    *(partial(_substitute, found, by) for found, by in _REPAIRS),
    _strip_stray_quotes,
)


def repair(text: str, parses: Callable[[str], bool]) -> str | None:
    """``text`` or what repairs make of it, whichever ``parses`` first; ``None`` where nothing does."""
    if parses(text):
        return text
    for step in _STEPS:
        changed = step(text)
        if changed != text and parses(changed):
            return changed
        text = changed
    return None


def _is_specifier(text: str) -> bool:
    if text.rstrip().endswith(","):
        return False  # ``packaging`` lets it pass; readers of the repaired text may not
    try:
        return are_versions_known(SpecifierSet(text))
    except InvalidSpecifier:
        return False


def are_versions_known(specifiers: SpecifierSet) -> bool:
    """Whether each clause names a version: ``===`` admits any text, and other clauses numbers of any length."""
    return all(
        try_parse_version(one.version if one.operator == "===" else one.version.removesuffix(".*")) is not None
        for one in specifiers
    )


@lru_cache(maxsize=1 << 12)
def repair_specifier(text: str) -> str | None:
    """A version specifier set that parses (PEP 440), ``None`` where ``text`` is beyond repair."""
    return repair(text, _is_specifier) if len(text) <= SPECIFIER_LENGTH else None

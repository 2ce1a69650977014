"""How old something has to be, in Renovate's words: ``3 days``, ``1 week``, ``> 1 year``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import timedelta

_DAYS: Mapping[str, float] = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 30, "year": 365.25}
_SHORT: Mapping[str, str] = {
    "m": "minute", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "d": "day", "w": "week",
    "wk": "week", "wks": "week", "y": "year", "yr": "year", "yrs": "year",
}  # fmt: skip
_PART = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*([a-z]+)\s*,?")
_COMPARED = re.compile(r"\s*(<=|>=|<|>|=)\s*(.+)")
_OPERATORS: Mapping[str, Callable[[timedelta, timedelta], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
#: Who waits longer waits for ever.
_LONGEST = timedelta(days=3653)


def parse_age(text: str) -> timedelta:
    """The time that a text speaks of; raises ``ValueError`` with a sentence."""
    position, found = 0, timedelta()
    words = text.strip().lower()
    while position < len(words):
        part = _PART.match(words, position)
        unit = None if part is None else _unit(part[2])
        if part is None or unit is None:
            raise ValueError(f"{text[:80]!r} is not a time; write one like '3 days' or '2 weeks'")
        found += timedelta(days=float(part[1]) * _DAYS[unit]) if float(part[1]) < 10_000 else 2 * _LONGEST
        position = part.end()
    if not words or found > _LONGEST:
        raise ValueError(f"{text[:80]!r} is not a time of at most ten years; write one like '3 days' or '2 weeks'")
    return found


def _unit(word: str) -> str | None:
    known = _SHORT.get(word, word.removesuffix("s"))
    return known if known in _DAYS else None


def check_age(text: str) -> str:
    """The text itself; raises ``ValueError`` with a sentence where it is no time."""
    parse_age(text)
    return text


def matches_age(age: timedelta, text: str) -> bool:
    """Whether an age is as a text like ``> 1 year`` says; raises ``ValueError`` with a sentence."""
    found = _COMPARED.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:80]!r} compares no age; write it like '> 1 year' or '<= 3 days'")
    return _OPERATORS[found[1]](age, parse_age(found[2]))


def check_compared_age(text: str) -> str:
    """The text itself; raises ``ValueError`` as ``matches_age`` does."""
    matches_age(timedelta(), text)
    return text

"""Repair of requirements that were published before anyone checked them; apart from ``lenient``, as pages need no such.

``packaging`` takes a while to load its parser of requirements, and a page that is kept is read without it.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.requirements import InvalidRequirement, Requirement

from bot.index.pages.lenient import are_versions_known, repair
from bot.limits import REQUIREMENT_LENGTH
from bot.patterns import pattern
from bot.pep440 import has_endless_number

_NOTHING_IN_PARENTHESES = pattern(r"\(\s*\)")


def _is_requirement(text: str) -> bool:
    # Also a marker's value may be an endless number.
    if has_endless_number(text) or _NOTHING_IN_PARENTHESES.search(text.partition(";")[0]):
        return False
    try:
        return are_versions_known(Requirement(text).specifier)
    except InvalidRequirement:
        return False


@lru_cache(maxsize=1 << 15)
def repair_requirement(text: str) -> str | None:
    """A requirement that parses (PEP 508), ``None`` where ``text`` is beyond repair."""
    return repair(text, _is_requirement) if len(text) <= REQUIREMENT_LENGTH else None

"""Repair of requirements that were published before anyone checked them; apart from ``lenient``, as pages need no such.

``packaging`` takes a while to load its parser of requirements, and a page that is kept is read without it.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.requirements import InvalidRequirement, Requirement

from bot.index.pages.lenient import repair


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


@lru_cache(maxsize=1 << 15)
def repair_requirement(text: str) -> str | None:
    """A requirement that parses (PEP 508), ``None`` where ``text`` is beyond repair."""
    return repair(text, _is_requirement)

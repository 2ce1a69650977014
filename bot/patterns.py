"""Regular expressions that are compiled when they are first used.

Compiling the hundred patterns of the modules between a request and its lock takes longer than checking a lock that is
right, which uses a handful of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

__all__ = ["pattern"]

if TYPE_CHECKING:
    from re import compile as pattern
else:

    def pattern(text, flags=0):
        """As ``re.compile``; a mistake in the expression shows at its first use."""
        return _Pattern(text, flags)


class _Pattern:
    """Becomes like the compiled pattern, attribute by attribute, as those are asked for."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # ``re`` remembers what it has compiled.
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found

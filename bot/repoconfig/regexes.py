"""Regular expressions of strangers, by an engine whose time grows with the text alone (RE2): what Renovate uses too."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

import re2

#: A pattern that takes more than this to hold is refused.
_MOST_MEMORY = 1024 * 1024
_MOST_CHARACTERS = 1000
_FORM = re.compile(r"!?/(.*)/(i?)", re.DOTALL)


class Searchable(Protocol):
    def search(self, text: str) -> object | None: ...


def is_regex(pattern: str) -> bool:
    """Whether it is written as one: ``/…/``, ``/…/i``, or with ``!`` in front."""
    return _FORM.fullmatch(pattern) is not None


def check_regex(pattern: str) -> str:
    """The pattern itself; raises ``ValueError`` with a sentence where it is written as an expression and is none."""
    if is_regex(pattern):
        _compile(pattern)
    return pattern


def matches_regex(text: str, pattern: str) -> bool:
    """Whether the expression is found in the text, whatever ``!`` says; raises ``ValueError`` as ``check_regex`` does."""
    return _compile(pattern).search(text) is not None


@lru_cache(maxsize=256)
def _compile(pattern: str) -> Searchable:
    found = _FORM.fullmatch(pattern)
    if found is None or len(pattern) > _MOST_CHARACTERS:
        raise ValueError(f"{pattern[:80]!r} is not a regular expression of at most {_MOST_CHARACTERS} characters: /…/")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    options.case_sensitive = not found[2]
    try:
        compiled: Searchable = re2.compile(found[1], options)
    except re2.error as error:
        told = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"{pattern[:80]!r} is not a regular expression that RE2 takes: {told}") from None
    return compiled

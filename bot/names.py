"""Normal forms of the names of packages, extras and groups (PEP 503, 685, 735)."""

from __future__ import annotations

import re

from bot.patterns import pattern

_VALID = pattern(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)


class InvalidName(ValueError):
    """A text that is no name."""


def canonicalize_name(name: str, *, validate: bool = False) -> str:
    """Lower case, with a single dash for each run of dashes, underscores and dots; may raise ``InvalidName``."""
    if validate and not _VALID.fullmatch(name):
        raise InvalidName(f"name is invalid: {name!r}")
    normal = name.lower().replace("_", "-").replace(".", "-")
    while "--" in normal:
        normal = normal.replace("--", "-")
    return normal

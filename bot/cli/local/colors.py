"""Whether to use colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO


def has_colors(stream: TextIO, color: str, environment: Mapping[str, str]) -> bool:
    """``--color``, else ``NO_COLOR`` and ``FORCE_COLOR``, else whether somebody looks on."""
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    return bool(environment.get("FORCE_COLOR")) or (stream.isatty() and environment.get("TERM") != "dumb")

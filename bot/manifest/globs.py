"""The patterns of ``tool.uv.workspace``: ``*`` and ``?``, ``[…]``, and ``**`` for any depth (below, where it comes last).

Member patterns go folder by folder; in exclude patterns a ``*`` also runs over ``/``.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from bot.patterns import pattern

_PIECE = pattern(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


@lru_cache(maxsize=1024)
def _compiled(pattern: str, star: str) -> re.Pattern[str]:
    text = ""
    for piece in _PIECE.findall(pattern):
        if piece.startswith("*"):
            text += star
        elif piece == "?":
            text += "[^/]" if star == "[^/]*" else "."
        elif piece.startswith("[") and len(piece) > 2:
            negated = piece.startswith("[!")
            members = re.escape(piece[2 if negated else 1 : -1]).replace("\\-", "-")
            text += f"[{'^' if negated else ''}{members}]"
        else:
            text += re.escape(piece)
    return re.compile(text, re.DOTALL)


def is_excluded(pattern: str, path: str) -> bool:
    """Whether an exclude pattern covers a folder; both relative to the workspace's root."""
    return bool(_compiled(posixpath.normpath(pattern), ".*").fullmatch(path))


def is_included(pattern: str, path: str) -> bool:
    """Whether a member pattern covers a folder; both relative to the workspace's root."""
    return _matches(posixpath.normpath(pattern).split("/"), path.split("/"))


def _matches(pattern: list[str], parts: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern == ["**"]:
        return bool(parts)
    if pattern[0] == "**":
        return any(_matches(pattern[1:], parts[start:]) for start in range(len(parts) + 1))
    return bool(parts) and bool(matches_name(pattern[0], parts[0])) and _matches(pattern[1:], parts[1:])


def matches_name(pattern: str, name: str) -> bool:
    """Whether one step of a pattern covers one folder name."""
    return bool(_compiled(pattern, "[^/]*").fullmatch(name))

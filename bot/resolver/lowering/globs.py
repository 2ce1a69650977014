"""The patterns of ``tool.uv.workspace``: ``*`` and ``?``, ``[…]``, and ``**`` for any depth.

Member patterns go folder by folder; in exclude patterns a ``*`` also runs over ``/``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

from bot.resolver.index import Tree

_PIECE = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


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
    if pattern[0] == "**":
        return any(_matches(pattern[1:], parts[start:]) for start in range(len(parts) + 1))
    return bool(parts) and bool(_segment(pattern[0], parts[0])) and _matches(pattern[1:], parts[1:])


def _segment(pattern: str, name: str) -> bool:
    return bool(_compiled(pattern, "[^/]*").fullmatch(name))


def expand(tree: Tree, root: str, pattern: str) -> Iterator[str]:
    """Yield the folders below ``root`` that a member pattern names, as paths in the tree, sorted."""
    yield from _expand(tree, root, posixpath.normpath(pattern).split("/"))


def _expand(tree: Tree, folder: str, pattern: list[str]) -> Iterator[str]:
    if not pattern:
        yield folder
        return
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        yield from _expand(tree, folder, rest)
        for name in tree.list_dirs(folder):
            if name != ".git":
                yield from _expand(tree, posixpath.normpath(posixpath.join(folder, name)), pattern)
    elif not any(character in first for character in "*?["):
        below = posixpath.normpath(posixpath.join(folder, first))
        if tree.is_dir(below):
            yield from _expand(tree, below, rest)
    else:
        for name in tree.list_dirs(folder):
            if _segment(first, name):
                yield from _expand(tree, posixpath.normpath(posixpath.join(folder, name)), rest)

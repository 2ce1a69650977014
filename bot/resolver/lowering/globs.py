"""Workspace member patterns, expanded over a tree."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from bot.manifest.globs import matches_name
from bot.resolver.model.index import Tree


def expand(tree: Tree, root: str, pattern: str) -> Iterator[str]:
    """Yield the folders below ``root`` that a member pattern names, as paths in the tree, sorted."""
    yield from _expand(tree, root, posixpath.normpath(pattern).split("/"))


def _expand(tree: Tree, folder: str, pattern: list[str]) -> Iterator[str]:
    if not pattern:
        yield folder
        return
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        if rest:
            yield from _expand(tree, folder, rest)
        for name in tree.list_dirs(folder):
            below = posixpath.normpath(posixpath.join(folder, name))
            if name != ".git":
                yield from () if rest else (below,)
                yield from _expand(tree, below, pattern)
    elif not any(character in first for character in "*?["):
        below = posixpath.normpath(posixpath.join(folder, first))
        if tree.is_dir(below):
            yield from _expand(tree, below, rest)
    else:
        for name in tree.list_dirs(folder):
            if matches_name(first, name):
                yield from _expand(tree, posixpath.normpath(posixpath.join(folder, name)), rest)

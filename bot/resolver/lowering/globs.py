"""Workspace member patterns, expanded over a tree."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from bot.manifest.globs import matches_name, steps_of
from bot.resolver.lowering.paths import is_absolute
from bot.resolver.model.index import Tree


def expand(tree: Tree, root: str, pattern: str) -> Iterator[str]:
    """Yield the folders below ``root`` that a member pattern names, as paths in the tree: each once, parents first.

    No folder is looked into more than once for each step of the pattern. An absolute pattern names no folder of a tree.
    """
    steps = steps_of(pattern)
    waiting = [] if is_absolute(pattern) else [(root, 0)]
    seen: set[tuple[str, int]] = set()
    while waiting:
        folder, step = place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        if step == len(steps):
            yield folder
        else:
            waiting += reversed([*_next(tree, folder, steps, step)])


def _next(tree: Tree, folder: str, steps: Sequence[str], step: int) -> Iterator[tuple[str, int]]:
    """The folders that one step leads to, in order, each with the step that comes next there."""
    name = steps[step]
    if name == "**":
        yield from _deeper(tree, folder, step, is_last=step + 1 == len(steps))
    elif not any(character in name for character in "*?["):
        below = _below(folder, name)
        if tree.is_dir(below):
            yield below, step + 1
    else:
        for child in tree.list_dirs(folder):
            if matches_name(name, child):
                yield _below(folder, child), step + 1


def _deeper(tree: Tree, folder: str, step: int, *, is_last: bool) -> Iterator[tuple[str, int]]:
    """``**``: where it comes last, every folder below; else the rest of the pattern holds here, or further down."""
    if not is_last:
        yield folder, step + 1
    for child in tree.list_dirs(folder):
        if child != ".git":
            below = _below(folder, child)
            yield from [(below, step + 1)] if is_last else ()
            yield below, step


def _below(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))

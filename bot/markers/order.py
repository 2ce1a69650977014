"""The total order of markers, by their diagrams: what lockfiles sort edges and requirements by when names are equal."""

from __future__ import annotations

from typing import Final

from bot.markers.diagram import CONTAINS, EXTRA, FALSE, IN, LIST, STRING, TRUE, VERSION, VERSION_STRING, Node

_RANKS: Final = {VERSION: 2, VERSION_STRING: 3, STRING: 4, IN: 5, CONTAINS: 6, LIST: 7, EXTRA: 8}
_END: Final = (1,)

SortKey = tuple[object, ...]


def sort_key_of(node: Node, known: dict[Node, SortKey]) -> SortKey:
    """Return a tuple that sorts diagrams; ``known`` keeps the keys of nodes between calls.

    TRUE, FALSE, then by the kind of the root, its key and value, then by the children: a piece that ends earlier comes
    first (its start is the end of the piece before), and then the child's own order; the answer yes before no.
    """
    found = known.get(node)
    if found is None:
        found = known[node] = _key(node, known)
    return found


def _key(node: Node, known: dict[Node, SortKey]) -> SortKey:
    if node is TRUE:
        return (0,)
    if node is FALSE:
        return (1,)
    kind, index, value = node.variable
    parts: list[object] = [_RANKS[kind], index, value]
    ends = [_END] * len(node.children) if node.cuts is None else [*[(0, *cut) for cut in node.cuts], _END]
    for end, child in zip(ends, node.children, strict=True):
        parts += (end, sort_key_of(child, known))
    return tuple(parts)

"""A sum of products for a diagram: which guards, joined by ``and`` and ``or``, say the same.

The recurrence is that of Minato and Morreale (irredundant sum of products) with range variables added: the clauses of
one variable's pieces are found between a lower bound, what must be covered, and an upper bound, what may be covered;
what all pieces have in common is covered without asking for the variable.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.markers.diagram import (
    FALSE,
    TRUE,
    Cut,
    Node,
    Variable,
    boolean_node,
    conjoin,
    disjoin,
    make_range,
    negate,
    refine,
)


class Branch(NamedTuple):
    """``guard`` (a diagram of one variable, or TRUE) and one of the ways of ``rest``."""

    guard: Node
    rest: Cover


Cover = tuple[Branch, ...] | None
"""Alternatives in order; ``None`` asks for nothing more, an empty tuple never holds."""

_Known = dict[tuple[Node, Node], tuple[Node, Cover]]
_Cofactor = tuple[Node, Node, Node]


def cover_of(node: Node) -> Cover:
    """Return the cover of a diagram."""
    return _cover(node, node, {})[1]


def _cover(lower: Node, upper: Node, known: _Known) -> tuple[Node, Cover]:
    """Return a function between the two bounds and its cover."""
    if lower is FALSE:
        return FALSE, ()
    if upper is TRUE:
        return TRUE, None
    if lower is upper and all(child is TRUE or child is FALSE for child in lower.children):
        return lower, (Branch(lower, None),)
    found = known.get((lower, upper))
    if found is None:
        found = known[lower, upper] = _split(lower, upper, known)
    return found


def _split(lower: Node, upper: Node, known: _Known) -> tuple[Node, Cover]:
    cofactors = _cofactors(lower, upper)
    exact = lower is upper
    common_upper = TRUE
    for _, _, above in cofactors:
        common_upper = conjoin(common_upper, above)
    not_common = negate(common_upper)
    common_lower = function = FALSE
    branches: dict[Node, Branch] = {}
    for guard, below, above in cofactors:
        specific, rest = _cover(conjoin(below, not_common), above, known)
        common_lower = disjoin(common_lower, conjoin(below, negate(specific)))
        if specific is FALSE:
            continue
        if not exact:
            function = disjoin(function, conjoin(guard, specific))
        same = branches.get(specific)
        branches[specific] = Branch(guard, rest) if same is None else Branch(disjoin(same.guard, guard), same.rest)
    common, rest = _cover(common_lower, common_upper, known)
    if common is not FALSE:
        branches[common] = Branch(TRUE, rest)
    return lower if exact else disjoin(function, common), tuple(branches.values())


def _cofactors(lower: Node, upper: Node) -> list[_Cofactor]:
    """Return (guard, lower, upper) for the pieces of the first variable that either bound tests."""
    variable = min(lower.variable, upper.variable)
    first = lower if lower.variable == variable else upper
    low = _expand(lower, first, variable)
    high = low if lower is upper else _expand(upper, first, variable)
    if first.cuts is None:
        guard = boolean_node(variable)
        return [
            (negate(guard), low.children[1], high.children[1]),
            (guard, low.children[0], high.children[0]),
        ]
    return _range_cofactors(variable, refine(low, high))


def _expand(node: Node, like: Node, variable: Variable) -> Node:
    """Return ``node``, or a stand-in with only equal children if it does not test the variable."""
    if node.variable == variable:
        return node
    if like.cuts is None:
        return Node(variable, None, (node, node))
    return Node(variable, (), (node,))


def _range_cofactors(variable: Variable, pieces: list[tuple[Cut | None, Node, Node]]) -> list[_Cofactor]:
    grouped: dict[tuple[Node, Node], list[int]] = {}
    for index, (_, below, above) in enumerate(pieces):
        grouped.setdefault((below, above), []).append(index)
    cofactors = []
    for (below, above), indexes in grouped.items():
        if below is FALSE:
            cofactors.append((FALSE, below, above))
            continue
        inside = set(indexes)
        truths = [(start, TRUE if i in inside else FALSE) for i, (start, _, _) in enumerate(pieces)]
        cofactors.append((make_range(variable, truths), below, above))
    return cofactors

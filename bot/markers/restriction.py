"""What is left of a marker where another one is known to hold."""

from __future__ import annotations

from bot.markers.diagram import (
    FALSE,
    TRUE,
    Node,
    disjoin_children,
    from_pieces,
    negate,
    refine,
    with_children,
)


def restrict(value: Node, given: Node) -> Node:
    """Return a diagram equal to ``value`` wherever ``given`` holds; elsewhere it says what keeps it small."""
    return _restrict(value, given, {})


def _restrict(value: Node, given: Node, known: dict[tuple[Node, Node], Node]) -> Node:
    if given is TRUE or value is TRUE or value is FALSE:
        return value
    if given is FALSE:
        return FALSE
    if value is given:
        return TRUE
    if negate(value) is given:
        return FALSE
    found = known.get((value, given))
    if found is None:
        found = known[value, given] = _decide(value, given, known)
    return found


def _decide(value: Node, given: Node, known: dict[tuple[Node, Node], Node]) -> Node:
    if value.variable < given.variable:
        return with_children(value, [_restrict(child, given, known) for child in value.children])
    if value.variable > given.variable:
        return _restrict(value, disjoin_children(given), known)
    pieces = refine(value, given)
    reachable = {(child, under): _restrict(child, under, known) for _, child, under in pieces if under is not FALSE}
    fallback = next(iter(reachable.values()), FALSE)
    return from_pieces(value, [(start, reachable.get((child, under), fallback)) for start, child, under in pieces])

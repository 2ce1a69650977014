"""Extras in diagrams: taking them away, keeping only them, deciding or replacing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.markers.diagram import (
    EXTRA,
    FALSE,
    TRUE,
    Cut,
    Node,
    Variable,
    boolean_node,
    conjoin,
    disjoin,
    disjoin_children,
    interval_node,
    negate,
    nodes_of,
    with_children,
)


def extra_variable(name: str) -> Variable:
    """Return the yes-or-no variable of one extra."""
    return (EXTRA, 0, name)


def extra_names(node: Node) -> frozenset[str]:
    """Return the names of the extras that ``node`` asks for."""
    return frozenset([inner.variable[2] for inner in nodes_of(node) if inner.variable[0] == EXTRA])


def extra_tests(node: Node) -> list[tuple[str, bool]]:
    """Return (name, whether the answer no leads to FALSE) of every test of an extra, from the root down."""
    return [(inner.variable[2], inner.children[1] is FALSE) for inner in nodes_of(node) if inner.variable[0] == EXTRA]


def without_extras(node: Node) -> Node:
    """Return where ``node`` can hold for some choice of extras."""
    return _without(node, {})


def _without(node: Node, known: dict[Node, Node]) -> Node:
    if node is TRUE or node is FALSE:
        return node
    found = known.get(node)
    if found is None:
        if node.variable[0] == EXTRA:
            found = _without(disjoin_children(node), known)
        else:
            found = with_children(node, [_without(child, known) for child in node.children])
        known[node] = found
    return found


def only_extras(node: Node) -> Node:
    """Return the choices of extras for which ``node`` can hold somewhere."""
    return _only(node, {})


def _only(node: Node, known: dict[Node, Node]) -> Node:
    if node is TRUE or node is FALSE:
        return node
    found = known.get(node)
    if found is None:
        if node.variable[0] == EXTRA:
            found = with_children(node, [_only(child, known) for child in node.children])
        else:
            found = _only(disjoin_children(node), known)
        known[node] = found
    return found


def decide_extras(node: Node, decide: Callable[[str], bool | None]) -> Node:
    """Return ``node`` with every extra answered by ``decide(name)``, where ``None`` leaves the question open."""
    return _decide(node, decide, {})


def _decide(node: Node, decide: Callable[[str], bool | None], known: dict[Node, Node]) -> Node:
    if node is TRUE or node is FALSE or node.variable > (EXTRA, 1, ""):
        return node
    found = known.get(node)
    if found is None:
        answer = decide(node.variable[2]) if node.variable[0] == EXTRA else None
        if answer is None:
            found = with_children(node, [_decide(child, decide, known) for child in node.children])
        else:
            found = _decide(node.children[0 if answer else 1], decide, known)
        known[node] = found
    return found


def replace_extras(node: Node, conditions: Mapping[str, Node]) -> Node:
    """Return ``node`` with every extra replaced by its condition (FALSE when it has none), all at once."""
    return _replace(node, conditions, {})


def _replace(node: Node, conditions: Mapping[str, Node], known: dict[Node, Node]) -> Node:
    if node is TRUE or node is FALSE:
        return node
    found = known.get(node)
    if found is None:
        children = [_replace(child, conditions, known) for child in node.children]
        if node.variable[0] == EXTRA:
            condition = conditions.get(node.variable[2], FALSE)
            found = _choose(condition, children[0], children[1])
        else:
            found = _rebuild(node, children)
        known[node] = found
    return found


def settle_extras(node: Node, bounds: Mapping[str, tuple[Node, Node]]) -> Node:
    """Return where ``node`` holds for certain; an extra is active for certain in its first bound, perhaps in its second.

    The first bound lies within the second; an extra without bounds is not active.
    """
    return _settle(node, bounds, {})


def _settle(node: Node, bounds: Mapping[str, tuple[Node, Node]], known: dict[Node, Node]) -> Node:
    if node is TRUE or node is FALSE:
        return node
    found = known.get(node)
    if found is None:
        children = [_settle(child, bounds, known) for child in node.children]
        if node.variable[0] == EXTRA:
            found = _settle_choice(bounds.get(node.variable[2], (FALSE, FALSE)), children[0], children[1])
        else:
            found = _rebuild(node, children)
        known[node] = found
    return found


def _settle_choice(bounds: tuple[Node, Node], yes: Node, no: Node) -> Node:
    certain, possible = bounds
    result = disjoin(conjoin(certain, yes), conjoin(negate(possible), no))
    # Where both answers lead to truth, it does not matter that the question is open.
    return result if certain is possible else disjoin(result, conjoin(yes, no))


def _choose(condition: Node, yes: Node, no: Node) -> Node:
    return disjoin(conjoin(condition, yes), conjoin(negate(condition), no))


def _rebuild(node: Node, children: list[Node]) -> Node:
    """Return the node with replaced children, which may ask for variables that come before its own."""
    if all(child.variable > node.variable for child in children):
        return with_children(node, children)
    if node.cuts is None:
        return _choose(boolean_node(node.variable), children[0], children[1])
    bounds: list[Cut | None] = [None, *node.cuts, None]
    result = FALSE
    for index, child in enumerate(children):
        piece = interval_node(node.variable, bounds[index], bounds[index + 1])
        result = disjoin(result, conjoin(piece, child))
    return result


def holds_somewhere(node: Node, active: frozenset[str]) -> bool:
    """Return whether ``node`` holds in some environment when exactly these extras are active."""
    return decide_extras(node, active.__contains__) is not FALSE


def holds_everywhere(node: Node, active: frozenset[str]) -> bool:
    """Return whether ``node`` holds in every environment when exactly these extras are active."""
    return decide_extras(node, active.__contains__) is TRUE

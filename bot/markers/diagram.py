"""Reduced ordered decision diagrams over marker variables: nodes and the Boolean operations.

A node asks for the value of one variable and has a child for every answer. Reading a diagram from the root, variables
come in ascending order of their tuple, so that two diagrams of the same function are the same object. There are two
shapes of nodes:

* *range* nodes (text and version variables) cut the line of all values at sorted cuts; ``children[i]`` is the answer
  between ``cuts[i - 1]`` and ``cuts[i]``. A cut is ``(value, 0)``, just before a value, or ``(value, 1)``, just
  after it. Versions are release tuples without trailing zeros, so that tuple order is version order.
* *yes-or-no* nodes have ``cuts is None`` and the children (yes, no).

Nothing in this module knows that some platforms are impossible: see ``bot.markers.platforms``.

The table of nodes is shared by the whole process on purpose: nodes are immutable values whose identity is their
equality, so the table is not state that one caller could see another change. It grows with the number of *distinct*
diagrams only; the memo of operations is emptied when it grows large.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, Final, TypeVar

# The kinds of variables, in their order from the root. Text comes first because only text variables can contradict
# one another, and extras late so that they can be taken away without rebuilding what stands above them.
STRING: Final = 0
VERSION_STRING: Final = 1
VERSION: Final = 2
IN: Final = 3
CONTAINS: Final = 4
EXTRA: Final = 5
LIST: Final = 6
_TERMINAL: Final = 7

STRING_KEYS: Final = (
    "os_name",
    "sys_platform",
    "platform_system",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_version",
    "implementation_name",
)
VERSION_KEYS: Final = ("implementation_version", "python_full_version")
# Names that cannot be an extra or a group are kept as text and ordered after those that can: third and fourth.
LIST_KEYS: Final = ("extras", "dependency_groups", "extras", "dependency_groups")

Variable = tuple[int, int, str]
"""(kind, index of the key, value of an ``in`` test or name of an extra; empty for range variables)."""
Cut = tuple[Any, int]
"""(value, 0 before it | 1 after it). All values of one node are of one type: text or release tuple."""
Interval = tuple[Cut | None, Cut | None]
"""From a cut to a cut; ``None`` is the end of the line."""

PYTHON: Final[Variable] = (VERSION, VERSION_KEYS.index("python_full_version"), "")
_LAST_PLATFORM_KEY: Final[Variable] = (STRING, STRING_KEYS.index("platform_system"), "")
_MEMO_LIMIT: Final = 300_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class Node:
    """One decision, or one of the terminals ``TRUE`` and ``FALSE``. Interned by ``make``."""

    __slots__ = ("canonical", "children", "cuts", "inverse", "mixed", "on_platform", "serial", "variable")

    def __init__(self, variable: Variable, cuts: tuple[Cut, ...] | None, children: tuple[Node, ...]) -> None:
        self.variable = variable
        self.cuts = cuts
        self.children = children
        self.serial = next(_SERIALS)
        self.on_platform = variable <= _LAST_PLATFORM_KEY
        # Platform keys come first, so a second one on a path is in a direct child.
        self.mixed = self.on_platform and any(child.on_platform for child in children)
        self.inverse: Node | None = None
        self.canonical: Node | None = None


_SERIALS = count()
_ALLOWANCE: ContextVar[list[int] | None] = ContextVar("_ALLOWANCE", default=None)
_NODES: dict[tuple[Variable, tuple[Cut, ...] | None, tuple[Node, ...]], Node] = {}
_CONJUNCTIONS: dict[tuple[Node, Node], Node] = {}
_DISJUNCTIONS: dict[tuple[Node, Node], Node] = {}

TRUE: Final = Node((_TERMINAL, 1, ""), (), ())
FALSE: Final = Node((_TERMINAL, 0, ""), (), ())
TRUE.inverse, FALSE.inverse = FALSE, TRUE


class TooManyNodes(Exception):
    """An expression has more combinations than anybody's: diagrams may grow exponentially with their variables."""


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """Within, no more than ``count`` new nodes are made; raises ``TooManyNodes``."""
    token = _ALLOWANCE.set([count])
    try:
        yield
    finally:
        _ALLOWANCE.reset(token)


def _spend() -> None:
    left = _ALLOWANCE.get()
    if left is not None:
        left[0] -= 1
        if left[0] < 0:
            raise TooManyNodes


def remember(memo: dict[Key, Value], key: Key, value: Value) -> Value:
    """Store ``value``; the memo is emptied first when it has become large."""
    if len(memo) >= _MEMO_LIMIT:
        memo.clear()
    memo[key] = value
    return value


def make(variable: Variable, cuts: tuple[Cut, ...] | None, children: tuple[Node, ...]) -> Node:
    """Return the node with these children, of which neighbours must differ unless all are equal."""
    first = children[0]
    for child in children:
        if child is not first:
            break
    else:
        return first
    key = (variable, cuts, children)
    node = _NODES.get(key)
    if node is None:
        _spend()
        node = _NODES.setdefault(key, Node(variable, cuts, children))
    return node


def make_range(variable: Variable, pieces: list[tuple[Cut | None, Node]]) -> Node:
    """Return the range node of (where the piece starts, child) in ascending order; equal neighbours are joined."""
    last = pieces[0][1]
    cuts: list[Any] = []
    children = [last]
    for piece in pieces:
        if piece[1] is not last:
            last = piece[1]
            cuts.append(piece[0])
            children.append(last)
    if not cuts:
        return last
    return make(variable, tuple(cuts), tuple(children))


def with_children(node: Node, children: list[Node]) -> Node:
    """Return ``node`` with other children, one for each of its own."""
    if node.cuts is None:
        return make(node.variable, None, tuple(children))
    return make_range(node.variable, list(zip((None, *node.cuts), children, strict=True)))


def refine(x: Node, y: Node) -> list[tuple[Cut | None, Node, Node]]:
    """Return the common refinement of two nodes of one variable: (start, child of x, child of y), ascending."""
    if x.cuts is None or y.cuts is None:
        return [(None, xc, yc) for xc, yc in zip(x.children, y.children, strict=True)]
    left, right, xs, ys = x.cuts, y.cuts, x.children, y.children
    i = j = 0
    pieces: list[tuple[Cut | None, Node, Node]] = [(None, xs[0], ys[0])]
    lefts, rights = len(left), len(right)
    while i < lefts and j < rights:
        cut = left[i]
        other = right[j]
        if cut == other:
            i += 1
            j += 1
        elif cut < other:
            i += 1
        else:
            cut = other
            j += 1
        pieces.append((cut, xs[i], ys[j]))
    pieces += [(left[k], xs[k + 1], ys[j]) for k in range(i, lefts)]
    pieces += [(right[k], xs[lefts], ys[k + 1]) for k in range(j, rights)]
    return pieces


def from_pieces(node: Node, pieces: list[tuple[Cut | None, Node]]) -> Node:
    """Return the node of the variable of ``node`` with these refined pieces."""
    if node.cuts is None:
        return make(node.variable, None, tuple([child for _, child in pieces]))
    return make_range(node.variable, pieces)


def _apply(operation: Callable[[Node, Node], Node], x: Node, y: Node) -> Node:
    # Loops, not comprehensions, which are frames of their own: the depth of recursion is that of the diagram.
    if x.variable == y.variable:
        pieces = []
        for start, a, b in refine(x, y):
            pieces.append((start, operation(a, b)))
        return from_pieces(x, pieces)
    if y.variable < x.variable:
        x, y = y, x
    children = []
    for child in x.children:
        children.append(operation(child, y))  # noqa: PERF401
    return with_children(x, children)


def conjoin(x: Node, y: Node) -> Node:
    """Return x and y."""
    if x is y or y is TRUE:
        return x
    if x is TRUE:
        return y
    if x is FALSE or y is FALSE or x.inverse is y:
        return FALSE
    key = (x, y) if x.serial < y.serial else (y, x)
    found = _CONJUNCTIONS.get(key)
    return found if found is not None else remember(_CONJUNCTIONS, key, _apply(conjoin, x, y))


def disjoin(x: Node, y: Node) -> Node:
    """Return x or y."""
    if x is y or y is FALSE:
        return x
    if x is FALSE:
        return y
    if x is TRUE or y is TRUE or x.inverse is y:
        return TRUE
    key = (x, y) if x.serial < y.serial else (y, x)
    found = _DISJUNCTIONS.get(key)
    return found if found is not None else remember(_DISJUNCTIONS, key, _apply(disjoin, x, y))


def negate(node: Node) -> Node:
    """Return not ``node``; the answer is kept on the node."""
    if node.inverse is None:
        inverse = make(node.variable, node.cuts, tuple([negate(child) for child in node.children]))
        node.inverse, inverse.inverse = inverse, node
    return node.inverse


def disjoin_children(node: Node) -> Node:
    """Return the disjunction of all answers: ``node`` with its variable quantified away."""
    result = FALSE
    for child in node.children:
        result = disjoin(result, child)
    return result


def intervals(node: Node, wanted: Node) -> list[Interval]:
    """Return the maximal intervals of a range node that lead to the child ``wanted``."""
    cuts = node.cuts or ()
    bounds: list[Cut | None] = [None, *cuts, None]
    return [(bounds[i], bounds[i + 1]) for i, child in enumerate(node.children) if child is wanted]


def interval_node(variable: Variable, low: Cut | None, high: Cut | None) -> Node:
    """Return the node that is true from ``low`` to ``high`` (``None``: without limit); FALSE when that is empty."""
    if low is not None and high is not None and low >= high:
        return FALSE
    pieces: list[tuple[Cut | None, Node]] = [(None, TRUE)] if low is None else [(None, FALSE), (low, TRUE)]
    if high is not None:
        pieces.append((high, FALSE))
    return make_range(variable, pieces)


def point_node(variable: Variable, value: Any) -> Node:
    """Return the node that is true at one value of a range variable."""
    return interval_node(variable, (value, 0), (value, 1))


def boolean_node(variable: Variable) -> Node:
    """Return the node that is true when the answer to a yes-or-no variable is yes."""
    return make(variable, None, (TRUE, FALSE))


def nodes_of(root: Node) -> Iterator[Node]:
    """Yield every decision under ``root`` once, a node before its children, first children first."""
    seen = {TRUE, FALSE}
    pending = [root]
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            yield node
            pending.extend(reversed(node.children))

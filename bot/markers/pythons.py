"""The Python version in diagrams: bounds, intervals, and what a known interval takes away.

Bounds follow release-only comparison: ``3.13.0b1`` counts as ``3.13``, and trailing zeros say nothing.
"""

from __future__ import annotations

from typing import Final

from bot.markers.diagram import FALSE, PYTHON, TRUE, Cut, Interval, Node, interval_node, make_range, with_children
from bot.values import value


def trim_release(release: tuple[int, ...]) -> tuple[int, ...]:
    """Return the release without trailing zeros; one number always stays."""
    length = len(release)
    while length > 1 and release[length - 1] == 0:
        length -= 1
    return release[:length]


@value
class Bound:
    """One end of an interval of Python versions; ``release`` is trimmed on creation, ``None`` means without limit."""

    release: tuple[int, ...] | None = None
    inclusive: bool = False

    def __post_init__(self) -> None:
        if self.release is None:
            object.__setattr__(self, "inclusive", False)
        else:
            object.__setattr__(self, "release", trim_release(self.release))

    def as_lower_cut(self) -> Cut | None:
        """Return the place where an interval with this lower bound starts (``None``: no limit)."""
        return None if self.release is None else (self.release, 0 if self.inclusive else 1)

    def as_upper_cut(self) -> Cut | None:
        """Return the place where an interval with this upper bound ends (``None``: no limit)."""
        return None if self.release is None else (self.release, 1 if self.inclusive else 0)

    def lower_key(self) -> tuple[int, tuple[int, ...], int]:
        """Return a sort key for lower bounds: no limit first, an inclusive bound before an exclusive one."""
        return (0, (), 0) if self.release is None else (1, self.release, 0 if self.inclusive else 1)

    def upper_key(self) -> tuple[int, tuple[int, ...], int]:
        """Return a sort key for upper bounds: an exclusive bound before an inclusive one, no limit last."""
        return (2, (), 0) if self.release is None else (1, self.release, 1 if self.inclusive else 0)


UNBOUNDED: Final = Bound()


def python_interval(lower: Bound, upper: Bound) -> Node:
    """Return the diagram of ``python_full_version`` between two bounds; FALSE when nothing is between them."""
    return interval_node(PYTHON, lower.as_lower_cut(), upper.as_upper_cut())


def simplify_python(node: Node, lower: Bound, upper: Bound) -> Node:
    """Return ``node`` with all Python versions outside the bounds answered as those next to them inside."""
    low, high = lower.as_lower_cut(), upper.as_upper_cut()
    if low is None and high is None:
        return node
    return _simplify(node, (low, high), {})


def _simplify(node: Node, within: Interval, known: dict[Node, Node]) -> Node:
    if node.variable > PYTHON:
        return node
    found = known.get(node)
    if found is None:
        if node.variable == PYTHON:
            found = _clip(node, within)
        else:
            found = with_children(node, [_simplify(child, within, known) for child in node.children])
        known[node] = found
    return found


def _clip(node: Node, within: Interval) -> Node:
    low, high = within
    if low is not None and high is not None and low >= high:
        return FALSE
    first = node.children[0]
    pieces: list[tuple[Cut | None, Node]] = [(None, first)]
    for cut, child in zip(node.cuts or (), node.children[1:], strict=True):
        if low is not None and cut <= low:
            pieces = [(None, child)]
        elif high is None or cut < high:
            pieces.append((cut, child))
    return make_range(PYTHON, pieces)


def bounds_of(node: Node) -> tuple[Bound, Bound] | None:
    """Return the narrowest bounds around all Python versions for which ``node`` can hold.

    ``None`` when no Python version is tested on any way to TRUE. A way without a test beside one with a test gives
    unlimited bounds.
    """
    if node is TRUE or node is FALSE:
        return None
    found = _python_intervals(node)
    if found == {(None, None)}:
        return None
    lows = [low for low, _ in found]
    highs = [high for _, high in found]
    low = None if None in lows else min([low for low in lows if low is not None])
    high = None if None in highs else max([high for high in highs if high is not None])
    return (
        Bound() if low is None else Bound(release=low[0], inclusive=low[1] == 0),
        Bound() if high is None else Bound(release=high[0], inclusive=high[1] == 1),
    )


def _python_intervals(root: Node) -> set[Interval]:
    found: set[Interval] = set()
    seen: set[Node] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if node is FALSE or node in seen:
            continue
        seen.add(node)
        if node.variable > PYTHON:
            found.add((None, None))
        elif node.variable < PYTHON:
            pending.extend(node.children)
        else:
            bounds: list[Cut | None] = [None, *(node.cuts or ()), None]
            found.update((bounds[i], bounds[i + 1]) for i, child in enumerate(node.children) if child is not FALSE)
    return found

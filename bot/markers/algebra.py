"""``Marker``: a set of environments and extras, in the one form that all equal markers share.

Two markers are equal when they agree on all *possible* platforms, and then they are the same object: compare with
``is`` or ``==``, put them in sets. All operations answer markers in that form, as uv 0.13.9 does.

Equality by identity needs a table of all markers in the process; it holds values only, see ``bot.markers.diagram``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NoReturn

from bot.markers import diagram, extras, pythons, restriction
from bot.markers.diagram import EXTRA, PYTHON, Node
from bot.markers.diagram import FALSE as FALSE_NODE
from bot.markers.diagram import TRUE as TRUE_NODE
from bot.markers.order import SortKey, sort_key_of
from bot.markers.platforms import canonical
from bot.markers.pythons import Bound
from bot.markers.render import Clause, clauses_of, render


class Marker:
    """An immutable marker; made by the functions of this package only."""

    __slots__ = ("_extras", "_only_extras", "_order", "_text", "_without_extras", "is_false", "is_true", "node")

    def __init__(self, node: Node) -> None:
        self.node: Final = node
        self.is_true: Final = node is TRUE_NODE
        self.is_false: Final = node is FALSE_NODE
        self._text: str | None = None
        self._order: SortKey | None = None
        self._without_extras: Marker | None = None
        self._only_extras: Marker | None = None
        self._extras: frozenset[str] | None = None

    def __and__(self, other: Marker) -> Marker:
        if self is other or other.is_true or self.is_false:
            return self
        if self.is_true or other.is_false:
            return other
        found = _ANDS.get((self, other))
        if found is None:
            found = diagram.remember(_ANDS, (self, other), as_marker(diagram.conjoin(self.node, other.node)))
        return found

    def __or__(self, other: Marker) -> Marker:
        if self is other or other.is_false or self.is_true:
            return self
        if self.is_false or other.is_true:
            return other
        found = _ORS.get((self, other))
        if found is None:
            found = diagram.remember(_ORS, (self, other), as_marker(diagram.disjoin(self.node, other.node)))
        return found

    def __invert__(self) -> Marker:
        return as_marker(diagram.negate(self.node))

    def implies(self, other: Marker) -> Marker:
        """Return ``~self | other``: TRUE when ``other`` holds wherever this marker does."""
        return ~self | other

    def is_disjoint(self, other: Marker) -> bool:
        """Return whether no possible environment is in both markers."""
        return (self & other).is_false

    def restrict(self, given: Marker) -> Marker:
        """Return a small marker that equals this one wherever ``given`` holds; elsewhere it may say anything."""
        found = _RESTRICTIONS.get((self, given))
        if found is None:
            result = as_marker(restriction.restrict(self.node, given.node))
            found = diagram.remember(_RESTRICTIONS, (self, given), result)
        return found

    def without_extras(self) -> Marker:
        """Return where this marker can hold for some choice of extras; mentions no extra."""
        if self._without_extras is None:
            self._without_extras = as_marker(extras.without_extras(self.node))
        return self._without_extras

    def only_extras(self) -> Marker:
        """Return for which choices of extras this marker can hold somewhere; mentions nothing but extras."""
        if self._only_extras is None:
            self._only_extras = as_marker(extras.only_extras(self.node))
        return self._only_extras

    def assume_extras(self, decide: Callable[[str], bool | None]) -> Marker:
        """Return this marker with every extra replaced by ``decide(name)``; ``None`` leaves that extra as it is."""
        return as_marker(extras.decide_extras(self.node, decide))

    def replace_extras(self, conditions: Mapping[str, Marker]) -> Marker:
        """Return this marker with every extra replaced by its condition, all at once; without one it is not active."""
        return as_marker(extras.replace_extras(self.node, {name: marker.node for name, marker in conditions.items()}))

    def settle_extras(self, bounds: Mapping[str, tuple[Marker, Marker]]) -> Marker:
        """Return where this marker holds for certain, with every extra between two bounds.

        In the first bound, which lies within the second, an extra is active for certain, outside of the second for
        certain not; without bounds it is not active.
        """
        nodes = {name: (certain.node, possible.node) for name, (certain, possible) in bounds.items()}
        return as_marker(extras.settle_extras(self.node, nodes))

    def extras(self) -> frozenset[str]:
        """Return the names of all extras that this marker depends on."""
        if self._extras is None:
            self._extras = extras.extra_names(self.node)
        return self._extras

    def extra_tests(self) -> list[tuple[str, bool]]:
        """Return (name, wanted) for every decision on an extra, from the root down; a name can occur repeatedly.

        ``wanted`` is whether the marker fails at that decision when the extra is not active.
        """
        return extras.extra_tests(self.node)

    def holds_somewhere(self, active: Iterable[str]) -> bool:
        """Return whether some environment satisfies the marker when exactly these extras are active."""
        return extras.holds_somewhere(self.node, frozenset(active))

    def holds_everywhere(self, active: Iterable[str]) -> bool:
        """Return whether every environment satisfies the marker when exactly these extras are active."""
        return extras.holds_everywhere(self.node, frozenset(active))

    def top_level_extra(self) -> str | None:
        """Return the extra that every clause of the marker's text demands, if there is one.

        Where the first decision is an extra that is enough alone, that extra is the answer, even if others would be
        enough as well: uv takes the same short way.
        """
        if self.node.variable[0] == EXTRA and self.node.children[0] is TRUE_NODE:
            return self.node.variable[2]
        names = {_wanted_extra(clause) for clause in clauses_of(self.node)}
        return names.pop() if len(names) == 1 else None

    def simplify_python(self, lower: Bound, upper: Bound) -> Marker:
        """Return this marker for readers who know that the Python version is within the bounds."""
        return as_marker(pythons.simplify_python(self.node, lower, upper))

    def complexify_python(self, lower: Bound, upper: Bound) -> Marker:
        """Return this marker and the bounds; what ``simplify_python`` took away comes back."""
        return self & python_version_marker(lower, upper)

    def __str__(self) -> str:
        return marker_text(self) or "python_version >= '0'"

    def __repr__(self) -> str:
        return f"<Marker {self}>"

    def __copy__(self) -> Marker:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Marker:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Marker lives in one process: store str(marker) and parse that again")


_MARKERS: dict[Node, Marker] = {}
_ANDS: dict[tuple[Marker, Marker], Marker] = {}
_ORS: dict[tuple[Marker, Marker], Marker] = {}
_RESTRICTIONS: dict[tuple[Marker, Marker], Marker] = {}
_SORT_KEYS: dict[Node, SortKey] = {}


def as_marker(node: Node) -> Marker:
    """Return the marker of a diagram, which is made canonical first."""
    if node.mixed:
        node = canonical(node)
    marker = _MARKERS.get(node)
    return marker if marker is not None else _MARKERS.setdefault(node, Marker(node))


TRUE: Final = as_marker(TRUE_NODE)
FALSE: Final = as_marker(FALSE_NODE)


def _wanted_extra(clause: Clause) -> str | None:
    names = [term.right[1:-1] for term in clause if term.left == "extra" and term.operator == "=="]
    return names[0] if names else None


def marker_text(marker: Marker) -> str | None:
    """Return the text as uv writes it; ``None`` for TRUE, ``python_version < '0'`` for FALSE."""
    if marker._text is None:
        marker._text = render(marker.node)
    return marker._text


def sort_key(marker: Marker) -> SortKey:
    """Return the key that markers are sorted by in lockfiles."""
    if marker._order is None:
        marker._order = sort_key_of(marker.node, _SORT_KEYS)
    return marker._order


def all_of(markers: Iterable[Marker]) -> Marker:
    """Return the conjunction; TRUE of nothing."""
    result = TRUE
    for marker in markers:
        result &= marker
    return result


def any_of(markers: Iterable[Marker]) -> Marker:
    """Return the disjunction; FALSE of nothing."""
    result = FALSE
    for marker in markers:
        result |= marker
    return result


def extra_marker(name: str) -> Marker:
    """Return ``extra == name``; the name is taken as it is."""
    return as_marker(diagram.boolean_node(extras.extra_variable(name)))


def python_version_marker(lower: Bound, upper: Bound) -> Marker:
    """Return the marker of all Python versions between the bounds; FALSE when there are none."""
    return as_marker(pythons.python_interval(lower, upper))


def requires_python_of(marker: Marker) -> tuple[Bound, Bound] | None:
    """Return the narrowest bounds around all Python versions for which the marker can hold.

    ``None`` when the marker does not test the Python version on any way to truth (or is TRUE or FALSE).
    """
    return pythons.bounds_of(marker.node)


def asks_for_python(marker: Marker) -> bool:
    """Return whether the marker depends on the Python version."""
    return any(node.variable == PYTHON for node in diagram.nodes_of(marker.node))

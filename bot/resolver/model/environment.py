"""Where one fork's solution holds: a marker, a Python range, and conflict items that are in or out (spec 4.6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.markers import TRUE, UNBOUNDED, Bound, Marker, requires_python_of
from bot.markers.point import Point, holds_at
from bot.resolver.model.python_range import PythonRange
from bot.values import replace, value


class Rule(NamedTuple):
    """A conflict item that a fork includes, or excludes."""

    item: ConflictItem
    included: bool


@value
class Environment:
    """The environments of one fork. ``python`` is the project's range, narrowed by the marker's own bounds.

    ``point``: a solve for this one environment, which never falls apart: its ``marker`` stays true everywhere.
    """

    marker: Marker = TRUE
    python: PythonRange
    point: Point | None = None
    included: frozenset[ConflictItem] = frozenset()
    excluded: frozenset[ConflictItem] = frozenset()

    def admits(self, marker: Marker) -> bool:
        """Whether the marker can hold in this fork; in a fork that is nowhere nothing can."""
        if self.point is not None:
            return holds_at(marker, self.point)
        return not self.marker.is_disjoint(marker)

    def admits_item(self, item: ConflictItem) -> bool:
        """Whether dependencies of this extra, group or project belong into this fork.

        An extra brings its project along, so it is out with the project unless it was included by name.
        """
        if item in self.excluded:
            return False
        if item.kind is ConflictKind.EXTRA:
            project = ConflictItem(package=item.package, kind=ConflictKind.PROJECT)
            if project in self.excluded:
                return item in self.included
        return True

    def narrowed(self, marker: Marker) -> Environment:
        """The part of this fork where ``marker`` holds; the Python range is left to ``settled``."""
        return replace(self, marker=self.marker & marker)

    def settled(self) -> Environment:
        """With the Python range narrowed by the bounds that the marker implies."""
        bounds = requires_python_of(self.marker)
        narrower = self.python.narrow(*bounds) if bounds is not None else None
        return self if narrower is None else replace(self, python=narrower)

    def filtered(self, rules: Iterable[Rule]) -> Environment | None:
        """With conflict items ruled in or out; ``None`` where that contradicts an earlier rule."""
        included, excluded = set(self.included), set(self.excluded)
        for item, is_in in rules:
            if item in (excluded if is_in else included):
                return None
            (included if is_in else excluded).add(item)
        return replace(self, included=frozenset(included), excluded=frozenset(excluded))

    @property
    def lower_python(self) -> tuple[int, tuple[int, ...], int]:
        """The sort key of the lower Python bound that the marker implies."""
        bounds = requires_python_of(self.marker)
        return (bounds[0] if bounds is not None else UNBOUNDED).lower_key()

    def split_at_python(self, at: Bound) -> list[Environment]:
        """The forks below and from a lower Python bound on; empty where the bound does not lie inside the range."""
        parts = self.python.split(at)
        if parts is None:
            return []
        markers = (part.marker() for part in parts)
        return [self.narrowed(marker) for marker in markers if not self.marker.is_disjoint(marker)]

    def split_by_marker(self, marker: Marker) -> tuple[Environment, Environment] | None:
        """The forks with and without ``marker``; ``None`` where one of them is empty."""
        negated = ~marker
        if self.marker.is_disjoint(marker) or self.marker.is_disjoint(negated):
            return None
        return self.narrowed(marker), self.narrowed(negated)

    def raises_python(self, marker: Marker) -> bool:
        """Whether a marker asks for a higher Python than this fork's lower bound."""
        bounds = requires_python_of(marker)
        return bounds is not None and bounds[0].lower_key() > self.python.lower.lower_key()

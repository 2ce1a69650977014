"""Where each package of a graph is needed: a marker for each, without a word of extras and conflicts.

Edges of a lock with conflicts ask which projects, extras and groups are active (*facts*). All paths to a package are
joined first, the facts left open; then every fact has one equation (where is it asked for?), and the equations are
solved together. A fact that could only be true by its own doing is not; one that is true exactly where it is not stays
open, and a package that depends on that can't be exported.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from bot.errors import InputError
from bot.export.graph import Edge, Graph
from bot.lockfile.graph import PackageId, id_of
from bot.lockfile.model import ConflictItem, ConflictKind, Package
from bot.markers import FALSE, TRUE, Marker
from bot.resolver.model.universal_marker import encode_item, item_marker

#: A package, or an extra of one, which is reached on its own; ``None`` is the root.
_Place: TypeAlias = tuple[PackageId, str | None] | None
#: Where facts are active for certain, and where perhaps; by the name that stands for the fact in markers.
_Bounds: TypeAlias = dict[str, tuple[Marker, Marker]]


class _Way(NamedTuple):
    """An edge between places, its marker about facts."""

    targets: tuple[_Place, ...]
    marker: Marker


def reachability(
    graph: Graph, conflicts: Iterable[Iterable[ConflictItem]], emitted: Iterable[Package]
) -> Mapping[PackageId, Marker]:
    """Where each package is reached; raises ``InputError`` where that is not determined for one that is emitted."""
    facts = _Facts(graph, frozenset(item for conflict in conflicts for item in conflict))
    reached = _reach(graph, facts)
    bounds = _solve({name: _activation(item, graph, reached) for name, item in facts.items.items()})
    found = {key: marker.settle_extras(bounds) for key, marker in _packages(graph, reached)}
    _refuse_open(emitted, dict(_packages(graph, reached)), found, bounds)
    return found


def _packages(graph: Graph, reached: Mapping[_Place, Marker]) -> Iterator[tuple[PackageId, Marker]]:
    for package in graph.packages:
        yield id_of(package), reached.get((id_of(package), None), FALSE)


def _refuse_open(
    emitted: Iterable[Package],
    paths: Mapping[PackageId, Marker],
    found: Mapping[PackageId, Marker],
    bounds: _Bounds,
) -> None:
    for package in emitted:
        key = id_of(package)
        perhaps = ~(~paths[key]).settle_extras(bounds)
        if not (perhaps & ~found[key]).is_false:
            problem = (
                f"whether {package.name} is needed depends on conflicting extras or groups that depend on each other"
            )
            raise InputError(problem, hint="name the extras or groups that are wanted")


# --- facts ------------------------------------------------------------------------------------------


def _extra_of(package: Package, name: str) -> ConflictItem:
    return ConflictItem(package=package.name, kind=ConflictKind.EXTRA, name=name)


class _Facts:
    """The projects, extras and groups that markers ask about, by the name that stands for each of them.

    A marker may also name an extra of the package that its edge leaves from; then that extra is the fact.
    """

    def __init__(self, graph: Graph, conflicting: frozenset[ConflictItem]) -> None:
        asked = frozenset(name for edge in graph.edges for name in edge.marker.extras())
        scoped = {_extra_of(edge.source, name) for edge in graph.edges if edge.source for name in edge.marker.extras()}
        requested = {item for edge in graph.edges for item in _requested(edge)}
        known = (*conflicting, *graph.chosen, *requested)
        self.items = {
            name: item
            for item in known
            for name in (encode_item(item),)
            if name in asked or item in scoped or item in conflicting
        }
        self._where = {name: _present(item, graph) for name, item in self.items.items() if self._is_shared(name, graph)}

    def bind(self, edge: Edge) -> Marker:
        """The edge's marker with every extra replaced by the fact that it stands for."""
        names = edge.marker.extras()
        return edge.marker.replace_extras({name: self._meaning(name, edge) for name in names}) if names else edge.marker

    def _meaning(self, name: str, edge: Edge) -> Marker:
        own, requested = self._own(name, edge), _requested(edge)
        item = self.items.get(name)
        if item is None or (own is not None and not self._holds_at(name, edge) and item not in requested):
            item = own
        if item is None:
            return FALSE
        # What an edge asks for itself is active where the edge counts.
        return TRUE if item in requested else item_marker(item)

    def _own(self, name: str, edge: Edge) -> ConflictItem | None:
        """The extra of this name of the edge's own package."""
        return None if edge.source is None else self.items.get(encode_item(_extra_of(edge.source, name)))

    def _is_shared(self, name: str, graph: Graph) -> bool:
        """Whether the name that stands for a fact is also that of an extra where it is asked for."""
        return any(name in edge.marker.extras() and self._own(name, edge) is not None for edge in graph.edges)

    def _holds_at(self, name: str, edge: Edge) -> bool:
        return name not in self._where or (edge.source is not None and id_of(edge.source) in self._where[name])


def _requested(edge: Edge) -> frozenset[ConflictItem]:
    return frozenset(_extra_of(edge.target, name) for name in edge.extras)


def _present(item: ConflictItem, graph: Graph) -> frozenset[PackageId]:
    """The packages at and behind which a fact may be active, wherever that is."""
    after: dict[PackageId | None, list[PackageId]] = {}
    for edge in graph.edges:
        after.setdefault(None if edge.source is None else id_of(edge.source), []).append(id_of(edge.target))
    waiting = list(after.get(None, ())) if item in graph.chosen else []
    waiting += [id_of(edge.target) for edge in graph.edges if item in _requested(edge)]
    found: set[PackageId] = set()
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += after.get(place, ())
    return frozenset(found)


# --- paths ------------------------------------------------------------------------------------------


def _reach(graph: Graph, facts: _Facts) -> Mapping[_Place, Marker]:
    """Where each place is reached, facts left open."""
    ways = _ways(graph, facts)
    seeds: dict[_Place, Marker] = {place: TRUE for place in _extra_places(ways) if _is_chosen(place, graph)}
    seeds[None] = TRUE
    certain = _certain(seeds, ways, graph, facts)
    if certain:
        ways = {source: [_knowing(way, certain) for way in found] for source, found in ways.items()}
    return _closure(seeds, ways)


def _ways(graph: Graph, facts: _Facts) -> dict[_Place, list[_Way]]:
    ways: dict[_Place, list[_Way]] = {}
    for edge in graph.edges:
        source = None if edge.source is None else (id_of(edge.source), edge.extra)
        target = id_of(edge.target)
        targets = ((target, None), *((target, extra) for extra in edge.extras))
        ways.setdefault(source, []).append(_Way(targets, facts.bind(edge)))
    return ways


def _extra_places(ways: Mapping[_Place, list[_Way]]) -> Iterator[tuple[PackageId, str]]:
    for source, found in ways.items():
        for place in (source, *(target for way in found for target in way.targets)):
            if place is not None and place[1] is not None:
                yield place[0], place[1]


def _is_chosen(place: tuple[PackageId, str], graph: Graph) -> bool:
    (name, _, _), extra = place
    return ConflictItem(package=name, kind=ConflictKind.EXTRA, name=extra) in graph.chosen


def _certain(
    seeds: Mapping[_Place, Marker], ways: Mapping[_Place, list[_Way]], graph: Graph, facts: _Facts
) -> frozenset[str]:
    """Facts that hold whatever else does: chosen ones, and extras on paths without any condition."""
    reached: set[_Place] = set()
    waiting = list(seeds)
    while waiting:
        place = waiting.pop()
        if place not in reached:
            reached.add(place)
            waiting += [target for way in ways.get(place, ()) if way.marker.is_true for target in way.targets]
    items = {
        ConflictItem(package=place[0][0], kind=ConflictKind.EXTRA, name=place[1])
        for place in reached
        if place is not None and place[1] is not None
    }
    return frozenset(name for name, item in facts.items.items() if item in graph.chosen or item in items)


def _knowing(way: _Way, certain: frozenset[str]) -> _Way:
    return way._replace(marker=way.marker.assume_extras(lambda name: True if name in certain else None))


def _closure(seeds: Mapping[_Place, Marker], ways: Mapping[_Place, list[_Way]]) -> Mapping[_Place, Marker]:
    reached = dict(seeds)
    queue = deque(seeds)
    queued = set(seeds)
    while queue:
        source = queue.popleft()
        queued.discard(source)
        for way in ways.get(source, ()):
            condition = reached[source] & way.marker
            for target in way.targets:
                before = reached.get(target, FALSE)
                after = before | condition
                if after is not before:
                    reached[target] = after
                    if target not in queued:
                        queued.add(target)
                        queue.append(target)
    return reached


# --- equations --------------------------------------------------------------------------------------


def _activation(item: ConflictItem, graph: Graph, reached: Mapping[_Place, Marker]) -> Marker:
    """Where a fact is asked for, in terms of other facts."""
    if item in graph.chosen:
        return TRUE
    result = FALSE
    if item.kind is ConflictKind.EXTRA:
        for package in graph.packages:
            if package.name == item.package:
                result |= reached.get((id_of(package), item.name), FALSE)
    return result


def _solve(equations: Mapping[str, Marker]) -> _Bounds:
    """The bounds of all facts: what is certain grows from nothing, what is perhaps from what is certain, in turns."""
    certain = dict.fromkeys(equations, FALSE)
    possible = _grow_possible(equations, certain)
    while True:
        certain = _grow_certain(equations, possible)
        narrower = _grow_possible(equations, certain)
        if narrower == possible:
            return {name: (certain[name], possible[name]) for name in equations}
        possible = narrower


def _grow_certain(equations: Mapping[str, Marker], possible: Mapping[str, Marker]) -> dict[str, Marker]:
    certain = dict.fromkeys(equations, FALSE)
    while True:
        bounds = {name: (certain[name], possible[name]) for name in equations}
        grown = {name: marker.settle_extras(bounds) for name, marker in equations.items()}
        if grown == certain:
            return certain
        certain = grown


def _grow_possible(equations: Mapping[str, Marker], certain: Mapping[str, Marker]) -> dict[str, Marker]:
    possible = dict(certain)
    while True:
        bounds = {name: (certain[name], possible[name]) for name in equations}
        grown = {name: ~(~marker).settle_extras(bounds) for name, marker in equations.items()}
        if grown == possible:
            return possible
        possible = grown

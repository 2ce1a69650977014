"""What declared conflicts take away from the markers of a merged graph (spec 4.8, conflict clean-up)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.lockfile.model import ConflictItem, ConflictKind
from bot.lockfile.order import conflict_item_key
from bot.markers import Marker
from bot.resolver.assembly.graph import ROOT, MergedGraph
from bot.resolver.model.resolution import NodeKind, PackageNode
from bot.resolver.model.universal_marker import UniversalMarker, conflict_knowledge, encode_item

_Chosen = frozenset[ConflictItem]
#: For every extra that stands for an item, whether it is taken as active.
_Assumption = Mapping[str, bool]

_KINDS = {NodeKind.EXTRA: ConflictKind.EXTRA, NodeKind.GROUP: ConflictKind.GROUP}


def apply_conflicts(graph: MergedGraph, conflicts: Sequence[Sequence[ConflictItem]]) -> None:
    """Work the knowledge about conflicts into all markers of the graph, in place."""
    if not conflicts:
        return
    knowledge = conflict_knowledge(conflicts)
    graph.reached[ROOT + 1 :] = [marker.knowing(knowledge) for marker in graph.reached[ROOT + 1 :]]
    for edges in graph.edges:
        for target, marker in edges.items():
            edges[target] = marker.knowing(knowledge)
    _simplify_edges(graph, conflicts)


def _own_item(node: PackageNode, relevant: frozenset[ConflictItem]) -> ConflictItem | None:
    kind = _KINDS.get(node.kind)
    if kind is None:
        return None
    item = ConflictItem(package=node.package.name, kind=kind, name=node.kind_name)
    return item if item in relevant else None


def _find_chosen(graph: MergedGraph, relevant: frozenset[ConflictItem]) -> list[list[_Chosen]]:
    """For every node, the sets of items that are certainly chosen on one of the ways to it."""
    own = [None, *(_own_item(node, relevant) for node in graph.nodes)]
    chosen: list[dict[_Chosen, None]] = [{} for _ in graph.edges]
    pending = graph.roots()
    while pending:
        position = pending.pop()
        item = own[position]
        if item is not None:
            chosen[position] = dict.fromkeys(one | {item} for one in (chosen[position] or [frozenset()]))
        ways = list(chosen[position]) or [frozenset()]
        for target in graph.edges[position]:
            mine = own[target]
            arriving = ways if mine is None else [one | {mine} for one in ways]
            new = [one for one in arriving if one not in chosen[target]]
            if new:
                chosen[target].update(dict.fromkeys(new))
                pending.append(target)
    return [list(ways) for ways in chosen]


def _assumption(chosen: _Chosen, conflicts: Sequence[Sequence[ConflictItem]]) -> _Assumption:
    """Chosen items are active; whatever conflicts with one is not, and that weighs more."""
    known = {encode_item(item): True for item in sorted(chosen, key=conflict_item_key)}
    for items in conflicts:
        for item in chosen.intersection(items):
            known.update((encode_item(other), False) for other in items if other != item)
    return known


def _active_extras(chosen: _Chosen) -> list[str]:
    return [encode_item(item) for item in chosen if item.kind is not ConflictKind.PROJECT]


def _simplify_edges(graph: MergedGraph, conflicts: Sequence[Sequence[ConflictItem]]) -> None:
    """Drop from each edge what all ways to its source decide.

    A source with several edges to one package name is left alone: there the markers tell the targets apart.
    """
    relevant = frozenset(item for items in conflicts for item in items)
    all_chosen = _find_chosen(graph, relevant)
    for position, edges in enumerate(graph.edges):
        ways = all_chosen[position]
        if not ways:
            continue
        assumptions = [_assumption(chosen, conflicts) for chosen in ways]
        names = Counter(graph.node(target).package.name for target in edges)
        for target, marker in edges.items():
            if names[graph.node(target).package.name] == 1:
                edges[target] = _simplify(marker, ways, assumptions)


def _simplify(marker: UniversalMarker, ways: Sequence[_Chosen], assumptions: Iterable[_Assumption]) -> UniversalMarker:
    combined = marker.combined
    if combined is marker.pep508:
        return marker
    if all(combined.holds_everywhere(_active_extras(chosen)) for chosen in ways):
        for assumption in assumptions:
            combined = _assume(combined, assumption)
        return UniversalMarker.of(combined)
    outcomes = {_assume(combined, assumption) for assumption in assumptions}
    return UniversalMarker.of(outcomes.pop()) if len(outcomes) == 1 else marker


def _assume(marker: Marker, assumption: _Assumption) -> Marker:
    return marker.assume_extras(assumption.get)

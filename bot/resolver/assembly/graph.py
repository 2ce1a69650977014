"""One graph over all forks: merged nodes and edges, and where each is reached (spec 4.8)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from bot.markers import Marker
from bot.resolver.model.resolution import ForkResolution, PackageNode
from bot.resolver.model.universal_marker import ALWAYS, NEVER, UniversalMarker, fork_marker
from bot.values import field, value

ROOT = 0


@value(frozen=False)
class MergedGraph:
    """Node 0 is the root; ``nodes[i]`` is node ``i + 1``. ``edges`` maps, per source, targets to markers.

    ``fork_markers`` is empty for a single fork that holds everywhere. The graph is filled while it is built and not
    shared before it is complete.
    """

    nodes: list[PackageNode] = field(default_factory=list)
    edges: list[dict[int, UniversalMarker]] = field(default_factory=lambda: [{}])
    fork_markers: tuple[UniversalMarker, ...] = ()
    reached: list[UniversalMarker] = field(default_factory=list)

    def node(self, position: int) -> PackageNode:
        return self.nodes[position - 1]

    def roots(self) -> list[int]:
        """Nodes that no edge leads to."""
        targets = {target for edges in self.edges for target in edges}
        return [position for position in range(len(self.edges)) if position not in targets]


def merge_forks(forks: Sequence[ForkResolution]) -> MergedGraph:
    """All forks in one graph; an edge holds where its own marker and that of one of its forks hold."""
    graph = MergedGraph()
    positions: dict[PackageNode, int] = {}
    markers: list[UniversalMarker] = []
    for fork in forks:
        marker = UniversalMarker.of(fork_marker(fork))
        markers.append(marker)
        _add_fork(graph, positions, fork, marker)
    if not (len(markers) == 1 and markers[0].combined.is_true):
        graph.fork_markers = tuple(markers)
    graph.reached = find_reachability(graph)
    return graph


def _add_fork(
    graph: MergedGraph, positions: dict[PackageNode, int], fork: ForkResolution, marker: UniversalMarker
) -> None:
    local: list[int] = []
    for node in fork.nodes:
        position = positions.get(node)
        if position is None:
            graph.nodes.append(node)
            graph.edges.append({})
            position = positions[node] = len(graph.nodes)
        local.append(position)
    narrowed: dict[Marker, UniversalMarker] = {}
    for edge in fork.edges:
        source = ROOT if edge.source is None else local[edge.source]
        target = local[edge.target]
        holds = narrowed.get(edge.marker)
        if holds is None:
            holds = narrowed[edge.marker] = UniversalMarker.of(edge.marker) & marker
        known = graph.edges[source].get(target)
        graph.edges[source][target] = holds if known is None else known | holds


def find_reachability(graph: MergedGraph) -> list[UniversalMarker]:
    """Where each node is reached from the roots, as the least fixed point; ``NEVER`` where it is not."""
    start = ALWAYS
    if graph.fork_markers:
        start = NEVER
        for marker in graph.fork_markers:
            start |= marker
    found: list[UniversalMarker | None] = [None] * len(graph.edges)
    pending = deque(graph.roots())
    waiting = set(pending)
    for position in pending:
        found[position] = start
    while pending:
        position = pending.popleft()
        waiting.discard(position)
        here = found[position] or NEVER
        for target, marker in graph.edges[position].items():
            known = found[target]
            wider = marker & here if known is None else known | (marker & here)
            if wider != known:
                found[target] = wider
                if target not in waiting:
                    waiting.add(target)
                    pending.append(target)
    return [NEVER if marker is None else marker for marker in found]

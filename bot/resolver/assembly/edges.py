"""The dependency rows of packages, from the edges of the merged graph (spec 6.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.version import Version

from bot.lockfile.model import Dependency, Source
from bot.lockfile.order import Key, package_key
from bot.markers import Marker, sort_key
from bot.resolver.assembly.graph import MergedGraph
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.resolution import NodeKind, PackageKey
from bot.resolver.model.universal_marker import UniversalMarker
from bot.values import field, replace, value


@value
class PackageIdentity:
    """How the lock names a package; ``key`` sorts packages and the edges to them."""

    name: str
    version: Version | None
    source: Source
    key: Key

    @staticmethod
    def of(name: str, version: Version | None, source: Source) -> PackageIdentity:
        return PackageIdentity(name=name, version=version, source=source, key=package_key(name, version, source))


@value(frozen=False)
class EdgeBuilder:
    """Makes the rows of one lock.

    ``environment`` is where the forks hold, ``written`` the same as far as the lock's markers tell.
    """

    graph: MergedGraph
    identities: Mapping[PackageKey, PackageIdentity]
    python: PythonRange
    environment: Marker
    written: Marker
    #: Markers as they are stored, by the marker and where its parent is reached.
    stored: dict[tuple[Marker, Marker], Marker] = field(default_factory=dict, repr=False)

    def edges_of(self, position: int) -> tuple[Dependency, ...]:
        """The rows of one node, sorted; extras are those asked for, whether or not they exist."""
        parent = self.python.simplify(self.graph.reached[position].pep508)
        extras: dict[tuple[PackageKey, Marker], set[str]] = {}
        for target, marker in self.graph.edges[position].items():
            if self.graph.reached[target].combined.is_false:
                continue
            node = self.graph.node(target)
            asked = extras.setdefault((node.package, self.stored_marker(marker, parent)), set())
            if node.kind is NodeKind.EXTRA:
                asked.add(node.kind_name)
        rows = [(self.identities[package], tuple(sorted(asked)), marker) for (package, marker), asked in extras.items()]
        if len(rows) > 1:
            rows.sort(key=self.row_key)
        return tuple(self.dependency(*row) for row in rows)

    def stored_marker(self, marker: UniversalMarker, parent: Marker) -> Marker:
        """The marker as seen from where the parent is reached, within the lock's environment."""
        found = self.stored.get((marker.combined, parent))
        if found is None:
            relative = self.python.simplify(marker.combined).restrict(parent)
            found = self.stored[marker.combined, parent] = self.python.simplify(relative) & self.environment
        return found

    def row_key(self, row: tuple[PackageIdentity, tuple[str, ...], Marker]) -> Key:
        identity, extras, marker = row
        return (identity.key, extras, sort_key(marker), sort_key(self.python.complexify(marker)))

    def dependency(self, identity: PackageIdentity, extras: tuple[str, ...], marker: Marker) -> Dependency:
        return Dependency(
            name=identity.name,
            version=identity.version,
            source=identity.source,
            extras=extras,
            marker=marker.restrict(self.written),
        )


def keep_extras(edges: Sequence[Dependency], provided: Mapping[Key, frozenset[str]]) -> tuple[Dependency, ...]:
    """The rows without extras for which their package has no dependencies; ``provided`` goes by identity key."""
    return tuple(_keep_extras(edge, provided) for edge in edges)


def _keep_extras(edge: Dependency, provided: Mapping[Key, frozenset[str]]) -> Dependency:
    if not edge.extras:
        return edge
    known = provided[package_key(edge.name, edge.version, edge.source)]
    return replace(edge, extras=tuple(extra for extra in edge.extras if extra in known))

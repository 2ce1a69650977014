"""The solution as uv's compiling sees it: packages with and without extras, where each is needed, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bot.compile.origins import WORKSPACE, Asked, Origin, OriginKey, Role
from bot.lockfile.model import Requirement, ScopedOverride
from bot.markers import Marker
from bot.resolver.assembly.graph import ROOT, MergedGraph, merge_forks
from bot.resolver.model.resolution import NodeKind, PackageKey, PackageNode, Resolution

#: Whether a requirement counts where the command compiles for.
Counts: TypeAlias = Callable[[Requirement], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A line to be: a package with extras, where it is needed, and the names of the packages that ask for it."""

    key: PackageKey
    extras: tuple[str, ...]
    marker: Marker
    dependents: tuple[str, ...]
    position: int


def merge(resolution: Resolution) -> MergedGraph:
    return merge_forks(resolution.forks)


def base_packages(graph: MergedGraph) -> Iterator[tuple[int, PackageNode]]:
    """The packages themselves, without those that are needed nowhere."""
    for position in _reached(graph):
        node = graph.node(position)
        if node.kind is NodeKind.BASE:
            yield position, node


def pinned_packages(graph: MergedGraph, *, with_extras: bool) -> list[Pinned]:
    """The lines of a requirements file, in no order: one for each version, or (with extras) for each marker of a name."""
    places: dict[object, int] = {}
    lines: list[_Line] = []
    of_node: dict[int, int] = {}
    for position in _reached(graph):
        node, marker = graph.node(position), graph.reached[position].combined
        identity = (node.package.name, marker) if with_extras else node.package
        place = places.setdefault(identity, len(lines))
        if place == len(lines):
            lines.append(_Line(node.package, marker, position))
        of_node[position] = place
        lines[place].take(node, marker, with_extras=with_extras)
    for source, targets in enumerate(graph.edges):
        if source == ROOT or source not in of_node:
            continue
        for target in targets:
            if target in of_node:
                lines[of_node[target]].dependents.add(graph.node(source).package.name)
    return [line.pinned() for line in lines]


def _reached(graph: MergedGraph) -> Iterator[int]:
    return (at for at in range(1, len(graph.edges)) if not graph.reached[at].combined.is_false)


class _Line:
    """A line while nodes are gathered into it."""

    def __init__(self, key: PackageKey, marker: Marker, position: int) -> None:
        self.key = key
        self.marker = marker
        self.position = position
        self.extras: set[str] = set()
        self.dependents: set[str] = set()

    def take(self, node: PackageNode, marker: Marker, *, with_extras: bool) -> None:
        if not with_extras:
            self.marker |= marker
        elif node.kind is NodeKind.EXTRA:
            self.extras.add(node.kind_name)

    def pinned(self) -> Pinned:
        return Pinned(
            key=self.key,
            extras=tuple(sorted(self.extras)),
            marker=self.marker,
            dependents=tuple(sorted(self.dependents)),
            position=self.position,
        )


# --- who asks ---------------------------------------------------------------------------------------


def origins_by_name(
    groups: Sequence[tuple[Role, Sequence[Asked]]], counts: Counts
) -> Mapping[str, tuple[tuple[Role, Origin], ...]]:
    """The files and projects that name each package, in the order of annotations, each once."""
    found: dict[str, dict[tuple[Role, OriginKey], Origin]] = {}
    for role, asked in groups:
        for one in asked:
            if one.origin is not None and counts(one.requirement):
                found.setdefault(one.requirement.name, {}).setdefault((role, one.origin.key), one.origin)
    return {name: tuple((key[0], origins[key]) for key in sorted(origins)) for name, origins in found.items()}


def scoped_by_name(
    graph: MergedGraph, overrides: Sequence[ScopedOverride], counts: Counts
) -> Iterator[tuple[Role, Sequence[Asked]]]:
    """What overrides for single packages ask for, where those packages are there and depend on it."""
    reached = set(_reached(graph))
    edges = {
        (graph.node(source).package.name, graph.node(source).package.version.text, graph.node(target).package.name)
        for source, targets in enumerate(graph.edges)
        if source in reached
        for target in targets
    }
    for one in overrides:
        names = {
            name
            for package, version, name in edges
            if package == one.scope.package and (one.scope.version is None or str(one.scope.version) == version)
        }
        asked = [Asked(requirement=each, origin=WORKSPACE) for each in one.dependencies if each.name in names]
        yield Role.OVERRIDE, [each for each in asked if counts(each.requirement)]

"""The part of a lock that an export speaks of: what is required, by whom, where, from the target's roots on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.errors import InputError
from bot.export.target import Target, edges_of, finder
from bot.lockfile.graph import PackageId, id_of, packages_by_name
from bot.lockfile.model import ConflictItem, ConflictKind, Dependency, Package, Requirement
from bot.markers import TRUE, Marker, any_of
from bot.resolver.assembly.environment import lock_environment
from bot.resolver.model.python_range import parse_python_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """``source`` (``None``: the root of it all), or its ``extra``, requires ``target`` with ``extras`` of it."""

    source: Package | None
    extra: str | None = None
    target: Package
    extras: tuple[str, ...] = ()
    marker: Marker = TRUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """``packages`` in the order in which they are met; ``chosen`` are the projects, extras and groups that are wanted."""

    packages: tuple[Package, ...]
    edges: tuple[Edge, ...]
    chosen: frozenset[ConflictItem]


def walk(target: Target, prune: Iterable[str]) -> Graph:
    """Everything that can be reached, ``prune`` and what only it brings left out; raises ``InputError``."""
    builder = _Builder(target, frozenset(prune))
    for package in target.roots():
        builder.add_root(package, production=target.groups.production)
    group_root = target.group_root
    if group_root is not None:
        builder.add_root(target.find(group_root), production=False)
    for requirement in _root_requirements(target):
        builder.add_requirement(requirement)
    return builder.finish()


def _root_requirements(target: Target) -> Iterator[Requirement]:
    """What a script requires, or the groups of a root without a project."""
    manifest = target.lock.manifest
    yield from manifest.requirements
    for group, requirements in manifest.dependency_groups.items():
        if target.takes(None, group):
            yield from requirements


@dataclass(slots=True)
class _Found:
    packages: dict[PackageId, Package] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    chosen: set[ConflictItem] = field(default_factory=set)


class _Builder:
    def __init__(self, target: Target, prune: frozenset[str]) -> None:
        self._target = target
        self._prune = prune
        self._found = _Found()
        self._get = finder(target.lock)
        self._by_name = packages_by_name(target.lock)
        self._python = parse_python_range(target.lock.requires_python)
        self._environment = lock_environment(target.lock)
        self._queue: deque[tuple[Package, str | None]] = deque()
        self._seen: set[tuple[PackageId, str | None]] = set()

    def add_root(self, package: Package, *, production: bool) -> None:
        if package.name in self._prune:
            return
        if production:
            self._add_production(package)
        for group, edges in package.dev_dependencies.items():
            if self._target.takes(package.name, group):
                self._choose(package, ConflictKind.GROUP, group)
                # A group can be had without the project, which says nothing of where it holds.
                for edge in edges:
                    self._add(None, None, edge)

    def _add_production(self, package: Package) -> None:
        self._choose(package, ConflictKind.PROJECT, None)
        extras = tuple(filter(self._target.extras.contains, package.optional_dependencies))
        for extra in extras:
            self._choose(package, ConflictKind.EXTRA, extra)
        self._enter(Edge(source=None, target=package), extras)

    def _choose(self, package: Package, kind: ConflictKind, name: str | None) -> None:
        self._found.chosen.add(ConflictItem(package=package.name, kind=kind, name=name))

    def add_requirement(self, requirement: Requirement) -> None:
        if requirement.name in self._prune:
            return
        for package in self._by_name.get(requirement.name, ()):
            marker = self._marker_for(requirement, package)
            if marker is not None:
                edge = Edge(source=None, target=package, extras=requirement.extras, marker=marker)
                self._enter(edge, requirement.extras)

    def _marker_for(self, requirement: Requirement, package: Package) -> Marker | None:
        """Where one of the packages of a name is what a requirement means; ``None`` where it never is."""
        marker = requirement.marker
        if package.resolution_markers:
            forks = (self._python.complexify(fork).without_extras() for fork in package.resolution_markers)
            marker = any_of(forks) & requirement.marker
        return None if marker.is_false else self._python.simplify(marker)

    def finish(self) -> Graph:
        while self._queue:
            package, extra = self._queue.popleft()
            for edge in edges_of(package, extra):
                self._add(package, extra, edge)
        found = self._found
        return Graph(packages=tuple(found.packages.values()), edges=tuple(found.edges), chosen=frozenset(found.chosen))

    def _add(self, source: Package | None, extra: str | None, edge: Dependency) -> None:
        if edge.name in self._prune:
            return
        try:
            target = self._get((edge.name, edge.version, edge.source))
        except KeyError:
            raise InputError(f"the lock requires {edge.name}, which it does not hold", hint="lock again") from None
        marker = edge.marker & self._environment
        made = Edge(source=source, extra=extra, target=target, extras=edge.extras, marker=marker)
        self._enter(made, edge.extras)

    def _enter(self, edge: Edge, extras: Iterable[str]) -> None:
        key = id_of(edge.target)
        self._found.packages.setdefault(key, edge.target)
        self._found.edges.append(edge)
        for extra in (None, *extras):
            if (key, extra) not in self._seen:
                self._seen.add((key, extra))
                self._queue.append((edge.target, extra))

"""The last step of a resolution: the solutions of all forks become one ``Lock``, sorted and canonical (spec 4.8, 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache

from packaging.version import Version

from bot.errors import ResolutionError
from bot.lockfile.model import (
    Dependency,
    DirectorySource,
    EditableSource,
    GitSource,
    Lock,
    Package,
    PackageMetadata,
    RegistrySource,
    UrlSource,
    VirtualSource,
)
from bot.lockfile.order import Key
from bot.markers import TRUE, Marker, any_of
from bot.resolver.assembly.conflicts import apply_conflicts
from bot.resolver.assembly.edges import EdgeBuilder, PackageIdentity, keep_extras
from bot.resolver.assembly.environment import canonical_fork_markers, configured_markers, environment_of
from bot.resolver.assembly.graph import MergedGraph, merge_forks
from bot.resolver.assembly.manifest import (
    as_tried,
    lock_manifest,
    lock_options,
    package_metadata,
    recorded_default_groups,
)
from bot.resolver.assembly.wheels import KnownWheels, reachable_wheels
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.request import LockRequest, Member
from bot.resolver.model.resolution import NodeKind, PackageKey, PackageNode, PinnedPackage, Resolution
from bot.values import replace, value

REVISION = 5


def assemble_lock(request: LockRequest, resolution: Resolution, known: KnownWheels | None = None) -> Lock:
    """Merge the forks of a resolution into the lock that ``request`` asked for.

    ``known`` remembers which wheels are listed, for the assemblies of one cache.
    Raises ``ResolutionError`` where the resolution has an extra or group of a package without the package itself.
    """
    graph = merge_forks(resolution.forks)
    apply_conflicts(graph, request.conflicts)
    python = PythonRange.from_specifiers(request.requires_python)
    fork_markers = canonical_fork_markers(graph.fork_markers, python)
    written = [python.complexify(marker).without_extras() for marker in fork_markers]
    edges = EdgeBuilder(
        graph=graph,
        identities={key: _identity(key, pinned) for key, pinned in resolution.packages.items()},
        python=python,
        environment=environment_of([marker.pep508 for marker in graph.fork_markers], python),
        written=environment_of(written, python),
    )
    lock = Lock(
        revision=REVISION,
        requires_python=request.requires_python_text,
        resolution_markers=fork_markers,
        supported_markers=configured_markers(request.environments, python),
        required_markers=configured_markers(request.required_environments, python),
        conflicts=request.conflicts,
        options=lock_options(request.options),
        manifest=lock_manifest(request),
        packages=_Assembler(request, resolution.packages, edges, {} if known is None else known).packages(),
    )
    return as_tried(lock, request.options, resolution.lookups)


def _identity(key: PackageKey, pinned: PinnedPackage) -> PackageIdentity:
    version = None if pinned.version is None else _version(pinned.version.text)
    return PackageIdentity.of(key.name, version, key.source)


@lru_cache(maxsize=1 << 14)
def _version(text: str) -> Version:
    return Version(text)


@value(kw_only=False, frozen=False)
class _Parts:
    """The positions in the graph that make up one package entry."""

    base: int
    extras: dict[str, int]
    groups: dict[str, int]


class _Assembler:
    """Package entries of one lock."""

    def __init__(
        self,
        request: LockRequest,
        pinned: Mapping[PackageKey, PinnedPackage],
        edges: EdgeBuilder,
        known: KnownWheels,
    ) -> None:
        self.graph: MergedGraph = edges.graph
        self.pinned = pinned
        self.edges = edges
        self.known = known
        self.python = edges.python
        self.options = request.options
        self.without_metadata = request.options.without_metadata
        self.members: Mapping[str, Member] = {member.metadata.name: member for member in request.members}
        self.supported: Marker = any_of(self.python.complexify(one) for one in request.environments)
        if not request.environments:
            self.supported = TRUE

    def packages(self) -> tuple[Package, ...]:
        parts = self.parts()
        names = Counter(key.name for key in parts)
        identities = self.edges.identities
        ordered = sorted(parts.items(), key=lambda one: identities[one[0]].key)
        packages = [self.package(key, part, repeated=names[key.name] > 1) for key, part in ordered]
        provided = {
            identities[key].key: frozenset(package.optional_dependencies)
            for (key, _), package in zip(ordered, packages, strict=True)
        }
        return tuple(_without_unknown_extras(package, provided) for package in packages)

    def parts(self) -> dict[PackageKey, _Parts]:
        """The reachable nodes by package."""
        nodes = [
            (position, self.graph.node(position))
            for position in range(1, len(self.graph.edges))
            if not self.graph.reached[position].combined.is_false
        ]
        parts = {node.package: _Parts(position, {}, {}) for position, node in nodes if node.kind is NodeKind.BASE}
        for position, node in nodes:
            if node.kind is NodeKind.BASE:
                continue
            part = parts.get(node.package)
            if part is None:
                raise ResolutionError(_lonely(node))
            (part.extras if node.kind is NodeKind.EXTRA else part.groups)[node.kind_name] = position
        return parts

    def package(self, key: PackageKey, part: _Parts, *, repeated: bool) -> Package:
        identity, pinned = self.edges.identities[key], self.pinned[key]
        reached = self.graph.reached[part.base]
        forks = [marker for marker in self.graph.fork_markers if not marker.is_disjoint(reached)] if repeated else []
        member = self.members.get(key.name) if isinstance(key.source, _TREES) else None
        return Package(
            name=identity.name,
            version=identity.version,
            source=identity.source,
            default_groups=None if member is None else recorded_default_groups(member.metadata.default_groups),
            resolution_markers=canonical_fork_markers(forks, self.python),
            dependencies=self.edges.edges_of(part.base),
            sdist=pinned.sdist,
            wheels=reachable_wheels(pinned, self.python, reached.combined & self.supported, self.known),
            optional_dependencies=self.edge_table(part.extras, self.named_extras(key, part, pinned)),
            dev_dependencies=self.edge_table(part.groups, self.named_groups(member)),
            group_requires_python={} if member is None else dict(sorted(member.metadata.group_requires_python.items())),
            metadata=self.metadata(key, pinned),
        )

    def edge_table(self, positions: Mapping[str, int], named: Collection[str]) -> dict[str, tuple[Dependency, ...]]:
        """The rows of extras or groups by name; those without rows are left out, but for the ``named`` ones."""
        names = sorted({*positions, *named})
        found = ((name, self.edges.edges_of(positions[name]) if name in positions else ()) for name in names)
        return {name: edges for name, edges in found if edges or name in named}

    def named_extras(self, key: PackageKey, part: _Parts, pinned: PinnedPackage) -> Collection[str]:
        """Extras that are listed also without dependencies: where no metadata tells of them."""
        if not self.without_metadata or isinstance(key.source, UrlSource | GitSource):
            return ()
        if isinstance(key.source, RegistrySource):
            return part.extras
        return () if pinned.tree is None else pinned.tree.provides_extras

    def named_groups(self, member: Member | None) -> Collection[str]:
        return member.metadata.groups if self.without_metadata and member is not None else ()

    def metadata(self, key: PackageKey, pinned: PinnedPackage) -> PackageMetadata:
        left_out = UrlSource | GitSource if self.without_metadata else RegistrySource | GitSource
        is_stated = isinstance(key.source, left_out) is self.without_metadata
        if pinned.tree is None or not is_stated:
            return PackageMetadata()
        return package_metadata(pinned.tree, self.options)


_TREES = (DirectorySource, EditableSource, VirtualSource)


def _lonely(node: PackageNode) -> str:
    return f"the {node.kind.value} '{node.kind_name}' of {node.package.name} is reached where the package itself is not"


def _without_unknown_extras(package: Package, provided: Mapping[Key, frozenset[str]]) -> Package:
    tables = (*package.optional_dependencies.values(), *package.dev_dependencies.values())
    if not any(edge.extras for edges in (package.dependencies, *tables) for edge in edges):
        return package
    return replace(
        package,
        dependencies=keep_extras(package.dependencies, provided),
        optional_dependencies={
            name: keep_extras(edges, provided) for name, edges in package.optional_dependencies.items()
        },
        dev_dependencies={name: keep_extras(edges, provided) for name, edges in package.dev_dependencies.items()},
    )

"""A request and a resolution that say what an existing lock says: assembling them must give the same lock.

Every edge marker is taken with the lock's environment; every fork has the part of the graph that its conflict items
leave. Locks whose conflict forks are not listed (they do not differ in environments) cannot be taken apart like this.
"""

from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.utils import parse_wheel_filename

from bot.lockfile.model import (
    ConflictItem,
    ConflictKind,
    Dependency,
    DirectorySource,
    EditableSource,
    File,
    GitSource,
    Lock,
    LockOptions,
    Package,
    RegistrySource,
    VirtualSource,
)
from bot.markers import TRUE, Marker, any_of
from bot.resolver.assembly.environment import lock_environment
from bot.resolver.model.index import WheelTags
from bot.resolver.model.python_range import parse_python_range
from bot.resolver.model.request import (
    ForkStrategy,
    LockRequest,
    Member,
    PrereleaseMode,
    ResolutionMode,
    ResolverOptions,
    TreeMetadata,
)
from bot.resolver.model.resolution import (
    Edge,
    ForkResolution,
    NodeKind,
    PackageKey,
    PackageNode,
    PinnedPackage,
    PinnedWheel,
    Resolution,
)
from bot.resolver.model.universal_marker import encode_item
from bot.resolver.model.versions import parse_version


def wheel_tags(filename: str) -> WheelTags:
    parse_wheel_filename(filename)
    python, abi, platform = filename.removesuffix(".whl").split("-")[-3:]
    return WheelTags(python=tuple(python.split(".")), abi=tuple(abi.split(".")), platform=tuple(platform.split(".")))


def pinned_wheel(file: File) -> PinnedWheel:
    filename = (file.url or file.path or file.filename or "").rpartition("/")[2].replace("%2B", "+")
    return PinnedWheel(file=file, tags=wheel_tags(filename))


def _key(package: Package | Dependency) -> PackageKey:
    return PackageKey(name=package.name, version=parse_version(str(package.version or "0")), source=package.source)


def _tree(package: Package) -> TreeMetadata:
    return TreeMetadata(
        name=package.name,
        version=package.version,
        requires_dist=package.metadata.requires_dist,
        provides_extras=package.metadata.provides_extras,
        groups=package.metadata.requires_dev,
        group_requires_python=package.group_requires_python,
        default_groups=package.default_groups,
    )


def _pinned(package: Package) -> PinnedPackage:
    registry = isinstance(package.source, RegistrySource | GitSource)
    return PinnedPackage(
        version=None if package.version is None else parse_version(str(package.version)),
        sdist=package.sdist,
        wheels=tuple(pinned_wheel(file) for file in package.wheels),
        tree=None if registry else _tree(package),
        extras=package.metadata.provides_extras,
    )


def pinned_packages(lock: Lock) -> dict[PackageKey, PinnedPackage]:
    return {_key(package): _pinned(package) for package in lock.packages}


def _members(lock: Lock) -> tuple[Member, ...]:
    names = frozenset(lock.manifest.members)
    found: list[Member] = []
    for package in lock.packages:
        source = package.source
        if not isinstance(source, EditableSource | VirtualSource | DirectorySource):
            continue
        if package.name in names or (not names and source.path == "."):
            found.append(Member(folder=source.path, source=source, metadata=_tree(package)))
    return tuple(found)


def _options(options: LockOptions) -> ResolverOptions:
    return ResolverOptions(
        resolution=ResolutionMode(options.resolution_mode or "highest"),
        prerelease=PrereleaseMode(options.prerelease_mode or "if-necessary"),
        prerelease_package={name: PrereleaseMode(mode) for name, mode in options.prerelease_package.items()},
        fork_strategy=ForkStrategy(options.fork_strategy or "requires-python"),
        exclude_newer=options.exclude_newer,
        exclude_newer_package=options.exclude_newer_package,
        minimum_libc_version=options.minimum_libc_version,
    )


def request_of(lock: Lock) -> LockRequest:
    members = _members(lock)
    manifest = lock.manifest
    return LockRequest(
        requires_python=SpecifierSet(lock.requires_python),
        requires_python_text=lock.requires_python,
        project=members[0].metadata.name if members else None,
        members=members,
        requirements=manifest.requirements,
        dependency_groups=manifest.dependency_groups,
        group_requires_python=manifest.group_requires_python,
        default_groups=manifest.default_groups,
        constraints=manifest.constraints,
        overrides=manifest.overrides,
        excludes=manifest.excludes,
        build_constraints=manifest.build_constraints,
        dependency_metadata=manifest.dependency_metadata,
        conflicts=lock.conflicts,
        environments=lock.supported_markers,
        required_environments=lock.required_markers,
        options=_options(lock.options),
    )


class _Builder:
    """The graph of a lock as one list of nodes and edges."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.python = parse_python_range(lock.requires_python)
        self.environment = lock_environment(lock)
        self.positions: dict[PackageNode, int] = {}
        self.edges: dict[tuple[int | None, int, Marker], None] = {}

    def node(self, node: PackageNode) -> int:
        return self.positions.setdefault(node, len(self.positions))

    def link(self, source: int | None, edge: Dependency) -> None:
        marker = self.python.complexify(edge.marker & self.environment)
        key = _key(edge)
        self.edges[source, self.node(PackageNode(package=key)), marker] = None
        for extra in edge.extras:
            target = self.node(PackageNode(package=key, kind=NodeKind.EXTRA, kind_name=extra))
            self.edges[source, target, marker] = None

    def add(self, package: Package) -> None:
        key = _key(package)
        base = self.node(PackageNode(package=key))
        for edge in package.dependencies:
            self.link(base, edge)
        for name, edges in package.optional_dependencies.items():
            extra = self.node(PackageNode(package=key, kind=NodeKind.EXTRA, kind_name=name))
            for edge in edges:
                self.link(extra, edge)
        for name, edges in package.dev_dependencies.items():
            group = self.node(PackageNode(package=key, kind=NodeKind.GROUP, kind_name=name))
            self.edges[None, group, TRUE] = None
            for edge in edges:
                self.link(group, edge)

    def root(self, member: Package) -> None:
        key = _key(member)
        self.edges[None, self.node(PackageNode(package=key)), TRUE] = None
        for name in member.optional_dependencies:
            self.edges[None, self.node(PackageNode(package=key, kind=NodeKind.EXTRA, kind_name=name)), TRUE] = None


def resolution_of(lock: Lock) -> Resolution:
    builder = _Builder(lock)
    members = {member.metadata.name for member in _members(lock)}
    for package in lock.packages:
        builder.add(package)
        if package.name in members:
            builder.root(package)
    if not members:
        _link_requirements(builder)
    markers = [builder.python.complexify(marker) for marker in lock.resolution_markers] or [TRUE]
    return Resolution(
        forks=tuple(_fork(builder, marker) for marker in markers),
        packages=pinned_packages(lock),
    )


def _fork(builder: _Builder, combined: Marker) -> ForkResolution:
    items = {item for items in builder.lock.conflicts for item in items}
    named = {encode_item(item): item for item in items if encode_item(item) in combined.extras()}
    included = {item for name, item in named.items() if combined.assume_extras({name: False}.get).is_false}
    excluded = set(named.values()) - included
    answers = {name: item in included for name, item in named.items()}
    gone = {
        position
        for node, position in builder.positions.items()
        if node.kind is not NodeKind.BASE
        and ConflictItem(package=node.package.name, kind=ConflictKind(node.kind.value), name=node.kind_name) in excluded
    }
    edges: list[Edge] = []
    for source, target, marker in builder.edges:
        here = marker.assume_extras(lambda name: answers.get(name, False))
        if not here.is_false and not gone.intersection((source, target)):
            edges.append(Edge(source=source, target=target, marker=here))
    return ForkResolution(
        marker=combined.without_extras(),
        included=frozenset(included),
        excluded=frozenset(excluded),
        nodes=tuple(builder.positions),
        edges=tuple(edges),
    )


def _link_requirements(builder: _Builder) -> None:
    """A script: its requirements lead from the root to the packages of those names."""
    manifest = builder.lock.manifest
    rows = [*manifest.requirements, *(row for rows in manifest.dependency_groups.values() for row in rows)]
    for row in rows:
        for package in builder.lock.packages:
            if package.name == row.name:
                forks = any_of(package.resolution_markers) if package.resolution_markers else TRUE
                edge = Dependency(
                    name=package.name,
                    version=package.version,
                    source=package.source,
                    extras=row.extras,
                    marker=row.marker.without_extras() & forks,
                )
                builder.link(None, edge)

"""The solver's states turned into a ``Resolution``: nodes, edges and the artifacts of what was chosen (spec 4.8)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from bot.errors import MissingDigestError
from bot.lockfile.model import File, RegistrySource, Source
from bot.markers import Marker
from bot.resolver.model.environment import Environment
from bot.resolver.model.index import Index, ReleaseFile
from bot.resolver.model.needs import Facts
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
from bot.resolver.offers.releases import Release
from bot.resolver.offers.sources import SourceRead, SourceReader
from bot.resolver.search.fork_state import ForkState, Pin
from bot.resolver.search.package import Role, SolverPackage
from bot.resolver.search.shared import FactsCache
from bot.values import replace, value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


#: A node of a solution: a package's name, and the extra or group that it stands for.
NodeName: TypeAlias = tuple[str, NodeKind, str]


@value
class SolvedFork:
    """What one fork chose, by name, and what needs what; the source of an edge is ``None`` for the root."""

    environment: Environment
    pins: Mapping[str, Pin]
    nodes: Sequence[NodeName]
    edges: Iterable[tuple[NodeName | None, NodeName, Marker]]


def solved_by_search(fork: ForkState) -> SolvedFork:
    """A fork that the search completed."""
    decided = dict(fork.solver.partial_solution.decisions())
    chosen = {package.name: key for package, key in decided.items() if package.role is Role.NODE}
    return SolvedFork(
        environment=fork.environment,
        pins={name: fork.pins[name, key] for name, key in chosen.items()},
        nodes=[_name_of(package) for package in decided if package.role is Role.NODE and package.marker.is_true],
        edges=_edges(fork, decided),
    )


class ListedReleases:
    """How releases of indexes stand in every lock, kept in a cache for the solves that meet them again.

    ``is_lasting``: whether they do. Releases with files of local folders are made anew by every run.
    """

    __slots__ = ("_cache", "_is_lasting", "_known")

    def __init__(self, cache: FactsCache, *, is_lasting: bool) -> None:
        self._cache = cache
        self._is_lasting = is_lasting
        self._known: dict[tuple[Release | None, Facts | None], tuple[PackageKey, PinnedPackage]] = cache.table("listed")

    def find(self, pin: Pin) -> tuple[PackageKey, PinnedPackage] | None:
        return self._known.get((pin.release, pin.facts))

    def lasts(self, pin: Pin) -> bool:
        """Whether later solves have the release again, with the same facts, and list it alike."""
        # A folder is listed by its way from the lock.
        if not self._is_lasting or pin.release is None or pin.release.index.folder is not None:
            return False
        return pin.facts is None or self._cache.holds(pin.facts)

    def keep(self, pin: Pin, key: PackageKey, pinned: PinnedPackage) -> None:
        if pinned.lasts:
            self._known[pin.release, pin.facts] = key, pinned


class SolutionBuilder:
    """Collects solved forks in order of completion.

    ``place`` turns the absolute path of a local index into what the lock prints. ``listed`` knows what earlier solves
    pinned.
    """

    def __init__(self, sources: SourceReader, place: Callable[[str], str], listed: ListedReleases) -> None:
        self._sources = sources
        self._place = place
        self._listed = listed
        self._forks: list[ForkResolution] = []
        self._packages: dict[PackageKey, PinnedPackage] = {}

    def add(self, solved: SolvedFork) -> None:
        keys = {name: self._key(name, pin) for name, pin in solved.pins.items()}
        nodes = {node: position for position, node in enumerate(solved.nodes)}
        listed = [
            PackageNode(package=keys[name], kind=kind, kind_name=kind_name) for name, kind, kind_name in solved.nodes
        ]
        edges = (
            Edge(source=None if source is None else nodes[source], target=nodes[target], marker=marker)
            for source, target, marker in dict.fromkeys(solved.edges)
        )
        environment = solved.environment
        self._forks.append(
            ForkResolution(
                marker=environment.marker,
                included=environment.included,
                excluded=environment.excluded,
                nodes=tuple(listed),
                edges=tuple(edges),
            )
        )

    def build(self) -> Resolution:
        return Resolution(forks=tuple(self._forks), packages=self._packages)

    def _key(self, name: str, pin: Pin) -> PackageKey:
        known = self._listed.find(pin)
        if known is not None:
            self._packages.setdefault(*known)
            return known[0]
        read = self._sources.read(name, pin.source) if pin.source is not None else None
        made = PackageKey(name=name, version=pin.version, source=self._source(pin, read))
        if made not in self._packages:
            self._packages[made] = self._pinned(pin, read)
            self._listed.keep(pin, made, self._packages[made])
        return made

    def _source(self, pin: Pin, read: SourceRead | None) -> Source:
        if read is not None:
            return read.source
        assert pin.release is not None
        return RegistrySource(url=self._registry(pin.release.index))

    def _pinned(self, pin: Pin, read: SourceRead | None) -> PinnedPackage:
        if read is not None:
            return _pinned_source(pin, read)
        assert pin.release is not None
        release, index = pin.release, pin.release.index
        return PinnedPackage(
            version=pin.version,
            sdist=self._file(release.sdist) if release.sdist is not None and release.sdist.index == index else None,
            wheels=tuple(
                PinnedWheel(file=self._file(file), tags=file.wheel)
                for file in release.wheels
                if file.wheel is not None and file.index == index
            ),
            extras=pin.facts.extras if pin.facts is not None else (),
            recorded=pin.facts.recorded if pin.facts is not None else None,
            lasts=self._listed.lasts(pin),
            listed=(*release.sdists, *release.wheels),
            declared=pin.facts.needs if pin.facts is not None else (),
        )

    def _registry(self, index: Index) -> str:
        folder = index.folder
        if folder is None:
            return index.url
        return folder if index.absolute else self._place(folder)

    def _file(self, file: ReleaseFile) -> File:
        if file.path is not None:
            folder = file.index.folder
            # Relative to the index, whose own place the source names.
            is_relative = folder is not None and not file.index.absolute
            place = posixpath.relpath(file.path, folder) if is_relative else file.path
            return replace(_remote_file(file), url=None, path=place)
        return _remote_file(file)


@lru_cache(maxsize=1 << 14)
def _remote_file(file: ReleaseFile) -> File:
    """A file elsewhere as the lock has it. Remembered, as solves of one repository take nearly the same files."""
    return File(
        url=file.url,
        hash=_digest(file),
        size=file.size,
        upload_time=None if file.upload_time is None else render_upload_time(file.upload_time),
    )


def _digest(file: ReleaseFile) -> str | None:
    """The digest that the lock records; raises ``MissingDigestError`` where the index lacks the one that it is to have."""
    algorithm = file.index.hash_algorithm
    if algorithm is None:
        return file.hash
    found = next((one for one in file.hashes if one.startswith(f"{algorithm}:")), None)
    if found is None:
        index = file.index.folder or file.index.url
        raise MissingDigestError(f"the index {index} is to have {algorithm} hashes, but states none of {file.filename}")
    return found


def _pinned_source(pin: Pin, read: SourceRead) -> PinnedPackage:
    return PinnedPackage(
        version=pin.version if read.facts.version is not None else None,
        sdist=read.file if read.file is not None and read.wheel is None else None,
        wheels=(PinnedWheel(file=read.file, tags=read.wheel),)
        if read.file is not None and read.wheel is not None
        else (),
        tree=read.facts.tree,
        extras=read.facts.extras,
        recorded=read.facts.recorded,
        declared=read.facts.needs,
    )


def render_upload_time(microseconds: int) -> str:
    """RFC 3339 in UTC, truncated to milliseconds, without trailing zeros."""
    seconds, rest = divmod(microseconds // 1000, 1000)
    moment = (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{moment}{fraction}Z"


def _edges(fork: ForkState, decided: dict[SolverPackage, bytes]) -> Iterator[tuple[NodeName | None, NodeName, Marker]]:
    for package, key in decided.items():
        if package.role not in (Role.NODE, Role.ROOT):
            continue
        source = None if package.role is Role.ROOT else _name_of(package)
        for dependency in fork.solver.dependencies(package):
            target = dependency.dependency
            if dependency.dependent is not package or target.role in (Role.ROOT, Role.PYTHON):
                continue
            chosen = decided.get(target)
            if chosen is None or not dependency.dependent_versions.contains(key):
                continue
            if not dependency.dependency_versions.contains(chosen):
                continue
            if source is not None and is_own(source, target):
                continue
            yield source, _name_of(target), target.marker
            if target.role is Role.EXTRA_PROXY:
                yield source, (target.name, NodeKind.BASE, ""), target.marker


def is_own(node: NodeName, target: SolverPackage) -> bool:
    """Whether a package requires itself, which says nothing; a group may require its own project."""
    return target.kind is NodeKind.BASE and target.name == node[0] and node[1] is not NodeKind.GROUP


def _name_of(package: SolverPackage) -> NodeName:
    return package.name, package.kind, package.kind_name

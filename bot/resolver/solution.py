"""The solver's states turned into a ``Resolution``: nodes, edges and the artifacts of what was chosen (spec 4.8)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from bot.lockfile.model import File, RegistrySource, Source
from bot.resolver.fork_state import ForkState, Pin
from bot.resolver.index import Index, ReleaseFile
from bot.resolver.package import Role, SolverPackage
from bot.resolver.resolution import (
    Edge,
    ForkResolution,
    Node,
    NodeKind,
    PackageKey,
    PinnedPackage,
    PinnedWheel,
    Resolution,
)
from bot.resolver.trees import SourceRead, SourceReader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SolutionBuilder:
    """Collects solved forks in order of completion.

    ``place`` turns the absolute path of a local index into what the lock prints.
    """

    def __init__(self, sources: SourceReader, place: Callable[[str], str]) -> None:
        self._sources = sources
        self._place = place
        self._forks: list[ForkResolution] = []
        self._packages: dict[PackageKey, PinnedPackage] = {}

    def add(self, fork: ForkState) -> None:
        decided = dict(fork.solver.partial_solution.decisions())
        keys: dict[str, PackageKey] = {}
        for package, key in decided.items():
            if package.role is Role.NODE and package.name not in keys:
                keys[package.name] = self._key(fork, package.name, key)
        nodes: dict[tuple[str, NodeKind, str], int] = {}
        listed: list[Node] = []
        for package in decided:
            if package.role is Role.NODE and package.marker.is_true:
                nodes[package.name, package.kind, package.kind_name] = len(listed)
                listed.append(Node(package=keys[package.name], kind=package.kind, kind_name=package.kind_name))
        edges = dict.fromkeys(_edges(fork, decided, nodes))
        environment = fork.environment
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

    def _key(self, fork: ForkState, name: str, key: bytes) -> PackageKey:
        pin = fork.pins[name, key]
        read = self._sources.read(name, pin.source) if pin.source is not None else None
        made = PackageKey(name=name, version=pin.version, source=self._source(pin, read))
        if made not in self._packages:
            self._packages[made] = self._pinned(pin, read)
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
        )

    def _registry(self, index: Index) -> str:
        folder = local_folder(index)
        if folder is None:
            return index.url
        return folder if index.absolute else self._place(folder)

    def _file(self, file: ReleaseFile) -> File:
        if file.path is not None:
            folder = local_folder(file.index)
            # Relative to the index, whose own place the source names.
            is_relative = folder is not None and not file.index.absolute
            return File(path=posixpath.relpath(file.path, folder) if is_relative else file.path)
        return _remote_file(file)


@lru_cache(maxsize=1 << 14)
def _remote_file(file: ReleaseFile) -> File:
    """A file elsewhere as the lock has it. Remembered, as solves of one repository take nearly the same files."""
    return File(
        url=file.url,
        hash=file.hash,
        size=file.size,
        upload_time=None if file.upload_time is None else render_upload_time(file.upload_time),
    )


def local_folder(index: Index) -> str | None:
    """The absolute path of an index that is a folder."""
    if index.url.startswith("file:"):
        return unquote(urlsplit(index.url).path)
    return index.url if posixpath.isabs(index.url) else None


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
    )


def render_upload_time(microseconds: int) -> str:
    """RFC 3339 in UTC, truncated to milliseconds, without trailing zeros."""
    seconds, rest = divmod(microseconds // 1000, 1000)
    moment = (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{moment}{fraction}Z"


def _edges(
    fork: ForkState, decided: dict[SolverPackage, bytes], nodes: dict[tuple[str, NodeKind, str], int]
) -> Iterator[Edge]:
    for package, key in decided.items():
        if package.role not in (Role.NODE, Role.ROOT):
            continue
        source = None if package.role is Role.ROOT else nodes[package.name, package.kind, package.kind_name]
        for dependency in fork.solver.dependencies(package):
            target = dependency.dependency
            if dependency.dependent is not package or target.role in (Role.ROOT, Role.PYTHON):
                continue
            chosen = decided.get(target)
            if chosen is None or not dependency.dependent_versions.contains(key):
                continue
            if not dependency.dependency_versions.contains(chosen):
                continue
            if target.kind is NodeKind.BASE and package.kind is not NodeKind.GROUP and target.name == package.name:
                # A package that requires itself says nothing; a group may require its own project.
                continue
            yield Edge(source=source, target=nodes[target.name, target.kind, target.kind_name], marker=target.marker)
            if target.role is Role.EXTRA_PROXY:
                yield Edge(source=source, target=nodes[target.name, NodeKind.BASE, ""], marker=target.marker)

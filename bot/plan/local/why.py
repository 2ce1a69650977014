"""Why a package is in a lock, at the version that it has there, and what would let it go further."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from bot.errors import LockbotError
from bot.lockfile.graph import all_edges, own_packages, packages_by_name, parents_by_name, root_names
from bot.lockfile.model import GitSource, Lock, Package, RegistrySource, UrlSource
from bot.manifest.edit import specifier_of
from bot.markers import TRUE
from bot.plan.available import find_newest
from bot.plan.local.hold import Hold, WayOut, find_hold, find_way_out
from bot.plan.loosening import registry_sources
from bot.plan.policy import update_kind
from bot.plan.proposals.repository import Workload
from bot.plan.unit import declarations_by_name
from bot.ports.run import UpdateKind
from bot.resolver.model.index import IndexPort, ReleaseFile
from bot.resolver.model.versions import try_parse_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who requires it. ``requirement``: in its own words, ``None`` where they could not be read; ``place``: file and line.

    ``marker``: where, ``None`` for everywhere. ``shuts_out``: whether it doesn't admit the newest version.
    """

    who: str
    requirement: str | None
    place: str | None = None
    marker: str | None = None
    shuts_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedAs:
    """One entry of the lock. ``source``: where it is from, if not from an index; ``worlds``: the forks that it is for."""

    version: str
    source: str | None
    worlds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """``chain``: the shortest way from the project to the package. ``newest``: where there is something newer.

    ``hold``: what keeps it from ``newest``; ``way_out``: what would let it go there.
    """

    unit: str
    package: str
    entries: tuple[LockedAs, ...]
    askers: tuple[Asker, ...]
    chain: tuple[str, ...]
    newest: Version | None = None
    is_major: bool = False
    is_locked: bool = True
    hold: Hold | None = None
    way_out: WayOut | None = None


def find_why(workload: Workload, index: IndexPort, name: str) -> Why | None:
    """``None`` where the lock does not hold the package; raises ``IndexFailure`` where an index can't be read."""
    lock = workload.trial.base.lock
    entries = packages_by_name(lock).get(name, ())
    if not entries:
        return None
    newest = _newest(workload, index, name, entries)
    hold = None if newest is None else find_hold(workload, name, newest)
    return Why(
        unit=workload.name,
        package=name,
        entries=tuple(_entry(package) for package in entries),
        askers=(*_own_askers(workload, name), *_other_askers(workload, index, name, newest)),
        chain=_chain(lock, name),
        newest=newest,
        is_major=newest is not None and update_kind(workload.trial.current[name][-1], newest) is UpdateKind.MAJOR,
        is_locked=workload.trial.unit.lock is not None,
        hold=hold,
        way_out=None if newest is None or hold is None or hold.reason is None else find_way_out(workload, name, newest),
    )


def _entry(package: Package) -> LockedAs:
    version = "dynamic" if package.version is None else str(package.version)
    return LockedAs(
        version=version, source=_source(package), worlds=tuple(str(one) for one in package.resolution_markers)
    )


def _source(package: Package) -> str | None:
    match package.source:
        case RegistrySource():
            return None
        case GitSource(url=url, commit=commit):
            return f"{url} at {commit[:12]}"
        case UrlSource(url=url):
            return url
        case other:
            return f"the folder or file {other.path}"


def _newest(workload: Workload, index: IndexPort, name: str, entries: Sequence[Package]) -> Version | None:
    current = workload.trial.current.get(name)
    if current is None or not all(isinstance(one.source, RegistrySource) for one in entries):
        return None
    sources = registry_sources(workload.trial.request).get(name, ())
    found = find_newest(workload.trial.request, index, name, sources, current)
    return found.overall or found.in_major


# --- who asks for it ------------------------------------------------------------------------------


def _own_askers(workload: Workload, name: str) -> Iterator[Asker]:
    for row in declarations_by_name(workload.trial.unit.declarations).get(name, ()):
        marker = row.requirement.marker
        yield Asker(
            who=_owner(row.path),
            requirement=f"{row.requirement.name}{specifier_of(row.text)}",
            place=f"{row.path}:{row.line}",
            marker=None if marker is None else str(marker),
        )


def _owner(path: str) -> str:
    """The project or script that a manifest is of; other files speak for themselves."""
    if path.endswith(".toml"):
        return "the project"
    return path if path.endswith((".in", ".txt")) else "the script"


def _other_askers(workload: Workload, index: IndexPort, name: str, newest: Version | None) -> Iterator[Asker]:
    lock = workload.trial.base.lock
    own = {package.name for package in own_packages(lock)}
    for package in lock.packages:
        edges = [edge for edge in all_edges(package) if edge.name == name]
        if not edges or package.name in own or package.name == name:
            continue
        markers = dict.fromkeys(None if edge.marker is TRUE else str(edge.marker) for edge in edges)
        specifiers = _requirement(workload, index, package, name)
        yield Asker(
            who=f"{package.name} {package.version or ''}".rstrip(),
            requirement=" or ".join(f"{name}{one}" for one in specifiers) or None,
            shuts_out=newest is not None and any(not one.contains(newest, prereleases=True) for one in specifiers),
            marker=None if None in markers else " or ".join(filter(None, markers)),
        )


def _requirement(workload: Workload, index: IndexPort, package: Package, name: str) -> Sequence[SpecifierSet]:
    """What the package's metadata say of ``name``; the lock doesn't."""
    try:
        file = _metadata_file(workload, index, package)
        stated = () if file is None else index.get_metadata(file).requires_dist
    except LockbotError:
        return ()
    return tuple(dict.fromkeys(_specifiers(stated, name)))


def _metadata_file(workload: Workload, index: IndexPort, package: Package) -> ReleaseFile | None:
    version = None if package.version is None else try_parse_version(str(package.version))
    if version is None or not isinstance(package.source, RegistrySource):
        return None
    for place in workload.trial.request.indexes:
        page = index.get_page(place, package.name) if place.url == package.source.url else None
        files = [] if page is None else [file for file in page.files(version) if file.wheel is not None]
        if files:
            return files[0]
    return None


def _specifiers(stated: Sequence[str], name: str) -> Iterator[SpecifierSet]:
    for text in stated:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if canonicalize_name(requirement.name) == name:
            yield requirement.specifier


def _chain(lock: Lock, name: str) -> tuple[str, ...]:
    """The shortest way down to the package, by names."""
    parents = parents_by_name(lock)
    roots = root_names(lock)
    below: dict[str, str | None] = {name: None}
    waiting = deque([name])
    while waiting:
        here = waiting.popleft()
        if here in roots:
            return tuple(_way_down(below, here))
        for parent in parents.get(here, ()):
            if parent not in below:
                below[parent] = here
                waiting.append(parent)
    return ()


def _way_down(below: Mapping[str, str | None], start: str) -> Iterator[str]:
    here: str | None = start
    while here is not None:
        yield here
        here = below[here]

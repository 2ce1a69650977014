"""What an existing lock recorded of versions whose metadata would need a build.

A lock holds edges, not requirements: which packages were required where, and for the extras that somebody asked for,
but not which other versions of them would have done. So a record is given only where the request asks for nothing that
the lock has not seen (its Pythons, environments, overrides and excludes), and what is solved with it stands only if
the dependencies stay at locked versions (``moved_dependency``). Where an earlier build left requirements in the source
distribution too, they supply the specifiers (``with_specifiers``), and the lock says which dependencies there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.specifiers import SpecifierSet

from bot.lockfile.model import Dependency, Lock, Package, RegistryRequirement, RegistrySource, Requirement
from bot.markers import Marker, parse_marker
from bot.resolver.model.needs import Facts, Need, to_need
from bot.resolver.model.python_range import PythonRange, parse_python_range
from bot.resolver.model.request import LockRequest
from bot.resolver.model.resolution import Resolution
from bot.resolver.model.versions import PyVersion, parse_version
from bot.values import replace, value

#: What ``Facts.recorded`` says of facts from a lock.
LOCK = "lock"

_ANY_VERSION = RegistryRequirement(specifier=SpecifierSet())

LockedFacts = Mapping[tuple[str, PyVersion], Facts]


def locked_facts(request: LockRequest, existing: Lock, released: frozenset[str]) -> LockedFacts:
    """Facts of the registry versions of a lock that have no wheel; ``released`` packages are to be upgraded."""
    if not _saw_everything(request, existing):
        return {}
    reading = _Reading(python=parse_python_range(existing.requires_python), extras=_extras_asked(existing))
    found: dict[tuple[str, PyVersion], Facts] = {}
    for package in existing.packages:
        if package.wheels or package.sdist is None or not isinstance(package.source, RegistrySource):
            continue
        facts = None if package.name in released else reading.facts(package)
        if facts is not None:
            assert facts.version is not None
            found[package.name, parse_version(facts.version)] = facts
    return found


def _saw_everything(request: LockRequest, existing: Lock) -> bool:
    """Whether every requirement that could matter to the request could have left an edge in the lock."""
    seen = parse_python_range(existing.requires_python)
    wanted = PythonRange.from_specifiers(request.requires_python)
    return (
        wanted.is_contained_by(seen)
        and (
            not existing.supported_markers
            or [*map(seen.simplify, existing.supported_markers)] == [*map(seen.simplify, request.environments)]
        )
        and existing.manifest.overrides == request.overrides
        and existing.manifest.excludes == request.excludes
    )


def _extras_asked(existing: Lock) -> Mapping[str, frozenset[str]]:
    """The extras of each package that some edge of the lock asks for."""
    found: dict[str, frozenset[str]] = {}
    for package in existing.packages:
        for edge in _edges(package):
            if edge.extras:
                found[edge.name] = found.get(edge.name, frozenset()) | frozenset(edge.extras)
    return found


def _edges(package: Package) -> Iterator[Dependency]:
    yield from package.dependencies
    for table in (package.optional_dependencies, package.dev_dependencies):
        for edges in table.values():
            yield from edges


@value
class _Reading:
    """Reads edges back as requirements: with the markers that the lock left out because its Pythons imply them."""

    python: PythonRange
    extras: Mapping[str, frozenset[str]]

    def facts(self, package: Package) -> Facts | None:
        """``None`` where an edge depends on conflicting extras or groups: it is not a requirement then."""
        if package.version is None or any(edge.marker.extras() for edge in _edges(package)):
            return None
        needs = [self._need(edge, None) for edge in package.dependencies]
        for extra, edges in package.optional_dependencies.items():
            needs += [self._need(edge, extra) for edge in edges]
        known = {*package.optional_dependencies, *self.extras.get(package.name, ())}
        return Facts(
            package.name,
            parse_version(str(package.version)).text,
            None,
            tuple(needs),
            {},
            tuple(sorted(known)),
            LOCK,
        )

    def _need(self, edge: Dependency, extra: str | None) -> Need:
        marker: Marker = edge.marker if edge.marker.is_true else self.python.complexify(edge.marker)
        if extra is not None:
            marker = marker & parse_marker(f"extra == '{extra}'")
        return to_need(Requirement(name=edge.name, extras=edge.extras, marker=marker, source=_ANY_VERSION))


def with_specifiers(locked: Facts, recorded: Facts) -> Facts | None:
    """The lock's requirements with the specifiers of what a build recorded; ``None`` where one of them has none."""
    needs = []
    for need in locked.needs:
        stated = {
            str(one.specifiers): one
            for one in recorded.needs
            if one.name == need.name and one.is_registry and not one.marker.is_disjoint(need.marker)
        }
        if len(stated) != 1:
            return None
        (one,) = stated.values()
        needs.append(replace(need, source=one.source, specifiers=one.specifiers, range=one.range))
    return replace(
        locked,
        needs=tuple(needs),
        requires_python=recorded.requires_python,
        extras=tuple(dict.fromkeys((*locked.extras, *recorded.extras))),
        recorded=recorded.recorded,
    )


def moved_dependency(resolution: Resolution, existing: Lock) -> tuple[str, PyVersion, str] | None:
    """A package (name, version) that only the lock told about, and a dependency of it that left the locked versions."""
    if not any(pinned.recorded == LOCK for pinned in resolution.packages.values()):
        return None
    locked = {
        (package.name, parse_version(str(package.version)))
        for package in existing.packages
        if package.version is not None
    }
    for fork in resolution.forks:
        for edge in fork.edges:
            if edge.source is None:
                continue
            source, target = fork.nodes[edge.source].package, fork.nodes[edge.target].package
            if resolution.packages[source].recorded != LOCK or resolution.packages[target].version is None:
                continue
            if (target.name, target.version) not in locked:
                return source.name, source.version, target.name
    return None

"""Versions to stay with: those of the existing lock, then those of forks solved before (spec 7.5)."""

from __future__ import annotations

from collections.abc import Iterable

from bot.lockfile.model import Lock, RegistrySource
from bot.markers import TRUE, Marker
from bot.resolver.model.environment import Environment
from bot.resolver.model.versions import PyVersion, parse_version
from bot.values import value


@value
class Preference:
    """``marker`` is where the version was chosen; ``index`` the registry it came from, ``anywhere`` that it may be any."""

    version: PyVersion
    marker: Marker = TRUE
    index: str | None = None
    anywhere: bool = False
    from_lock: bool = False


class Preferences:
    """By name, in order of precedence. Grows while a run goes on."""

    def __init__(self, locked: dict[str, list[Preference]] | None = None) -> None:
        self._entries: dict[str, list[Preference]] = locked or {}
        self._added: set[tuple[str, bytes, Marker, str | None]] = set()

    def add(self, name: str, preference: Preference) -> None:
        """Forks of declared conflicts are many and choose the same: what says nothing new is not kept."""
        key = (name, preference.version.key, preference.marker.without_extras(), preference.index)
        if key not in self._added:
            self._added.add(key)
            self._entries.setdefault(name, []).append(preference)

    def names(self) -> Iterable[str]:
        return self._entries

    def agreed(self, name: str) -> PyVersion | None:
        """The one version that all entries of a name mean."""
        entries = self._entries.get(name)
        if not entries:
            return None
        version = entries[0].version
        for entry in entries:
            if entry.version is not version and entry.version.key != version.key:
                return None
        return version

    def versions(self, name: str) -> Iterable[PyVersion]:
        return (entry.version for entry in self._entries.get(name, ()))

    def ordered(
        self, name: str, index: str | None, environment: Environment, *, newest_first: bool
    ) -> list[Preference]:
        """The entries to try, best first; those from another index than a required one are left out."""
        entries = [
            entry for entry in self._entries.get(name, ()) if index is None or entry.anywhere or entry.index == index
        ]
        if len(entries) < 2:
            return entries
        entries.sort(key=lambda entry: entry.version.key, reverse=newest_first)
        entries.sort(key=lambda entry: not environment.admits(entry.marker.without_extras()))
        return entries


def locked_preferences(lock: Lock) -> dict[str, list[Preference]]:
    """The versions an existing lock holds; one entry for each marker of a forked package."""
    found: dict[str, list[Preference]] = {}
    for package in lock.packages:
        if package.version is None:
            continue
        index = package.source.url if isinstance(package.source, RegistrySource) else None
        version = parse_version(str(package.version))
        found.setdefault(package.name, []).extend(
            Preference(version=version, marker=marker, index=index, from_lock=True)
            for marker in package.resolution_markers or (TRUE,)
        )
    return found


def released_packages(lock: Lock, packages: frozenset[str], groups: frozenset[str]) -> frozenset[str]:
    """``--upgrade-package`` names and what ``--upgrade-group`` groups of the lock directly require."""
    released = set(packages)
    for package in lock.packages:
        for group, dependencies in package.dev_dependencies.items():
            if group in groups:
                released.update(dependency.name for dependency in dependencies)
    for group, requirements in lock.manifest.dependency_groups.items():
        if group in groups:
            released.update(requirement.name for requirement in requirements)
    return frozenset(released)


def recorded_hashes(lock: Lock) -> dict[str, dict[PyVersion, frozenset[str]]]:
    """The digests that a lock holds for each registry package."""
    found: dict[str, dict[PyVersion, frozenset[str]]] = {}
    for package in lock.packages:
        if package.version is None or not isinstance(package.source, RegistrySource):
            continue
        files = (*package.wheels, *((package.sdist,) if package.sdist else ()))
        digests = frozenset(file.hash for file in files if file.hash)
        if digests:
            known = found.setdefault(package.name, {})
            version = parse_version(str(package.version))
            known[version] = known.get(version, frozenset()) | digests
    return found


def recorded_edges(lock: Lock) -> dict[tuple[str, PyVersion], frozenset[str]]:
    """The names that a lock lists as dependencies of each registry version."""
    found: dict[tuple[str, PyVersion], frozenset[str]] = {}
    for package in lock.packages:
        if package.version is None or not isinstance(package.source, RegistrySource):
            continue
        key = package.name, parse_version(str(package.version))
        found[key] = found.get(key, frozenset()) | {edge.name for edge in package.dependencies}
    return found

"""Which version of a registry package is tried next (spec 4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from bot.pubgrub.version_set import VersionSet
from bot.resolver.model.environment import Environment
from bot.resolver.model.request import IndexStrategy, PrereleaseMode, ResolutionMode, ResolverOptions
from bot.resolver.model.versions import PyVersion
from bot.resolver.offers.releases import Obstacle, Release, VersionMap
from bot.resolver.search.policy import ManifestPolicy
from bot.resolver.search.preferences import Preference, Preferences
from bot.values import value


class Prereleases(Enum):
    """How pre-releases of a package take part."""

    NEVER = "never"
    ALWAYS = "always"
    AFTER_STABLE = "after stable"


class Pass(Enum):
    """Which releases one pass over the versions looks at."""

    ALL = "all"
    STABLE = "stable"
    PRERELEASE = "pre-release"


@value(kw_only=False, eq=False)
class Selector:
    """The selection rules of one run."""

    options: ResolverOptions
    policy: ManifestPolicy

    def select(
        self,
        name: str,
        wanted: VersionSet,
        maps: Sequence[VersionMap],
        preferences: Preferences,
        index: str | None,
        environment: Environment,
    ) -> Release | None:
        """The best candidate, usable or not (then with its obstacle); ``None`` when there is nothing in the set."""
        allowance = self.prereleases(name, environment)
        newest = self.newest_first(name, environment)
        for preference in preferences.ordered(name, index, environment, newest_first=newest):
            found = self._preferred(preference, wanted, maps, allowance)
            if found is not None:
                return found
        return self.select_fresh(name, wanted, maps, environment)

    def select_fresh(
        self, name: str, wanted: VersionSet, maps: Sequence[VersionMap], environment: Environment
    ) -> Release | None:
        """The best candidate without regard to preferences."""
        newest = self.newest_first(name, environment)
        match self.prereleases(name, environment):
            case Prereleases.ALWAYS:
                return self._search(wanted, maps, Pass.ALL, newest)
            case Prereleases.NEVER:
                return self._search(wanted, maps, Pass.STABLE, newest)
            case Prereleases.AFTER_STABLE:
                return self._search_stable_first(wanted, maps, newest)

    def _search_stable_first(self, wanted: VersionSet, maps: Sequence[VersionMap], newest: bool) -> Release | None:
        each_alone = self.options.index_strategy is IndexStrategy.UNSAFE_FIRST_MATCH
        for group in [[one] for one in maps] if each_alone else [maps]:
            for which in (Pass.STABLE, Pass.PRERELEASE):
                found = self._search(wanted, group, which, newest)
                if found is not None:
                    return found
        return None

    def prereleases(self, name: str, environment: Environment) -> Prereleases:
        match self.options.prerelease_package.get(name, self.options.prerelease):
            case PrereleaseMode.DISALLOW:
                return Prereleases.NEVER
            case PrereleaseMode.ALLOW:
                return Prereleases.ALWAYS
            case PrereleaseMode.EXPLICIT:
                opted_in = any(one.matches(environment) for one in self.policy.opted_in.get(name, ()))
                return Prereleases.AFTER_STABLE if opted_in else Prereleases.NEVER
            case _:
                return Prereleases.AFTER_STABLE

    def newest_first(self, name: str, environment: Environment) -> bool:
        match self.options.resolution:
            case ResolutionMode.HIGHEST:
                return True
            case ResolutionMode.LOWEST:
                return False
            case ResolutionMode.LOWEST_DIRECT:
                return not any(one.matches(environment) for one in self.policy.first_party.get(name, ()))

    def _preferred(
        self, preference: Preference, wanted: VersionSet, maps: Sequence[VersionMap], allowance: Prereleases
    ) -> Release | None:
        version = preference.version
        if not wanted.contains(version.key):
            return None
        if version.is_prerelease and not _keeps_prerelease(allowance, preference):
            return None
        for one in maps:
            found = one.get(version)
            if found is not None:
                return _local_variant(one, found, wanted) or found
        return None

    def _search(self, wanted: VersionSet, maps: Sequence[VersionMap], which: Pass, newest: bool) -> Release | None:
        if self.options.index_strategy is IndexStrategy.UNSAFE_BEST_MATCH and len(maps) > 1:
            return _first_usable(_merged(wanted, maps, newest), which)
        for one in maps:
            found = _first_in(one, wanted, which, newest)
            if found is not None:
                return found
        return None


#: So many sets are remembered of one package.
_REMEMBERED = 200


def _first_in(one: VersionMap, wanted: VersionSet, which: Pass, newest: bool) -> Release | None:
    """What is tried first of one index. It depends on nothing but these, and many searches ask for the same."""
    known, key = one.first, (wanted, which, newest)
    if key not in known:
        if len(known) >= _REMEMBERED:
            known.clear()
        versions = one.releases(wanted, newest_first=newest)
        known[key] = _first_usable(((one, version) for version in versions), which)
    return known[key]


def _keeps_prerelease(allowance: Prereleases, preference: Preference) -> bool:
    """A lock's pre-release stays unless they are banned; that of a sibling fork is no reason to take one."""
    match allowance:
        case Prereleases.ALWAYS:
            return True
        case Prereleases.NEVER:
            return False
        case Prereleases.AFTER_STABLE:
            return preference.from_lock


def _local_variant(releases: VersionMap, found: Release, wanted: VersionSet) -> Release | None:
    """The newest local variant of a preferred version, if the set admits one."""
    if not releases.shows_locals:
        return None
    public = found.version
    for version in reversed(releases.versions):
        if version.key <= public.key:
            return None
        if version.local is not None and version.public() == public and wanted.contains(version.key):
            return releases.get(version)
    return None


def _merged(wanted: VersionSet, maps: Sequence[VersionMap], newest: bool) -> Iterator[tuple[VersionMap, PyVersion]]:
    """The versions of all indexes in one order; of equal versions the one of the earlier index first."""
    rows = [(version, one) for one in maps for version in one.releases(wanted, newest_first=newest)]
    rows.sort(key=lambda row: row[0].key, reverse=newest)
    return ((one, version) for version, one in rows)


def _first_usable(versions: Iterator[tuple[VersionMap, PyVersion]], which: Pass) -> Release | None:
    """The first usable release; else the first unusable one, once the search has gone past its version.

    Releases whose files are all past the cut-off do not exist.
    """
    blocked: Release | None = None
    for releases, version in versions:
        if blocked is not None and version != blocked.version:
            return blocked
        if which is not Pass.ALL and version.is_prerelease is not (which is Pass.PRERELEASE):
            continue
        found = releases.get(version)
        if found is None or found.obstacle is Obstacle.EXCLUDE_NEWER:
            continue
        if found.obstacle is None:
            return found
        blocked = blocked or found
    return blocked

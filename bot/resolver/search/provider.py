"""Decisions of the search that need knowledge: which version, whether to split, what it depends on (spec 4.4, 4.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from bot.errors import BuildRequiredError
from bot.lockfile.model import RequirementSource
from bot.markers import TRUE, UNBOUNDED, Marker, parse_marker
from bot.pubgrub.cuts import after, before
from bot.pubgrub.version_set import VersionSet, between, singleton
from bot.resolver.model.environment import Environment
from bot.resolver.model.index import Index, MetadataUnavailable
from bot.resolver.model.needs import Facts, Need
from bot.resolver.model.python_range import PythonRange, parse_python_range
from bot.resolver.model.request import ForkStrategy, LockRequest
from bot.resolver.model.resolution import NodeKind
from bot.resolver.model.spoken import spoken_marker
from bot.resolver.model.versions import PyVersion, parse_version
from bot.resolver.offers.releases import Obstacle, Release, VersionMap
from bot.resolver.offers.sources import SourceReader
from bot.resolver.search.choices import Choice, Chosen, NeedsNewerPython, NothingLeft, RuledOut, Split
from bot.resolver.search.dependencies import Declarer, Expander, SolverDependency, UnsatisfiableNeed
from bot.resolver.search.fork_state import ForkState, Pin, Reason
from bot.resolver.search.forking import DependencyFork, split_dependencies
from bot.resolver.search.knowledge import Knowledge
from bot.resolver.search.locked_facts import LOCK
from bot.resolver.search.needed_where import chain_above, needed_where
from bot.resolver.search.package import PackageFactory, Role, SolverPackage
from bot.resolver.search.preferences import Preferences
from bot.resolver.search.selection import Selector
from bot.resolver.search.shared import LastingDependencies

#: So much metadata is asked for in advance at once.
_AT_ONCE = 50
_PLATFORMS = tuple(parse_marker(f"sys_platform == '{name}'") for name in ("darwin", "linux", "win32"))


class PackageProvider:
    """Answers what the search of one run asks: the versions of packages and what they depend on."""

    def __init__(
        self,
        request: LockRequest,
        roots: Sequence[Need],
        factory: PackageFactory,
        expander: Expander,
        knowledge: Knowledge,
        sources: SourceReader,
        selector: Selector,
        preferences: Preferences,
        lasting: LastingDependencies | None = None,
    ) -> None:
        self._factory = factory
        self._lasting = lasting
        self._conflicts = request.conflicts
        self._roots = roots
        self._expander = expander
        self._knowledge = knowledge
        self._sources = sources
        self._selector = selector
        self._preferences = preferences
        is_universal = request.target is None
        self._splits_on_python = is_universal and request.options.fork_strategy is ForkStrategy.REQUIRES_PYTHON
        self._covered = (*request.environments, *request.required_environments) if is_universal else ()
        self._direct_only = request.options.direct_only
        self._minimum_libc = request.options.minimum_libc_version
        self._looked_beyond: set[tuple[str, bytes]] = set()

    # Versions ---------------------------------------------------------------------------------------------------

    def choose(self, fork: ForkState, package: SolverPackage, wanted: VersionSet) -> Choice:
        """The next version of the package to try."""
        if package.role is Role.ROOT:
            return Chosen(ROOT_VERSION)
        if package.role is Role.PYTHON:
            return NothingLeft()
        source = fork.urls.get(package.name)
        if source is not None:
            return self._choose_source(fork, package, source, wanted)
        return self._choose_registry(fork, package, fork.indexes.get(package.name), wanted)

    def _choose_source(
        self, fork: ForkState, package: SolverPackage, source: RequirementSource, wanted: VersionSet
    ) -> Choice:
        read = self._sources.read(package.name, source)
        version = parse_version(read.facts.version) if read.facts.version else read.stand_in
        if not wanted.contains(version.key):
            return NothingLeft()
        if read.wheel is not None:
            if self._misses_environment(fork, package, read.wheel_markers(self._minimum_libc)):
                return RuledOut(version, Reason(Obstacle.MISSING_PLATFORM.value))
            if not fork.environment.python.matches_wheel_tags(read.wheel):
                return RuledOut(version, Reason(Obstacle.TAG.value))
        asked = read.facts.requires_python
        if asked and not fork.environment.python.is_contained_by(parse_python_range(asked)):
            return RuledOut(version, Reason(f"needs Python {asked}"), asked)
        fork.pins.setdefault((package.name, version.key), Pin(version, None, source, read.facts))
        return Chosen(version)

    def _misses_environment(self, fork: ForkState, package: SolverPackage, served: Marker) -> bool:
        return any(
            fork.environment.admits(one)
            and fork.environment.admits(needed_where(package, fork.solver) & one)
            and not fork.environment.admits(served & one)
            for one in self._covered
        )

    def _choose_registry(
        self, fork: ForkState, package: SolverPackage, index: Index | None, wanted: VersionSet
    ) -> Choice:
        name, environment = package.name, fork.environment
        self._knowledge.await_maps(name, index, partial(self.prefetch_candidates, fork))
        maps = self._knowledge.maps(name, index)
        if not maps:
            return NothingLeft(Reason(self._knowledge.why_missing(name, index)))
        url = index.url if index is not None else None
        release = self._selector.select(name, wanted, maps, self._preferences, url, environment)
        if release is None:
            return NothingLeft()
        if release.obstacle is not None:
            return RuledOut(release.version, Reason(release.obstacle.value))
        asked = release.requires_python
        if asked is not None and not environment.python.is_contained_by(parse_python_range(asked)):
            return self._split_on_python(environment, release.version, asked)
        upper = environment.python.upper
        if upper != UNBOUNDED:
            below = PythonRange(lower=UNBOUNDED, upper=upper).marker()
            if release.python_coverage.is_disjoint(below):
                return RuledOut(release.version, Reason(Obstacle.TAG.value))
        if environment.point is None:
            split = self._split_on_coverage(fork, package, release, maps, url, wanted)
            if split is not None:
                return split
        return self._pin(fork, package, release)

    def _split_on_python(self, environment: Environment, version: PyVersion, asked: str) -> Choice:
        if self._splits_on_python:
            parts = environment.split_at_python(parse_python_range(asked).lower)
            if parts:
                return Split(tuple((part, None) for part in parts))
        return RuledOut(version, Reason(f"needs Python {asked}"), asked)

    def _pin(self, fork: ForkState, package: SolverPackage, release: Release) -> Chosen:
        fork.pins.setdefault((package.name, release.version.key), Pin(release.version, release, None))
        if package.role is Role.NODE and not self._direct_only:
            self._knowledge.request_metadata((release,))
        return Chosen(release.version)

    def _split_on_coverage(
        self,
        fork: ForkState,
        package: SolverPackage,
        release: Release,
        maps: list[VersionMap],
        index: str | None,
        wanted: VersionSet,
    ) -> Choice | None:
        """Split where the release has no file for an environment that needs one; ``None`` where it has."""
        served = release.coverage
        if served.is_true:
            return None
        environment = fork.environment
        for one in self._covered:
            if not environment.admits(one) or environment.admits(served & one):
                continue
            if not environment.admits(needed_where(package, fork.solver) & one):
                continue
            parts = environment.split_by_marker(one.restrict(one | (served & environment.marker)))
            if parts is None:
                return RuledOut(release.version, Reason(f"has no wheels {spoken_marker(one)}"))
            return Split(tuple((part, None) for part in parts))
        if release.version.local is None:
            return None
        return self._split_on_local(fork, package, release, maps, index, wanted)

    def _split_on_local(
        self,
        fork: ForkState,
        package: SolverPackage,
        local: Release,
        maps: list[VersionMap],
        index: str | None,
        wanted: VersionSet,
    ) -> Choice | None:
        """A local version that serves less than the public one leaves the rest to it."""
        environment = fork.environment
        public = wanted.intersection(singleton(local.version.public().key))
        base = self._selector.select(package.name, public, maps, self._preferences, index, environment)
        if base is None or base.obstacle is not None:
            return None
        remainder = base.coverage & ~local.coverage
        if remainder.is_false or not environment.admits(remainder):
            return None
        if not environment.admits(local.coverage):
            return self._pin(fork, package, base)
        for platform in _PLATFORMS:
            # Neither serves the rest of a platform that only the public version touches: keep the marker simple.
            if local.coverage.is_disjoint(platform) and not remainder.is_disjoint(platform):
                remainder |= platform
        parts = environment.split_by_marker(remainder)
        if parts is None:
            return None
        self._pin(fork, package, local)
        self._pin(fork, package, base)
        return Split(((parts[0], base.version), (parts[1], local.version)))

    # Dependencies -----------------------------------------------------------------------------------------------

    def parts(
        self, fork: ForkState, package: SolverPackage, version: PyVersion
    ) -> list[DependencyFork] | Reason | NeedsNewerPython:
        """What the version depends on, in the forks that this needs; one fork means that nothing is split."""
        known = self._known_dependencies(fork, package, version)
        if known is not None:
            return [DependencyFork(fork.environment, known)]
        found = self.dependencies(fork, package, version)
        if not isinstance(found, list):
            return found
        if fork.environment.point is not None:
            return [DependencyFork(fork.environment, found)]
        parts = split_dependencies(found, fork.environment, self._conflicts)
        if len(parts) == 1 and self._lasting is not None and package.role is Role.NODE:
            facts = self.facts(fork, package.name, version)
            self._lasting.keep(fork.environment, facts, package, parts[0].dependencies)
        return parts

    def _known_dependencies(
        self, fork: ForkState, package: SolverPackage, version: PyVersion
    ) -> list[SolverDependency] | None:
        if self._lasting is None or package.role is not Role.NODE:
            return None
        try:
            facts = self.facts(fork, package.name, version)
        except (MetadataUnavailable, BuildRequiredError):
            return None
        return self._lasting.find(fork.environment, facts, package)

    def dependencies(
        self, fork: ForkState, package: SolverPackage, version: PyVersion
    ) -> list[SolverDependency] | Reason | NeedsNewerPython:
        """What the version depends on in this fork; proxies are not asked about here."""
        try:
            if package.role is Role.ROOT:
                return self._expander.dependencies(self._roots, fork.environment, Declarer(), package)
            if self._direct_only:
                return []
            facts = self._facts_or_refusal(fork, package, version)
            asked = facts.requires_python
            if asked and not fork.environment.python.is_contained_by(parse_python_range(asked)):
                return NeedsNewerPython(asked)
            declarer = Declarer(name=package.name, version=version, kind=package.kind, kind_name=package.kind_name)
            return self._expander.package_dependencies(facts, fork.environment, declarer, package)
        except MetadataUnavailable as error:
            return Reason(f"has unusable metadata ({error})")
        except UnsatisfiableNeed as error:
            need = error.need
            return Reason(f"requires {need.name}{need.specifiers}, which admits no version")

    def _facts_or_refusal(self, fork: ForkState, package: SolverPackage, version: PyVersion) -> Facts:
        """The facts, as long as they speak of the extra that is asked about; a refusal says who needs the package."""
        name = package.name
        try:
            facts = self.facts(fork, name, version)
            if package.kind is NodeKind.EXTRA and facts.recorded == LOCK and package.kind_name not in facts.extras:
                why = f"its metadata is not static, and the lock recorded nothing of its extra {package.kind_name!r}"
                raise BuildRequiredError(name, version.text, why)
        except BuildRequiredError as error:
            release = fork.pins[name, version.key].release
            file = release.metadata_file.filename if release is not None else None
            chain = chain_above(name, fork)
            raise BuildRequiredError(
                name, version.text, error.why, file=file, needed_by=chain, path=error.path
            ) from None
        return facts

    def serves_all(self, fork: ForkState, name: str, version: PyVersion) -> bool:
        """Whether a pinned version has a file for every environment of the fork that must be covered.

        Then it does not matter where exactly the package is needed.
        """
        pin, admits = fork.pins[name, version.key], fork.environment.admits
        served = TRUE
        if pin.release is not None:
            served = pin.release.coverage
        elif pin.source is not None and self._covered:
            read = self._sources.read(name, pin.source)
            served = TRUE if read.wheel is None else read.wheel_markers(self._minimum_libc)
        return served.is_true or all(not admits(one) or admits(served & one) for one in self._covered)

    def has_locals(self, fork: ForkState, name: str) -> bool:
        """Whether local versions of a registry package take part."""
        return any(one.has_locals for one in self._knowledge.maps(name, fork.indexes.get(name)))

    def facts(self, fork: ForkState, name: str, version: PyVersion) -> Facts:
        """The facts of a pinned version; raises ``MetadataUnavailable`` or ``BuildRequiredError``."""
        pin = fork.pins[name, version.key]
        if pin.facts is None and pin.release is not None:
            self._knowledge.await_facts(pin.release, name, partial(self._use_wait, fork, name, version))
        return self.facts_of(pin, name)

    def facts_of(self, pin: Pin, name: str) -> Facts:
        """The facts of what was chosen for a name; waits for the index where they have not come yet."""
        if pin.facts is None:
            assert pin.release is not None
            pin.facts = self._knowledge.facts(pin.release, name)
        return pin.facts

    def maps(self, name: str) -> Sequence[VersionMap]:
        """The releases of a package on the usual indexes."""
        return self._knowledge.maps(name, None)

    def proxy_dependencies(self, proxy: SolverPackage, version: PyVersion) -> list[tuple[SolverPackage, VersionSet]]:
        same = singleton(version.key)
        return [(node, same) for node in self._factory.needed_by(proxy)]

    # Hints ------------------------------------------------------------------------------------------------------

    def has_page(self, name: str) -> bool:
        """Whether a package's releases can be had without waiting."""
        return self._knowledge.arrived_maps(name, None) is not None

    def request_pages(self, names: Iterable[str]) -> None:
        """Ask for pages of packages that will be needed."""
        for name in names:
            self._knowledge.request_pages(name, None)

    def prefetch_dependencies(self, fork: ForkState, dependencies: Sequence[SolverDependency]) -> None:
        for dependency in dependencies:
            name = dependency.package.name
            if name not in fork.urls and not self._selector.policy.may_have_url(name):
                self._knowledge.request_pages(name, fork.indexes.get(name))

    def prefetch_candidates(self, fork: ForkState) -> None:
        """Ask for the metadata of the likely choices of packages whose pages have come."""
        if self._direct_only or not self._knowledge.has_waited:
            return
        awaited = fork.awaited
        if awaited is None:
            # What was needed before there was anything to wait for.
            awaited = fork.awaited = dict(self._undecided(fork))
        else:
            awaited.update(fork.solver.partial_solution.prioritized_packages())
        likely: list[Release] = []
        for package, wanted in tuple(awaited.items()):
            maps = self._maps_to_look_at(fork, package, wanted)
            if maps is None:
                continue
            del awaited[package]
            if not maps:
                continue
            fork.pre_visited[package] = wanted
            release = self._selector.select(package.name, wanted, maps, self._preferences, None, fork.environment)
            if release is not None and release.obstacle is None and not self._is_too_new(release, fork.environment):
                likely.append(release)
        if likely:
            self._knowledge.request_metadata(likely)

    def _is_too_new(self, release: Release, environment: Environment) -> bool:
        """Whether the index already says that all of the fork's Pythons are too old for the release."""
        asked = release.requires_python
        if asked is None or environment.python.is_contained_by(parse_python_range(asked)):
            return False
        return isinstance(self._split_on_python(environment, release.version, asked), RuledOut)

    @staticmethod
    def _undecided(fork: ForkState) -> Iterator[tuple[SolverPackage, VersionSet]]:
        solution = fork.solver.partial_solution
        for package in solution.missing_packages():
            term = solution.term_intersection_for_package(package)
            if term is not None:
                yield package, term.versions

    def _maps_to_look_at(self, fork: ForkState, package: SolverPackage, wanted: VersionSet) -> list[VersionMap] | None:
        """Where to look for the likely choice; empty where there is nothing to look for, ``None``: not there yet."""
        if not (package.is_base_node or package.is_proxy) or fork.pre_visited.get(package) is wanted:
            return []
        policy = self._selector.policy
        if policy.may_have_url(package.name) or package.name in policy.indexes:
            return []
        return self._knowledge.arrived_maps(package.name, None)

    def _use_wait(self, fork: ForkState, name: str, version: PyVersion) -> None:
        """While metadata of a version is waited for: what else is likely, and once several versions were tried, what may be
        tried after this one, also beyond the set that is asked for now. What needs the package may need each time another
        one of its versions (as boto3 does of botocore), so that the set moves along with what is tried."""
        self.prefetch_candidates(fork)
        count = len(fork.tried.get(name, ()))
        if count > 1 and (name, version.key) not in self._looked_beyond:
            self._looked_beyond.add((name, version.key))
            is_down = self._selector.newest_first(name, fork.environment)
            rest = between(None, before(version.key)) if is_down else between(after(version.key), None)
            self._request_next(fork, name, rest, 2 * count)

    def prefetch_more(self, fork: ForkState, package: SolverPackage, version: PyVersion, wanted: VersionSet) -> None:
        """After many rejected versions of a package, ask for the metadata of the next ones at once."""
        if not package.is_base_node:
            return
        tried = fork.tried.setdefault(package.name, set())
        tried.add(version.key)
        if len(tried) not in (5, 10) and len(tried) % 20:
            return
        self._request_next(fork, package.name, wanted, len(tried))

    def _request_next(self, fork: ForkState, name: str, wanted: VersionSet, most: int) -> None:
        """Ask for the metadata of what would be tried of the set, one after the other."""
        maps = self._knowledge.maps(name, fork.indexes.get(name))
        rest = wanted
        releases: list[Release] = []
        for _ in range(min(most, _AT_ONCE)):
            release = self._selector.select_fresh(name, rest, maps, fork.environment)
            if release is None:
                break
            rest = rest.difference(singleton(release.version.key))
            if release.obstacle is None:
                releases.append(release)
        self._knowledge.request_metadata(releases)

    def known_keys(self, fork: ForkState, package: SolverPackage) -> Sequence[bytes] | None:
        """The versions an index lists, for widening; ``None`` for sources by URL."""
        if not package.name or package.name in fork.urls:
            return None
        if package.name not in fork.known_keys:
            keys = self._knowledge.known_keys(package.name, fork.indexes.get(package.name))
            if keys is None:
                return None
            fork.known_keys[package.name] = keys
        return fork.known_keys[package.name]


ROOT_VERSION = parse_version("0")

"""One solve from a request to a ``Resolution``: wires policy, knowledge and search together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bot.lockfile.model import DirectoryRequirement, Requirement
from bot.markers import TRUE
from bot.resolver.model.cutoffs import make_cutoffs
from bot.resolver.model.effort import Effort
from bot.resolver.model.environment import Environment
from bot.resolver.model.index import Index, IndexPort
from bot.resolver.model.lookups import Lookups
from bot.resolver.model.modifiers import Modifiers, make_modifiers
from bot.resolver.model.needs import Facts, Need, to_need
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.request import Experiment, LockRequest
from bot.resolver.model.resolution import Resolution
from bot.resolver.offers.sources import SourceReader, member_requirement
from bot.resolver.search.closure import Closure
from bot.resolver.search.dependencies import ActivatedNeeds, Expander
from bot.resolver.search.knowledge import Knowledge, Recorded
from bot.resolver.search.package import PackageFactory
from bot.resolver.search.policy import ManifestNeeds, ManifestPolicy, Where, look_ahead, make_policy
from bot.resolver.search.preferences import Preference, Preferences
from bot.resolver.search.provider import PackageProvider
from bot.resolver.search.selection import Selector
from bot.resolver.search.shared import FactsCache, LastingDependencies
from bot.resolver.search.solution import ListedReleases, SolutionBuilder, SolvedFork, solved_by_search
from bot.resolver.search.universal import UniversalSolver, in_turn
from bot.values import replace, value


@value
class Inherited:
    """What a solve takes over from the existing lock. ``forks`` are those to begin with, in order; empty: one."""

    preferences: Mapping[str, Sequence[Preference]]
    recorded: Recorded
    forks: Sequence[Environment] = ()


NOTHING = Inherited(preferences={}, recorded=Recorded(hashes={}, facts={}, edges={}))


def root_needs(request: LockRequest) -> tuple[Need, ...]:
    """What the root requires: members with all extras, their groups, then requirements of scripts and plain roots."""
    return tuple(_root_needs(request))


def _root_needs(request: LockRequest) -> Iterator[Need]:
    sources = [
        (member, to_need(_member(member.metadata.name, member_requirement(member)))) for member in request.members
    ]
    for member, need in sources:
        extras = tuple(sorted(member.metadata.provides_extras))
        yield Need(need.name, extras, (), need.marker, need.source, need.specifiers, need.range)
    for member, need in sources:
        if member.metadata.groups:
            groups = tuple(sorted(member.metadata.groups))
            yield Need(need.name, (), groups, need.marker, need.source, need.specifiers, need.range)
    for requirement in request.requirements:
        yield to_need(requirement)
    for group in sorted(request.dependency_groups):
        for requirement in request.dependency_groups[group]:
            yield to_need(requirement)


def _constraints(request: LockRequest) -> Iterator[Need]:
    """What constraints say about versions and sources; they activate no extras, and empty ones say nothing."""
    for requirement in (*request.constraints, *request.upgrade.constraints):
        need = to_need(requirement)
        if need.constrains:
            yield need.without_extras()


def _member(name: str, source: DirectoryRequirement) -> Requirement:
    return Requirement(name=name, marker=TRUE, source=source)


def solve(
    request: LockRequest,
    port: IndexPort,
    sources: SourceReader,
    *,
    inherited: Inherited,
    effort: Effort,
    cache: FactsCache,
    place: Callable[[str], str],
    is_trial: bool = False,
) -> Resolution:
    """Solve a request; raises ``Contradiction``, ``GaveUpError``, ``BuildRequiredError``, ``IndexFailure``.

    ``is_trial``: any solution near the preferences will do, not just the one that uv finds.
    """
    run = _make_run(request, port, sources, inherited, cache, is_trial=is_trial)
    forks = inherited.forks or initial_forks(request, _everywhere(request))
    listed = ListedReleases(cache, is_lasting=not any(index.find_links for index in request.indexes))
    builder = SolutionBuilder(sources, place, listed)
    for solved in run.solve(forks, effort, cache):
        builder.add(solved)
    return replace(builder.build(), lookups=run.lookups)


def _everywhere(request: LockRequest) -> Environment:
    point = None if request.target is None else request.target.point
    return Environment(python=PythonRange.from_specifiers(request.requires_python), point=point)


def _make_run(
    request: LockRequest,
    port: IndexPort,
    sources: SourceReader,
    inherited: Inherited,
    cache: FactsCache,
    *,
    is_trial: bool,
) -> _Run:
    manifest = _manifest_needs(request, sources)
    policy = make_policy(
        request,
        manifest,
        {member.metadata.name: member_requirement(member) for member in request.members},
        _by_url(request.indexes),
        {name: frozenset(one.version for one in entries) for name, entries in inherited.preferences.items()},
        sources.commit,
    )
    python, cutoffs = PythonRange.from_specifiers(request.requires_python), make_cutoffs(request.options)
    return _Run(
        request=request,
        roots=manifest.roots,
        modifiers=manifest.modifiers,
        constraints=_by_name(manifest.constraints),
        unversioned=_unversioned(request, manifest),
        policy=policy,
        knowledge=Knowledge(request, port, policy, python, cutoffs, inherited.recorded, cache),
        sources=sources,
        preferences=inherited.preferences,
        lookups=Lookups() if Experiment.INPUTS in request.options.experiments else None,
        is_trial=is_trial,
    )


def _manifest_needs(request: LockRequest, sources: SourceReader) -> ManifestNeeds:
    modifiers = make_modifiers(request.overrides, request.excludes)
    constraints = list(_constraints(request))
    roots = root_needs(request)
    where = Where(None if request.target is None else request.target.point)
    return ManifestNeeds(
        where=where,
        lookaheads=()
        if request.options.direct_only
        else look_ahead(roots, _by_name(constraints), modifiers, sources.facts, where),
        roots=roots,
        constraints=constraints,
        modifiers=modifiers,
    )


def _by_name(needs: Iterable[Need]) -> dict[str, list[Need]]:
    found: dict[str, list[Need]] = {}
    for need in needs:
        found.setdefault(need.name, []).append(need)
    return found


@value
class _Run:
    """What the closures and the search of one solve have in common."""

    request: LockRequest
    roots: Sequence[Need]
    modifiers: Modifiers
    constraints: Mapping[str, Sequence[Need]]
    unversioned: frozenset[str]
    policy: ManifestPolicy
    knowledge: Knowledge
    sources: SourceReader
    preferences: Mapping[str, Sequence[Preference]]
    is_trial: bool
    lookups: Lookups | None = None

    def solve(self, forks: Sequence[Environment], effort: Effort, cache: FactsCache) -> Iterator[SolvedFork]:
        """Fork by fork: by its closure where that tells, else by a search. What a fork chose is preferred by the next."""
        preferences = self._own_preferences()
        closure, solver = self._closure(preferences, cache), self._solver(preferences, effort, cache)
        options = self.request.options
        for environment in reversed(in_turn(forks, options.fork_strategy, options.resolution)):
            closed = None if closure is None else closure.solve(environment)
            if closed is not None:
                yield closed
            else:
                yield from map(solved_by_search, solver.solve([environment]))

    def _closure(self, preferences: Preferences, cache: FactsCache) -> Closure | None:
        """What finds forks without a search; without preferences hardly anything stands by itself."""
        is_bare = self.request.target is None and self.lookups is None
        if not self.preferences or not is_bare:
            return None
        closure = Closure(
            request=self.request,
            provider=self._provider(cache.factory, preferences, {}, cache),
            factory=cache.factory,
            policy=self.policy,
            preferences=preferences,
            constraints=self.constraints,
            unversioned=self.unversioned,
            cache=cache,
            is_shared=self._is_plain,
            is_trial=self.is_trial,
        )
        closure.request_pages()
        return closure

    def _solver(self, preferences: Preferences, effort: Effort, cache: FactsCache) -> UniversalSolver:
        provider = self._provider(cache.factory, preferences, self.constraints, cache)
        return UniversalSolver(self.request, cache.factory, provider, self.policy, preferences, effort)

    @property
    def _is_plain(self) -> bool:
        """Whether packages depend on what they say, and on nothing else that this run knows."""
        return self.modifiers.is_empty and not self.request.options.direct_only

    def _own_preferences(self) -> Preferences:
        return Preferences({name: list(entries) for name, entries in self.preferences.items()})

    def _memory(self, cache: FactsCache) -> Callable[[Facts], ActivatedNeeds]:
        """Without modifiers, what index files activate depends on nothing of this run."""
        own: ActivatedNeeds = {}
        lasting: ActivatedNeeds = own
        if self.modifiers.is_empty and self.lookups is None:
            lasting = cache.table("activated")
        return lambda facts: lasting if cache.holds(facts) else own

    def _provider(
        self,
        factory: PackageFactory,
        preferences: Preferences,
        constraints: Mapping[str, Sequence[Need]],
        cache: FactsCache,
    ) -> PackageProvider:
        is_lasting = self._is_plain and not self.unversioned and self.lookups is None
        return PackageProvider(
            self.request,
            self.roots,
            factory,
            Expander(
                factory,
                self.modifiers,
                constraints,
                self.request.conflicts,
                self.unversioned,
                self._memory(cache),
                self.lookups,
            ),
            self.knowledge,
            self.sources,
            Selector(self.request.options, self.policy),
            preferences,
            LastingDependencies(cache, factory, self.request.conflicts, constraints) if is_lasting else None,
        )


def _unversioned(request: LockRequest, manifest: ManifestNeeds) -> frozenset[str]:
    """Members and other sources whose version is dynamic."""
    members = {member.metadata.name for member in request.members if member.metadata.version is None}
    return frozenset(members | {ahead.name for ahead in manifest.lookaheads if ahead.is_dynamic})


def initial_forks(request: LockRequest, start: Environment) -> list[Environment]:
    """The supported environments as forks, or one fork for everything."""
    environments = () if request.target is not None else request.environments
    return [start.narrowed(marker) for marker in environments] or [start]


def _by_url(indexes: Sequence[Index]) -> dict[str, Index]:
    found: dict[str, Index] = {}
    for index in indexes:
        found.setdefault(index.url, index)
    return found

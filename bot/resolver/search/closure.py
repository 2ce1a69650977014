"""A solution without a search, where no choice depends on another one (docs/resolver.md, 4.9).

A lock that is re-solved for one update holds a version for nearly everything. Then the root's requirements, followed
from package to package, usually lead straight to the solution: every requirement admits the version that its package
would get under any other requirement on it. In that case the order of decisions cannot matter, and what is found here
is what ``bot.resolver.search.universal`` would find. Wherever that is not certain, nothing is said and the search has to run.

A trial asks for less: that what is found is a solution.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple, TypeAlias

from bot.errors import LockbotError
from bot.lockfile.model import RequirementSource
from bot.markers import TRUE, Marker
from bot.pubgrub.solver import State
from bot.pubgrub.version_set import VersionSet, singleton
from bot.resolver.model.environment import Environment
from bot.resolver.model.needs import Need
from bot.resolver.model.request import LockRequest, ResolutionMode
from bot.resolver.model.resolution import NodeKind
from bot.resolver.model.universal_marker import fork_marker
from bot.resolver.offers.releases import Release
from bot.resolver.search.choices import Chosen, NeedsNewerPython, RuledOut
from bot.resolver.search.dependencies import SolverDependency
from bot.resolver.search.fork_state import ForkState, Pin, Reason
from bot.resolver.search.forking import DependencyFork
from bot.resolver.search.package import PackageFactory, Role
from bot.resolver.search.policy import ManifestPolicy
from bot.resolver.search.preferences import Preference, Preferences
from bot.resolver.search.provider import ROOT_VERSION, PackageProvider
from bot.resolver.search.shared import FactsCache
from bot.resolver.search.solution import NodeName, SolvedFork, is_own
from bot.values import field, value

#: So often a trial is made again with what it learned.
_ROUNDS = 6
#: So many versions of a package that can't be used are passed over in a trial.
_MOST_RULED_OUT = 50


class Link(NamedTuple):
    """One dependency of a node: what it asks of a name, and the nodes that it leads to, each with its marker.

    ``is_plain``: it asks for the package alone, not for an extra or group of it.
    """

    name: str
    versions: VersionSet
    is_plain: bool
    source: RequirementSource | None
    targets: tuple[tuple[NodeName, Marker], ...]


#: The links of a node; ``None`` where they would split the fork or rule the version out.
Links = tuple[Link, ...] | None


Bounds: TypeAlias = Mapping[str, VersionSet]


def bounds_in(
    constraints: Mapping[str, Sequence[Need]], environment: Environment, *, with_markers: bool
) -> Bounds | None:
    """Constraints as version sets by name; ``None`` where one says more than that, or does not hold in all of the fork.

    ``with_markers``: those that hold in this fork alone count too.
    """
    bounds: dict[str, VersionSet] = {}
    for name, needs in constraints.items():
        for need in needs:
            if not need.is_registry or need.index or need.conflict:
                return None
            if not need.marker.is_true:
                if not with_markers or (environment.admits(need.marker) and environment.admits(~need.marker)):
                    return None
                if not environment.admits(need.marker):
                    continue
            known = bounds.get(name)
            bounds[name] = need.range.versions if known is None else known.intersection(need.range.versions)
    return bounds


@value(frozen=False)
class Closure:
    """The closures of one run. The ``provider`` leaves ``constraints`` out: here they bound what is asked.

    ``unversioned`` names sources that nothing bounds. ``preferences`` grow, as those of a search do. ``is_shared``:
    what packages depend on does not depend on the run, so it is what ``cache`` has of it. ``is_trial``: a solution will do
    in which each package has the version that it would get if all that is asked of it were known from the start.
    """

    request: LockRequest
    provider: PackageProvider
    factory: PackageFactory
    policy: ManifestPolicy
    preferences: Preferences
    constraints: Mapping[str, Sequence[Need]]
    unversioned: frozenset[str]
    cache: FactsCache
    is_shared: bool
    is_trial: bool = False
    #: Pins of held versions, which the forks of a run share.
    pins: dict[Release, Pin] = field(default_factory=dict, repr=False)

    def request_pages(self) -> None:
        """Nearly all of what is held will be needed: better to ask for all at once than for each when its turn comes."""
        names = [name for name in self.preferences.names() if not self.policy.may_move(name)]
        if names and not self.provider.has_page(names[0]):
            self.provider.request_pages(names)

    def solve(self, environment: Environment) -> SolvedFork | None:
        """One fork, which those that follow stay with; ``None`` where it takes a search to tell."""
        try:
            solved = self._solve(environment)
        except LockbotError:
            # The search meets it again, or finds a way around; it also knows how to tell.
            return None
        if solved is not None:
            self._prefer(solved)
        return solved

    def _solve(self, environment: Environment) -> SolvedFork | None:
        """One fork; on trial, what turned out to be asked of packages is known from the start when it is done again."""
        bounds = bounds_in(self.constraints, environment, with_markers=self.is_trial)
        narrowed: Bounds = {}
        for _ in range(_ROUNDS if self.is_trial else 1):
            if bounds is None:
                break
            fork = _Fork(self, environment, bounds, narrowed)
            solved = fork.solve()
            if solved is not None or not fork.missed:
                return solved
            narrowed = {**narrowed, **fork.missed}
        return None

    def _prefer(self, solved: SolvedFork) -> None:
        if self.request.options.resolution is ResolutionMode.LOWEST_DIRECT:
            return
        marker = fork_marker(solved.environment)
        for name, pin in solved.pins.items():
            index = pin.release.index.url if pin.release is not None else None
            self.preferences.add(name, Preference(version=pin.version, marker=marker, index=index))


class _Fork:
    """The closure in one environment. ``bounds`` are those of constraints, ``narrowed`` is to hold for packages besides what
    is asked; ``missed`` is what was asked in all of those whose version does not follow from it."""

    def __init__(self, run: Closure, environment: Environment, bounds: Bounds, narrowed: Bounds) -> None:
        self._run = run
        self._bounds = bounds
        self._narrowed = narrowed
        self.missed: dict[str, VersionSet] = {}
        # Nothing is ever told to this solver: all that is needed of the state is what was chosen, and from where.
        self._state = ForkState(State(run.factory.root, ROOT_VERSION.key), environment.settled())
        self._pins: dict[str, Pin] = {}
        self._held: dict[str, Pin | None] = {}
        self._asked: dict[str, dict[VersionSet, None]] = {}
        self._links: dict[NodeName, Sequence[Link]] = {}
        self._pending: deque[NodeName] = deque()
        environment = self._state.environment
        links = ("links", environment, run.request.conflicts, run.unversioned)
        self._known = run.cache.table(links) if run.is_shared else {}
        # Releases of local folders are made anew by every run.
        is_lasting = not any(index.find_links for index in run.request.indexes)
        covered = run.request.environments, run.request.required_environments
        self._usable = run.cache.table(("usable", environment, *covered)) if is_lasting else {}

    def solve(self) -> SolvedFork | None:
        run = self._run
        root = self._links_of(run.provider.parts(self._state, run.factory.root, ROOT_VERSION), None)
        if root is None or not self._follow(root):
            return None
        while self._pending:
            node = self._pending.popleft()
            links = self._read(node)
            if links is None or not self._follow(links):
                return None
            self._links[node] = links
        if run.is_trial:
            self._find_missed()
            return None if self.missed else self._solved(root)
        if not all(self._stands(name, asked) for name, asked in self._asked.items()):
            return None
        return self._solved(root)

    def _follow(self, links: Sequence[Link]) -> bool:
        state, policy, known, bounds = self._state, self._run.policy, self._links, self._bounds
        for link in links:
            if link.source is not None or policy.may_move(link.name):
                state.adopt_source(link.name, link.source, policy)
        for link in links:
            sets = self._sets(link) if bounds else (link.versions,)
            asked = self._asked.get(link.name)
            if asked is None:
                asked = self._asked[link.name] = {}
                if not self._choose(link.name, sets[0]):
                    return False
            for one in sets:
                asked[one] = None
            for node, _ in link.targets:
                if node not in known:
                    known[node] = ()
                    self._pending.append(node)
        return True

    # Choices ----------------------------------------------------------------------------------------------------

    def _choose(self, name: str, versions: VersionSet) -> bool:
        narrowed = self._narrowed.get(name)
        if narrowed is not None:
            versions = versions.intersection(narrowed)
        held = self._held[name] = self._find_held(name)
        is_held = held is not None and versions.contains(held.version.key)
        pin = held if is_held else self._settle(name, versions)
        if pin is None:
            return False
        self._pins[name] = pin
        return True

    def _find_held(self, name: str) -> Pin | None:
        """The usable version of an index package that is preferred wherever it is admitted."""
        run = self._run
        version = None if run.policy.may_move(name) else run.preferences.agreed(name)
        if version is None or version.is_prerelease:
            return None
        maps = run.provider.maps(name)
        if len(maps) != 1 or maps[0].has_locals:
            return None
        key = (maps[0], version.key)
        if key not in self._usable:
            pin = self._settle(name, singleton(version.key))
            self._usable[key] = None if pin is None else pin.release
        release = self._usable[key]
        if release is None:
            return None
        pin = run.pins.get(release)
        if pin is None:
            pin = run.pins[release] = Pin(version, release, None)
        return pin

    def _settle(self, name: str, versions: VersionSet) -> Pin | None:
        """What would be chosen for a name if this were all that was asked of it."""
        run = self._run
        node = run.factory.node(name, NodeKind.BASE, "", TRUE)
        choice = run.provider.choose(self._state, node, versions)
        for _ in range(_MOST_RULED_OUT if run.is_trial else 0):
            if not isinstance(choice, RuledOut):
                break
            versions = versions.difference(singleton(choice.version.key))
            choice = run.provider.choose(self._state, node, versions)
        if not isinstance(choice, Chosen) or not run.provider.serves_all(self._state, name, choice.version):
            return None
        return self._state.pins[name, choice.version.key]

    def _sets(self, link: Link) -> tuple[VersionSet, ...]:
        """What a search may have to choose from because of the link alone.

        A constraint is about the package. What stands for one of its extras learns of it only once that is decided.
        """
        bound = self._bounds.get(link.name)
        if bound is None or link.name in self._run.unversioned:
            return (link.versions,)
        bounded = link.versions.intersection(bound)
        return (bounded,) if link.is_plain else (bounded, link.versions)

    def _stands(self, name: str, asked: Iterable[VersionSet]) -> bool:
        """Whether any part of what is asked of a name, taken first, would have led to the same version.

        Candidates come in an order that does not depend on the set they are taken from. So if one is the first of
        every single set, it is also the first of every intersection of them.
        """
        _, *others = asked
        pin, held = self._pins[name], self._held[name]
        if (pin.source is not None) is not (name in self._state.urls):
            return False
        if not others:
            return True
        if pin is held:
            return all(versions.contains(pin.version.key) for versions in others)
        if pin.release is not None and self._run.provider.has_locals(self._state, name):
            return False
        return all(self._settle(name, versions) is pin for versions in others)

    def _find_missed(self) -> None:
        for name, asked in self._asked.items():
            first, *others = asked
            wanted = reduce(VersionSet.intersection, others, first)
            if not self._follows(name, wanted):
                self.missed[name] = wanted

    def _follows(self, name: str, wanted: VersionSet) -> bool:
        """Whether all that is asked of a name, taken together, leads to the version that it has."""
        pin, held = self._pins[name], self._held[name]
        if (pin.source is not None) is not (name in self._state.urls):
            return False
        if held is not None and wanted.contains(held.version.key):
            return pin is held
        return self._settle(name, wanted) is pin

    # Dependencies -----------------------------------------------------------------------------------------------

    def _read(self, node: NodeName) -> Links:
        name, kind, kind_name = node
        run, pin = self._run, self._pins[name]
        facts = run.provider.facts_of(pin, name)
        key = (facts, kind, kind_name)
        if key in self._known:
            known: Links = self._known[key]
            return known
        package = run.factory.node(name, kind, kind_name, TRUE)
        self._state.pins.setdefault((name, pin.version.key), pin)
        links = self._links_of(run.provider.parts(self._state, package, pin.version), node)
        if run.cache.holds(facts):
            self._known[key] = links
        return links

    @staticmethod
    def _links_of(parts: list[DependencyFork] | Reason | NeedsNewerPython, node: NodeName | None) -> Links:
        if not isinstance(parts, list) or len(parts) > 1:
            return None
        dependencies = parts[0].dependencies if parts else []
        return tuple(_link(dependency, node) for dependency in dependencies)

    def _solved(self, root: Sequence[Link]) -> SolvedFork:
        edges: list[tuple[NodeName | None, NodeName, Marker]] = [
            (node, target, marker)
            for node, links in ((None, root), *self._links.items())
            for link in links
            for target, marker in link.targets
        ]
        return SolvedFork(
            environment=self._state.environment,
            pins=self._pins,
            nodes=tuple(self._links),
            edges=edges,
        )


def _link(dependency: SolverDependency, node: NodeName | None) -> Link:
    package = dependency.package
    targets: tuple[tuple[NodeName, Marker], ...] = (((package.name, package.kind, package.kind_name), package.marker),)
    if package.role is Role.EXTRA_PROXY:
        targets += (((package.name, NodeKind.BASE, ""), package.marker),)
    elif node is not None and is_own(node, package):
        targets = ()
    is_plain = package.kind is NodeKind.BASE
    return Link(package.name, dependency.range.versions, is_plain, dependency.url, targets)

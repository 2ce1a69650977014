"""What the runs of one thread share: facts of index files, pages as they look under one policy, what a lock holds."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from bot.lockfile.model import Lock
from bot.resolver.model.environment import Environment
from bot.resolver.model.index import Index, Page, ReleaseFile
from bot.resolver.model.needs import Facts, Need
from bot.resolver.model.versions import PyVersion
from bot.resolver.offers.releases import FilePolicy, VersionMap
from bot.resolver.search.dependencies import SolverDependency
from bot.resolver.search.package import PackageFactory, SolverPackage
from bot.resolver.search.preferences import Preference
from bot.values import value


@value
class HeldByLock:
    """What a lock holds, by name: versions to stay with, the digests of each, and the names that it lists as required."""

    preferences: Mapping[str, Sequence[Preference]]
    hashes: Mapping[str, Mapping[PyVersion, frozenset[str]]]
    edges: Mapping[tuple[str, PyVersion], frozenset[str]]


#: How many contexts a cache remembers; a run has one for each of its forks.
_CONTEXTS = 64


class FactsCache:
    """What runs of one thread share: facts of index files, and pages as they look under one policy.

    Both go by the identity of files and pages, so an index that revalidates a page makes them afresh. Each is emptied
    when it is full.
    """

    __slots__ = ("_facts", "_files", "_lock", "_maps", "_pages", "_shared", "_tables", "factory")

    def __init__(self, files: int = 50_000, pages: int = 5_000) -> None:
        self._facts: dict[ReleaseFile, Facts] = {}
        self._shared: set[Facts] = set()
        self._tables: dict[Hashable, dict[Any, Any]] = {}
        self._maps: dict[Hashable, VersionMap] = {}
        self._lock: tuple[Lock, HeldByLock] | None = None
        #: The solver packages of the tables.
        self.factory = PackageFactory()
        self._files = files
        self._pages = pages

    def get(self, file: ReleaseFile) -> Facts | None:
        return self._facts.get(file)

    def put(self, file: ReleaseFile, facts: Facts) -> None:
        if len(self._facts) >= self._files:
            self._facts.clear()
            self._shared.clear()
            self._empty_tables()
        self._facts[file] = facts
        self._shared.add(facts)

    def holds(self, facts: Facts) -> bool:
        """Whether these are facts of an index file, which later runs will see again."""
        return facts in self._shared

    def of_lock(self, lock: Lock, read: Callable[[], HeldByLock]) -> HeldByLock:
        """What a lock holds, read once for the many proposals that start from it."""
        if self._lock is None or self._lock[0] is not lock:
            self._lock = lock, read()
        return self._lock[1]

    def table(self, context: Hashable) -> dict[Any, Any]:
        """A table for what facts and releases mean in one context, such as an environment, whatever the run."""
        if len(self._tables) >= _CONTEXTS:
            self._empty_tables()
        return self._tables.setdefault(context, {})

    def _empty_tables(self) -> None:
        # Runs that are under way keep the packages that they began with, and share theirs with no later run.
        self._tables.clear()
        self.factory = PackageFactory()

    def version_map(self, page: Page, policy: FilePolicy, cutoff: int | None, index: Index) -> VersionMap:
        """The page under a policy; the releases that one run looked at are ready for the next."""
        key = (page, policy.identity(), cutoff, index)
        found = self._maps.get(key)
        if found is None:
            if len(self._maps) >= self._pages:
                self._maps.clear()
                self._empty_tables()
            found = self._maps[key] = VersionMap(page, policy, cutoff, index)
        return found


class LastingDependencies:
    """What index packages depend on where a fork is not split, kept for later runs.

    Only for runs in which that depends on nothing but the environment, ``conflicts``, and what ``constraints`` say of the
    names that a package requires. ``factory`` makes the solver packages of the run: those of another one are different
    packages, also where the cache was emptied on the way.
    """

    __slots__ = ("_cache", "_context", "_last", "_marks", "_names")

    def __init__(
        self,
        cache: FactsCache,
        factory: PackageFactory,
        conflicts: Hashable,
        constraints: Mapping[str, Sequence[Need]],
    ) -> None:
        self._cache = cache
        self._context = factory, conflicts
        self._last: tuple[Environment, dict[Hashable, Any]] | None = None
        numbers: dict[Hashable, int] = cache.table("constraints")
        self._marks = {name: _mark(name, needs, numbers) for name, needs in constraints.items()}
        self._names: dict[Facts, tuple[str, ...]] = cache.table("names")

    def find(self, environment: Environment, facts: Facts, package: SolverPackage) -> list[SolverDependency] | None:
        found: list[SolverDependency] | None = self._table(environment).get(self._key(facts, package))
        return found

    def keep(
        self, environment: Environment, facts: Facts, package: SolverPackage, dependencies: list[SolverDependency]
    ) -> None:
        if self._cache.holds(facts):
            key = self._key(facts, package)
            if None not in key:
                self._table(environment)[key] = dependencies

    def _key(self, facts: Facts, package: SolverPackage) -> tuple[Hashable, ...]:
        """What the dependencies follow from; a ``None`` in it stands for what can't be told."""
        names = self._names.get(facts)
        if names is None:
            names = self._names[facts] = tuple(dict.fromkeys(need.name for need in facts.needs))
        marks = self._marks
        return (facts, package.kind, package.kind_name, *[marks[name] for name in names if name in marks])

    def _table(self, environment: Environment) -> dict[Hashable, Any]:
        # Environments are large; a fork asks with the same one again and again.
        if self._last is None or self._last[0] is not environment:
            self._last = environment, self._cache.table((environment, self._context))
        return self._last[1]


def _mark(name: str, needs: Sequence[Need], numbers: dict[Hashable, int]) -> int | None:
    """A number for what constraints say of a name: the same for all runs that are told the same."""
    if not all(need.is_registry for need in needs):
        return None
    said = (name, *((need.range.versions, need.range.pinned, need.marker) for need in needs))
    return numbers.setdefault(said, len(numbers))

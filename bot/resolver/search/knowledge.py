"""What a run knows of packages: pages seen through its policy, metadata as facts, sources read by URL.

The search asks indexes here and nowhere else. Facts of index files do not depend on the run and may be shared by many
(``FactsCache``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.errors import BuildRequiredError, NotKeptError
from bot.lockfile.model import DependencyMetadata
from bot.resolver.model.cutoffs import Cutoffs
from bot.resolver.model.index import (
    NETWORK_IS_OFF,
    Index,
    IndexFormat,
    IndexPort,
    MetadataUnavailable,
    Page,
    ReleaseFile,
)
from bot.resolver.model.needs import Facts, facts_of, parse_need
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.request import IndexStrategy, LockRequest
from bot.resolver.model.versions import PyVersion
from bot.resolver.offers.find_links import LinkedPage
from bot.resolver.offers.releases import Artifact, FilePolicy, Release, VersionMap
from bot.resolver.search.locked_facts import LockedFacts, with_specifiers
from bot.resolver.search.policy import ManifestPolicy
from bot.resolver.search.shared import FactsCache
from bot.values import value


@value
class Recorded:
    """What the existing lock recorded of registry versions that are not being upgraded."""

    hashes: Mapping[str, Mapping[PyVersion, frozenset[str]]]
    facts: LockedFacts
    #: Names that the lock lists as dependencies, where its style is kept.
    edges: Mapping[tuple[str, PyVersion], frozenset[str]]


class Knowledge:
    """The packages as one run sees them. What is read of a package on an index is read once."""

    def __init__(
        self,
        request: LockRequest,
        port: IndexPort,
        policy: ManifestPolicy,
        python: PythonRange,
        cutoffs: Cutoffs,
        recorded: Recorded,
        cache: FactsCache,
    ) -> None:
        self._options = request.options
        self._ranks = None if request.target is None else request.target.wheels
        self._port = port
        self._policy = policy
        self._python = python
        self._cutoffs = cutoffs
        self._recorded = recorded
        self._cache = cache
        self._implicit = tuple(index for index in request.indexes if not index.explicit and not index.find_links)
        self._find_links = tuple(index for index in request.indexes if index.find_links)
        self._maps: dict[tuple[str, Index | None], list[VersionMap]] = {}
        self._policies: dict[str, FilePolicy] = {}
        self._stated = _stated_metadata(request.dependency_metadata)
        self._stated_facts: dict[tuple[str, PyVersion], Facts | None] = {}
        self._beside_lock: dict[ReleaseFile, Facts] = {}
        self._requested: set[str] = set()
        self._not_kept: set[tuple[str, Index | None]] = set()
        #: Whether anything had to be waited for: until then asking in advance is work for nothing.
        self.has_waited = False

    # Pages ------------------------------------------------------------------------------------------------------

    def request_pages(self, name: str, index: Index | None) -> None:
        """Ask for a package's pages without waiting: the first index only, unless the strategy looks at all."""
        if (name, index) in self._maps:
            return
        if index is not None:
            self._port.request_pages(index, (name,))
            return
        if name in self._requested:
            return
        self._requested.add(name)
        wanted = self._implicit
        if self._options.index_strategy is IndexStrategy.FIRST_INDEX:
            wanted = wanted[:1]
        for one in (*self._find_links, *wanted):
            self._port.request_pages(one, (name,))

    def maps(self, name: str, index: Index | None) -> list[VersionMap]:
        """The releases of a package, in index order; empty where no index has it."""
        found = self._maps.get((name, index))
        if found is None:
            try:
                found = list(self._read_maps(name, index))
            except NotKeptError:
                self._not_kept.add((name, index))
                found = [] if index is not None else self._linked_maps(name, self._linked_pages(name))
            self._maps[name, index] = found
        return found

    def why_missing(self, name: str, index: Index | None) -> str:
        """What to say of a package that ``maps`` found nothing of."""
        if (name, index) in self._not_kept:
            return f"was not found in the cache, {NETWORK_IS_OFF}"
        return "was not found in the package indexes" if index is None else f"was not found in {index.url}"

    def arrived_maps(self, name: str, index: Index | None) -> list[VersionMap] | None:
        """What ``maps`` gives, where that takes no waiting; else ``None``."""
        found = self._maps.get((name, index))
        if found is not None:
            return found
        needed = (index,) if index is not None else (*self._find_links, *self._implicit[:1])
        if not all(self._port.has_page(one, name) for one in needed):
            return None
        return self.maps(name, index)

    def await_maps(self, name: str, index: Index | None, meanwhile: Callable[[], None]) -> None:
        """Wait for the page that ``maps`` reads first; ``meanwhile`` is called whenever others have come."""
        if (name, index) not in self._maps:
            for one in (index,) if index is not None else self._implicit[:1]:
                self._port.await_page(one, name, self._while_waiting(meanwhile))

    def _while_waiting(self, meanwhile: Callable[[], None]) -> Callable[[], None]:
        def go_on() -> None:
            self.has_waited = True
            meanwhile()

        return go_on

    def _read_maps(self, name: str, index: Index | None) -> Iterable[VersionMap]:
        policy = self._file_policy(name)
        links = [] if index is not None else self._linked_pages(name)
        first_only = self._options.index_strategy is IndexStrategy.FIRST_INDEX
        found = False
        for one in (index,) if index is not None else self._implicit:
            page = self._port.get_page(one, name)
            is_simple = one.format is IndexFormat.SIMPLE
            if page is None or not (page.keys or (is_simple and first_only)):
                continue
            found = True
            cutoff = self._cutoffs.instant(name, one)
            if links and is_simple:
                linked = LinkedPage(links, page)
                yield VersionMap(linked, policy, cutoff, one, hides_locals=linked.hides_locals)
            else:
                yield self._cache.version_map(page, policy, cutoff, one)
            if first_only:
                return
        if not found:
            yield from self._linked_maps(name, links)

    def _linked_maps(self, name: str, links: list[Page]) -> list[VersionMap]:
        """The releases that only folders and pages of links have."""
        if not links:
            return []
        return [VersionMap(LinkedPage(links, None), self._file_policy(name), None, self._find_links[0])]

    def _linked_pages(self, name: str) -> list[Page]:
        pages = (self._port.get_page(one, name) for one in self._find_links)
        return [page for page in pages if page is not None and page.keys]

    def _file_policy(self, name: str) -> FilePolicy:
        found = self._policies.get(name)
        if found is None:
            options = self._options
            found = self._policies[name] = FilePolicy(
                python=self._python,
                no_build=options.forbids_build(name),
                no_binary=options.forbids_binary(name),
                yanks=self._policy.yanks.get(name, frozenset()),
                minimum_libc=options.minimum_libc_version,
                hashes=self._recorded.hashes.get(name, {}),
                ranks=self._ranks,
            )
        return found

    def known_keys(self, name: str, index: Index | None) -> Sequence[bytes] | None:
        """Keys of all versions that could be selected, ascending; ``None`` where no index has the package."""
        maps = self._maps.get((name, index))
        if not maps:
            return None
        if len(maps) == 1:
            return maps[0].included_keys()
        return sorted({key for one in maps for key in one.included_keys()})

    # Metadata ---------------------------------------------------------------------------------------------------

    def request_metadata(self, releases: Iterable[Release]) -> None:
        """Ask for metadata without waiting; source distributions are left until they are needed."""
        files = [
            release.metadata_file
            for release in releases
            if release.artifact is not Artifact.SDIST
            and self._cache.get(release.metadata_file) is None
            and release.metadata_file.name not in self._stated
        ]
        if files:
            self._port.request_metadata(files)

    def await_facts(self, release: Release, name: str, meanwhile: Callable[[], None]) -> None:
        """Wait for the metadata that ``facts`` reads; ``meanwhile`` is called whenever pages have come."""
        if self._stated_for(name, release.version) is None and self._cache.get(release.metadata_file) is None:
            self._port.await_metadata(release.metadata_file, self._while_waiting(meanwhile))

    def facts(self, release: Release, name: str) -> Facts:
        """What the release declares; raises ``MetadataUnavailable`` (that version is out) or ``BuildRequiredError``."""
        stated = self._stated_for(name, release.version)
        if stated is not None:
            return stated
        key = (name, release.version)
        locked = self._recorded.facts.get(key)
        if locked is None:
            return self._as_recorded(release, self._recorded.edges.get(key))
        file = release.metadata_file
        if file not in self._beside_lock:
            # By file, as two indexes may hold different files of one version.
            self._beside_lock[file] = self._facts_beside_lock(file, locked)
        return self._beside_lock[file]

    def _as_recorded(self, release: Release, edges: frozenset[str] | None) -> Facts:
        """Of two wheels that say different things, that of which the lock's edges are closer.

        A lock lists only the wheels that can be used where it needs them, so its digests may single out another wheel than
        the one that was read when there was no lock.
        """
        file = release.metadata_file
        found = self._read_facts(file)
        first = None if edges is None or release.artifact is not Artifact.WHEEL else release.first_wheel
        if edges is None or first is None or first is file:
            return found
        distance = len(_names_needed(found) ^ edges)
        if not distance:
            return found
        other = self._read_facts(first)
        return other if len(_names_needed(other) ^ edges) < distance else found

    def _facts_beside_lock(self, file: ReleaseFile, locked: Facts) -> Facts:
        """Static facts come first, then the lock's; requirements that a build recorded lend those their specifiers."""
        try:
            found = self._read_facts(file)
        except BuildRequiredError:
            return locked
        return found if found.recorded is None else with_specifiers(locked, found) or found

    def _read_facts(self, file: ReleaseFile) -> Facts:
        found = self._cache.get(file)
        if found is None:
            self._port.await_metadata(file, self._while_waiting(_nothing))
            try:
                found = facts_of(self._port.get_metadata(file))
            except NotKeptError as error:
                raise MetadataUnavailable(f"it is not in the cache, {NETWORK_IS_OFF}") from error
            self._cache.put(file, found)
        return found

    def _stated_for(self, name: str, version: PyVersion) -> Facts | None:
        entries = self._stated.get(name)
        if not entries:
            return None
        key = (name, version)
        if key not in self._stated_facts:
            chosen = _choose_stated(entries, version)
            self._stated_facts[key] = None if chosen is None else _facts_of_stated(chosen, version)
        return self._stated_facts[key]


def _nothing() -> None:
    pass


def _names_needed(facts: Facts) -> frozenset[str]:
    """What is required without any extra."""
    return frozenset(need.name for need in facts.needs if not need.marker.extras())


def _stated_metadata(entries: Sequence[DependencyMetadata]) -> dict[str, list[DependencyMetadata]]:
    found: dict[str, list[DependencyMetadata]] = {}
    for entry in entries:
        found.setdefault(entry.name, []).append(entry)
    return found


def _choose_stated(entries: Sequence[DependencyMetadata], version: PyVersion) -> DependencyMetadata | None:
    exact = next((one for one in entries if one.version is not None and str(one.version) == version.text), None)
    return exact or next((one for one in entries if one.version is None), None)


def _facts_of_stated(entry: DependencyMetadata, version: PyVersion) -> Facts:
    return Facts(
        entry.name,
        version.text,
        None if entry.requires_python is None else str(entry.requires_python),
        tuple(parse_need(text) for text in entry.requires_dist),
        {},
        entry.provides_extras,
    )

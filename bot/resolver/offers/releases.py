"""The releases of one package on one index, and which file of a release speaks for it (spec 3.3, 3.4).

Everything is lazy: a page may hold thousands of files, of which a solve looks at a few.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from enum import StrEnum

from bot.markers import TRUE, Marker
from bot.pubgrub.version_set import VersionSet, before
from bot.resolver.model.cutoffs import is_kept
from bot.resolver.model.index import Index, IndexFormat, Page, ReleaseFile
from bot.resolver.model.python_range import PythonRange
from bot.resolver.model.target import Mismatch, WheelRanks
from bot.resolver.model.versions import PyVersion
from bot.resolver.offers.coverage import wheels_coverage
from bot.values import field, value


class Obstacle(StrEnum):
    """Why a file, and with it perhaps a release, cannot be used. The value is the sentence's predicate."""

    EXCLUDE_NEWER = "was published after the exclude-newer time"
    NO_BINARY = "has only wheels, which are switched off"
    YANKED = "was yanked"
    TAG = "has no wheels with a matching Python version tag"
    TARGET = "has no wheels that the environment can use"
    NO_BUILD = "has no usable wheels"
    EXTENSION = "has only a source distribution in a legacy format"
    MISSING_PLATFORM = "has no wheels for a required environment"
    UNAVAILABLE = "has no files"


# A later entry is less close to being usable; ties keep the first file seen.
_WHEEL_CLOSENESS = (Obstacle.EXCLUDE_NEWER, Obstacle.TAG, Obstacle.TARGET, Obstacle.YANKED, Obstacle.NO_BINARY)
_SDIST_CLOSENESS = (Obstacle.EXCLUDE_NEWER, Obstacle.YANKED, Obstacle.EXTENSION, Obstacle.NO_BUILD)


class Artifact(StrEnum):
    """What would be installed, and so which file's ``requires-python`` counts."""

    WHEEL = "wheel"
    SDIST = "sdist"
    #: The source distribution is the artifact, an unusable wheel the source of metadata.
    SDIST_WITH_WHEEL = "sdist-with-wheel"


@value
class FilePolicy:
    """What decides whether files of a package are usable."""

    python: PythonRange
    no_build: bool = False
    no_binary: bool = False
    yanks: frozenset[PyVersion] = frozenset()
    minimum_libc: Mapping[str, str] = field(default_factory=dict)
    #: Recorded digests by version; a release that is not being upgraded must still offer them.
    hashes: Mapping[PyVersion, frozenset[str]] = field(default_factory=dict)
    #: What the one environment can use that is solved for; without it, what any Python of the range can.
    ranks: WheelRanks | None = None

    def identity(self) -> Hashable:
        """Equal for policies that judge all files alike."""
        libc = tuple(sorted(self.minimum_libc.items()))
        hashes = frozenset(self.hashes.items())
        return self.python, self.no_build, self.no_binary, self.yanks, libc, hashes, self.ranks


class Release:
    """One version: its usable file, or the obstacle."""

    __slots__ = (
        "_coverage",
        "artifact",
        "obstacle",
        "policy",
        "sdist",
        "sdists",
        "usable_wheels",
        "version",
        "wheel",
        "wheels",
    )

    def __init__(
        self, version: PyVersion, files: Sequence[ReleaseFile], policy: FilePolicy, cutoff: int | None
    ) -> None:
        self.version = version
        self.policy = policy
        self.wheels: list[ReleaseFile] = []
        self.sdists: list[ReleaseFile] = []
        self.usable_wheels: list[ReleaseFile] = []
        self._coverage: tuple[Marker, Marker] | None = None
        recorded = policy.hashes.get(version)
        best_wheel: _Ranked | None = None
        best_sdist: _Ranked | None = None
        for file in files:
            kept = is_kept(file, cutoff)
            if file.wheel is None:
                ranked = _rank_sdist(file, policy, kept, recorded)
                if kept:
                    self.sdists.append(file)
                if best_sdist is None or ranked.order > best_sdist.order:
                    best_sdist = ranked
                continue
            ranked = _rank_wheel(file, policy, kept, recorded)
            if kept:
                self.wheels.append(file)
            if ranked.obstacle is None:
                self.usable_wheels.append(file)
            if best_wheel is None or ranked.order > best_wheel.order:
                best_wheel = ranked
        self.wheel = best_wheel.file if best_wheel else None
        self.sdist = best_sdist.file if best_sdist and best_sdist.obstacle is not Obstacle.EXCLUDE_NEWER else None
        self.artifact, self.obstacle = _choose(best_wheel, best_sdist)

    @property
    def metadata_file(self) -> ReleaseFile:
        """The file whose metadata speaks for the release; only for a usable release."""
        chosen = self.sdist if self.artifact is Artifact.SDIST else self.wheel
        assert chosen is not None
        return chosen

    @property
    def first_wheel(self) -> ReleaseFile | None:
        """The wheel that would speak for the release if no digests were recorded."""
        return max(self.usable_wheels, key=_build_of, default=None)

    @property
    def requires_python(self) -> str | None:
        """The index' ``requires-python`` of what would be installed."""
        chosen = self.wheel if self.artifact is Artifact.WHEEL else self.sdist
        return chosen.requires_python if chosen else None

    @property
    def index(self) -> Index:
        chosen = self.wheel if self.artifact is Artifact.WHEEL else self.sdist
        assert chosen is not None
        return chosen.index

    def _covered(self) -> tuple[Marker, Marker]:
        """(environments served, interpreters served) by the usable files."""
        if self._coverage is None:
            if self.artifact in (Artifact.SDIST, Artifact.SDIST_WITH_WHEEL) or self._has_usable_sdist():
                self._coverage = (TRUE, TRUE)
            else:
                tags = [file.wheel for file in self.usable_wheels if file.wheel is not None]
                self._coverage = wheels_coverage(tags, self.policy.minimum_libc)
        return self._coverage

    def _has_usable_sdist(self) -> bool:
        return self.sdist is not None and _sdist_obstacle(self.sdist, self.policy, True) is None

    @property
    def coverage(self) -> Marker:
        """Environments that the usable files serve; TRUE with a usable source distribution."""
        return self._covered()[0]

    @property
    def python_coverage(self) -> Marker:
        return self._covered()[1]


@value(kw_only=False)
class _Ranked:
    file: ReleaseFile
    obstacle: Obstacle | None
    order: tuple[object, ...]


def _hash_rank(file: ReleaseFile, recorded: frozenset[str] | None) -> int:
    if not recorded:
        return 2
    if not file.hashes:
        return 1
    return 2 if any(digest in recorded for digest in file.hashes) else 0


def _build_of(file: ReleaseFile) -> tuple[int, str]:
    assert file.wheel is not None
    return file.wheel.build or (-1, "")


def _is_flat(file: ReleaseFile) -> bool:
    return file.index.format is IndexFormat.FLAT


def _sdist_obstacle(file: ReleaseFile, policy: FilePolicy, kept: bool) -> Obstacle | None:
    if not kept:
        return Obstacle.EXCLUDE_NEWER
    if policy.no_build:
        return Obstacle.NO_BUILD
    if file.yanked and not _is_flat(file) and file.version not in policy.yanks:
        return Obstacle.YANKED
    return None if file.filename.endswith((".tar.gz", ".zip")) else Obstacle.EXTENSION


def _wheel_obstacle(file: ReleaseFile, policy: FilePolicy, kept: bool) -> Obstacle | None:
    assert file.wheel is not None
    if not kept:
        return Obstacle.EXCLUDE_NEWER
    if policy.no_binary:
        return Obstacle.NO_BINARY
    # A flat index is trusted as it is: uv asks it for no yanks, and for tags only where one environment is meant.
    if file.yanked and not _is_flat(file) and file.version not in policy.yanks:
        return Obstacle.YANKED
    if policy.ranks is not None:
        return None if policy.ranks.admits(file.wheel) else Obstacle.TARGET
    return None if _is_flat(file) or policy.python.matches_wheel_tags(file.wheel) else Obstacle.TAG


def _rank_sdist(file: ReleaseFile, policy: FilePolicy, kept: bool, recorded: frozenset[str] | None) -> _Ranked:
    obstacle = _sdist_obstacle(file, policy, kept)
    if obstacle is None:
        return _Ranked(file, None, (1, _hash_rank(file, recorded)))
    return _Ranked(file, obstacle, (0, -_SDIST_CLOSENESS.index(obstacle)))


def _rank_wheel(file: ReleaseFile, policy: FilePolicy, kept: bool, recorded: frozenset[str] | None) -> _Ranked:
    obstacle = _wheel_obstacle(file, policy, kept)
    rank = 0 if policy.ranks is None or file.wheel is None else policy.ranks.rank(file.wheel)
    if obstacle is None:
        return _Ranked(file, None, (1, _hash_rank(file, recorded), rank, _build_of(file)))
    closer = rank if obstacle is Obstacle.TARGET and isinstance(rank, Mismatch) else 0
    return _Ranked(file, obstacle, (0, -_WHEEL_CLOSENESS.index(obstacle), closer))


def _choose(wheel: _Ranked | None, sdist: _Ranked | None) -> tuple[Artifact | None, Obstacle | None]:
    usable_sdist = sdist is not None and sdist.obstacle is None
    if wheel is not None and wheel.obstacle is None:
        if usable_sdist and sdist is not None and sdist.order[1] > wheel.order[1]:  # type: ignore[operator]
            return Artifact.SDIST, None
        return Artifact.WHEEL, None
    if usable_sdist:
        if wheel is not None and wheel.obstacle is not Obstacle.EXCLUDE_NEWER:
            return Artifact.SDIST_WITH_WHEEL, None
        return Artifact.SDIST, None
    if sdist is not None:
        return None, sdist.obstacle
    return None, wheel.obstacle if wheel is not None else Obstacle.UNAVAILABLE


class VersionMap:
    """The releases of one package on one index, seen through a policy and a cut-off.

    ``shows_locals``: whether a version that is kept is looked for local variants of. ``first`` keeps what was found first in
    a set, for searches that look at the same map again.
    """

    __slots__ = (
        "_included", "_releases", "cutoff", "first", "flat", "has_locals", "keys", "page", "policy", "shows_locals",
    )  # fmt: skip

    def __init__(
        self, page: Page, policy: FilePolicy, cutoff: int | None, index: Index, *, hides_locals: bool = False
    ) -> None:
        self.page = page
        self.flat = index.format is IndexFormat.FLAT
        self.policy = policy
        self.cutoff = None if self.flat else cutoff
        self.keys = page.keys
        self.has_locals = page.has_locals
        self.shows_locals = page.has_locals and not hides_locals
        self._included: list[bytes] | None = None
        self._releases: dict[bytes, Release] = {}
        self.first: dict[Hashable, Release | None] = {}

    @property
    def versions(self) -> Sequence[PyVersion]:
        return self.page.versions

    def position(self, version: PyVersion) -> int | None:
        at = bisect_left(self.keys, version.key)
        return at if at < len(self.keys) and self.keys[at] == version.key else None

    def get(self, version: PyVersion) -> Release | None:
        """The release, or ``None`` if the index has no such version."""
        found = self._releases.get(version.key)
        if found is None and self.position(version) is not None:
            found = Release(version, self.page.files(version), self.policy, self.cutoff)
            self._releases[version.key] = found
        return found

    def releases(self, wanted: VersionSet, *, newest_first: bool) -> Iterator[PyVersion]:
        """The listed versions inside the set and the cut-off, in the order of search."""
        cuts = wanted.cuts
        starts = range(0, len(cuts), 2)
        uploads, limit = self.page.first_uploads, _microseconds(self.cutoff)
        for start in reversed(starts) if newest_first else starts:
            low = self._place(cuts[start])
            high = self._place(cuts[start + 1]) if start + 1 < len(cuts) else len(self.keys)
            for at in range(high - 1, low - 1, -1) if newest_first else range(low, high):
                if limit is None or _is_before(uploads[at], limit):
                    yield self.page.version_at(at)

    def _place(self, cut: bytes) -> int:
        """How many of the keys lie below the cut."""
        point = cut[:-1]
        return (bisect_left if before(point) == cut else bisect_right)(self.keys, point)

    def included_keys(self) -> Sequence[bytes]:
        """Keys of the versions that have a file inside the cut-off, ascending."""
        limit = _microseconds(self.cutoff)
        if limit is None:
            return self.keys
        if self._included is None:
            times = self.page.first_uploads
            self._included = [key for key, time in zip(self.keys, times, strict=True) if _is_before(time, limit)]
        return self._included


def _microseconds(cutoff: int | None) -> int | None:
    return None if cutoff is None else cutoff * 1000


def _is_before(uploaded: int | None, limit: int) -> bool:
    return uploaded is not None and uploaded < limit

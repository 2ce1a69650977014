"""An index port that hides what the configuration forbids: versions it does not allow, and files that are too young.

The solver sees the rest, for direct and indirect packages alike; nothing of this is written into a lock. What a lock
holds already stays to be had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from packaging.version import Version

from bot.lockfile.model import File, Lock, Package, RegistrySource
from bot.repoconfig.versions import admits_version
from bot.resolver.model.forwarding import ForwardingIndex
from bot.resolver.model.index import Index, IndexFormat, IndexPort, Page, ReleaseFile
from bot.resolver.model.versions import PyVersion

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What of a package may be taken: ``allowed`` as ``allowedVersions`` has it, ``age`` what it has to have; nothing at all
    where a person ``said`` so."""

    allowed: str | None = None
    age: timedelta | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A version that is not to be taken; ``until`` None: not before the configuration changes."""

    version: Version
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a lock has of one package, and what somebody pinned: versions, ascending, and the names of the lock's files.

    ``whole``: versions of which all files count: those that are pinned and not locked, or locked without any file.
    """

    versions: tuple[Version, ...] = ()
    files: frozenset[str] = frozenset()
    whole: frozenset[Version] = frozenset()


_NOTHING = Held()


class Permits(Protocol):
    def limits(self, name: str) -> bool:
        """Whether anything of a package is forbidden."""

    def of(self, name: str, version: Version) -> Permit: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PermittedIndex(ForwardingIndex):
    """Passes everything on but pages, which it thins out.

    ``dated``: the indexes that a lock has upload times of: there a file without one waits, while of an index that dates
    nothing all pass. ``urgent``: packages that have to be only ``urgent_age`` old, as they leave a vulnerability.
    """

    port: IndexPort
    permits: Permits
    held: Mapping[str, Held]
    dated: frozenset[str]
    now: datetime
    urgent: frozenset[str] = frozenset()
    urgent_age: timedelta | None = None
    _pages: dict[tuple[str, str], tuple[Page, Page]] = field(default_factory=dict, repr=False)
    _hidden: dict[str, list[Hidden]] = field(default_factory=dict, repr=False)

    def get_page(self, index: Index, name: str) -> Page | None:
        page = self.port.get_page(index, name)
        limits = self.permits.limits(name) or (name in self.urgent and self.urgent_age is not None)
        if page is None or index.format is IndexFormat.FLAT or not limits:
            return page
        known = self._pages.get((index.url, name))
        if known is None or known[0] is not page:
            known = self._pages[index.url, name] = (page, self._thinned(index, name, page))
        return known[1]

    def why(self, name: str, version: Version, uploaded: int | None) -> Hidden | None:
        """Why a version of a package is hidden; None where it is not."""
        if version in self.held.get(name, _NOTHING).versions:
            return None
        return self._judged(version, uploaded, self._permit(name, version), is_dated=True)

    def letting(self, names: Iterable[str], age: timedelta | None = None) -> PermittedIndex:
        """The same where these packages need only be so old; what is not allowed stays hidden."""
        return replace(self, urgent=frozenset(names), urgent_age=age, _pages={}, _hidden={})

    def _permit(self, name: str, version: Version) -> Permit:
        permit = self.permits.of(name, version)
        return replace(permit, age=self.urgent_age) if name in self.urgent else permit

    def tell(self, names: Iterable[str]) -> Iterator[str]:
        """What is hidden of packages, as sentences."""
        for name in sorted(name for name in set(names) if self._hidden.get(name)):
            found = self._hidden[name][-1]
            yield f"{name} {found.version} is not to be had: {found.reason}"

    def find_ripening(self, name: str, above: Version) -> datetime | None:
        """When the first of the hidden versions above another may be taken."""
        moments = (one.until for one in self._hidden.get(name, ()) if one.version > above)
        return min((one for one in moments if one is not None), default=None)

    def _thinned(self, index: Index, name: str, page: Page) -> Page:
        held, uploads = self.held.get(name, _NOTHING), page.first_uploads
        is_dated = index.url in self.dated or any(one is not None for one in uploads)
        places: list[int] = []
        self._hidden[name] = hides = []
        for position, uploaded in enumerate(uploads):
            version = Version(page.version_at(position).text)
            permit = self._permit(name, version)
            hidden = None if version in held.versions else self._judged(version, uploaded, permit, is_dated=is_dated)
            if hidden is None:
                places.append(position)
            else:
                hides.append(hidden)
        return _ThinPage(page, places, self._file_filter(name, held, is_dated=is_dated))

    def _judged(self, version: Version, uploaded: int | None, permit: Permit, *, is_dated: bool) -> Hidden | None:
        if permit.said is not None:
            return Hidden(version=version, reason=permit.said)
        if permit.allowed is not None and not admits_version(permit.allowed, version):
            return Hidden(version=version, reason=f"allowedVersions ({permit.allowed}) does not admit it")
        if permit.age is None or _is_ripe(uploaded, self.now, permit.age, is_dated=is_dated):
            return None
        if uploaded is None:
            return Hidden(
                version=version, reason="minimumReleaseAge holds it back: its index does not say how old it is"
            )
        until = _moment(uploaded) + permit.age
        shown = (until + _MINUTE - timedelta(microseconds=1)).strftime("%Y-%m-%d %H:%M UTC")
        return Hidden(version=version, reason=f"minimumReleaseAge holds it back until {shown}", until=until)

    def _file_filter(self, name: str, held: Held, *, is_dated: bool) -> Callable[[Version, ReleaseFile], bool]:
        """A file that came late to a version that is old enough waits by itself; one that the lock has stays."""

        def is_kept(version: Version, file: ReleaseFile) -> bool:
            age = self._permit(name, version).age
            ripe = age is None or _is_ripe(file.upload_time, self.now, age, is_dated=is_dated)
            return ripe or version in held.whole or (version in held.versions and file.filename in held.files)

        return is_kept


def _is_ripe(uploaded: int | None, now: datetime, age: timedelta, *, is_dated: bool) -> bool:
    if uploaded is None:
        return not is_dated
    return _moment(uploaded) + age <= now


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC) + timedelta(microseconds=microseconds % 1_000_000)


class _ThinPage:
    """Some versions of a page, with some of their files."""

    __slots__ = ("_is_kept", "_page", "_places", "first_uploads", "has_locals", "keys", "status", "versions")

    def __init__(self, page: Page, places: Sequence[int], is_kept: Callable[[Version, ReleaseFile], bool]) -> None:
        keys, uploads = page.keys, page.first_uploads
        self._page, self._places, self._is_kept = page, places, is_kept
        self.versions: Sequence[PyVersion] = [page.version_at(place) for place in places]
        self.keys: Sequence[bytes] = [keys[place] for place in places]
        self.first_uploads: Sequence[int | None] = [uploads[place] for place in places]
        self.has_locals = page.has_locals
        self.status = page.status

    def version_at(self, position: int) -> PyVersion:
        return self._page.version_at(self._places[position])

    def files(self, version: PyVersion) -> Sequence[ReleaseFile]:
        known = Version(version.text)
        return tuple(file for file in self._page.files(version) if self._is_kept(known, file))


def find_held(lock: Lock | None, pins: Mapping[str, Sequence[Version]]) -> Mapping[str, Held]:
    """What a lock has of every package that comes from an index, and what requirements pin."""
    found: dict[str, list[Package]] = {name: [] for name in pins}
    for package in lock.packages if lock is not None else ():
        if isinstance(package.source, RegistrySource):
            found.setdefault(package.name, []).append(package)
    return {name: _held(packages, frozenset(pins.get(name, ()))) for name, packages in found.items()}


def _held(packages: Sequence[Package], pinned: frozenset[Version]) -> Held:
    locked = frozenset(one.version for one in packages if one.version is not None)
    bare = frozenset(one.version for one in packages if one.version is not None and not _files(one))
    return Held(
        versions=tuple(sorted(locked | pinned)),
        files=frozenset(name for one in packages for file in _files(one) if (name := _filename(file))),
        whole=(pinned - locked) | bare,
    )


def find_dated(lock: Lock | None) -> frozenset[str]:
    """The indexes that a lock has upload times of."""
    return frozenset(
        package.source.url
        for package in (lock.packages if lock is not None else ())
        if isinstance(package.source, RegistrySource) and any(file.upload_time for file in _files(package))
    )


def _files(package: Package) -> tuple[File, ...]:
    return (*([package.sdist] if package.sdist is not None else []), *package.wheels)


def _filename(file: File) -> str | None:
    place = file.filename or file.url or file.path
    return None if place is None else place.partition("#")[0].rpartition("/")[2]
